"""What goes wrong with own keys while answers are written: each fault is an error in words, and holds nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from oneai import settings
from oneai.chat.turn import own_key
from oneai.models.endpoint import Endpoint
from oneai.provider_keys import data_keys
from oneai.provider_keys.encrypt_again import encrypt_again
from stand_ins import custom as custom_stand_in
from stand_ins import openai as openai_stand_in
from stand_ins.custom.app import KEY as CUSTOM_KEY
from tests.provider_keys.answering import KEY, MODEL, Provider, over, provider, receipt, shown, with_key
from tests.provider_keys.keys import PATH
from tests.sources import SOURCES
from tests.world import World


@pytest.fixture
async def openai(shared: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """OpenAI, which accepts one key."""
    del shared
    async with provider(monkeypatch, "OPENAI_BASE_URL", openai_stand_in.create(key=KEY)) as found:
        yield found


@pytest.fixture
async def custom(shared: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """A compatible server, whose models misbehave as their names say."""
    del shared
    app = custom_stand_in.create([each / "custom" for each in SOURCES])
    async with provider(monkeypatch, "UNUSED_BASE_URL", app) as found:
        yield found


def held(world: World, key: UUID) -> tuple[int, int]:
    """Answers and micro-dollars that the key counts, and requires that nothing is held any more."""
    query = "select count(*) from oneai.provider_key_holds where provider_key_id = %s and settled_at is null"
    assert world.database.one(query, key) == 0
    rows = world.database.rows(
        "select answers, micro_usd from oneai.provider_key_sums where provider_key_id = %s and period = 'day'", key
    )
    return rows[0] if rows else (0, 0)


async def test_a_row_that_is_copied_to_another_workspace_opens_nothing(shared: World, openai: Provider) -> None:
    owner, thief = shared.newcomer(), shared.newcomer()
    key, other = await with_key(shared, owner), await with_key(shared, thief, key=f"{KEY}-of-the-thief")
    shared.database.rows(
        "update oneai.provider_keys as t set nonce = o.nonce, ciphertext = o.ciphertext "
        "from oneai.provider_keys as o where o.id = %s and t.id = %s",
        *(key, other),
    )

    result = await shared.ask("What is a cat?", thief, model=MODEL)
    await over()

    assert (result.code, openai.asked) == ("provider_key_unreadable", [])
    assert held(shared, other) == (0, 0)
    assert (await shared.ask("What is a cat?", owner, model=MODEL)).text
    await over()


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("silent", "timeout"),
        ("drips", "timeout"),
        ("html", "upstream_error"),
        ("large", "upstream_error"),
        ("redirects", "upstream_error"),
        ("breaks", "upstream_error"),
    ],
)
async def test_a_server_that_misbehaves_is_an_error_that_holds_nothing(
    shared: World, custom: Provider, monkeypatch: pytest.MonkeyPatch, *, fault: str, code: str
) -> None:
    monkeypatch.setattr(own_key, "Endpoint", partial(Endpoint, retry_seconds=0.001, piece_seconds=0.5))
    who = shared.newcomer()
    key = await with_key(shared, who, provider="custom", base_url=f"{custom.address}/v1", key=CUSTOM_KEY)

    result = await shared.ask("What is a cat?", who, model=f"custom/{key}/fault-{fault}")
    await over()

    assert result.code == code
    assert held(shared, key)[1] == 0
    assert shared.quota(who) == (0, 0)


@pytest.mark.exhaustive
async def test_a_server_that_lies_about_its_use_is_not_believed(shared: World, custom: Provider) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, provider="custom", base_url=f"{custom.address}/v1", key=CUSTOM_KEY)

    result = await shared.ask("What is a cat?", who, model=f"custom/{key}/llama-lies")
    bill = await receipt(shared, who, result.start)

    # It states 900,000,000 tokens of each kind.
    assert (result.last["state"], result.last["usage"]["estimated"]) == ("complete", True)
    assert 0 < bill["prompt_tokens"] < 1_000
    assert 0 < bill["completion_tokens"] < 1_000
    assert held(shared, key) == (1, 0)


@pytest.mark.exhaustive
async def test_two_servers_with_one_name_of_a_model_are_two_models(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, keys = shared.newcomer(), [f"{CUSTOM_KEY}-{n}" for n in range(2)]
    async with provider(monkeypatch, "UNUSED_BASE_URL", custom_stand_in.create(key=None)) as server:
        base_url = f"{server.address}/v1"
        ids = [await with_key(shared, who, provider="custom", base_url=base_url, key=each) for each in keys]
        results = [await shared.ask("What is a cat?", who, model=f"custom/{each}/gpt-4.1-mini") for each in ids]
        await over()

    assert [each.last["state"] for each in results] == ["complete", "complete"]
    assert [each["authorization"] for each in server.asked] == [f"Bearer {each}" for each in keys]
    assert [held(shared, each)[0] for each in ids] == [1, 1]


@pytest.mark.exhaustive
async def test_slow_servers_of_one_workspace_leave_answers_to_others(
    shared: World, custom: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_ANSWERS_AT_ONCE", "3")
    settings.reset_cache()
    who, other = shared.newcomer(), shared.newcomer()
    slow, others = [
        f"custom/{await with_key(shared, each, provider='custom', base_url=f'{custom.address}/v1', key=CUSTOM_KEY)}"
        for each in (who, other)
    ]
    async with AsyncExitStack() as streams:
        waiting = []
        for _ in range(2):
            stream = await streams.enter_async_context(shared.asking("Hi", who, model=f"{slow}/fault-silent"))
            await stream.next()
            waiting.append(stream.result.start["message_id"])
        refused = await shared.ask("And now?", who, model=f"{slow}/llama")
        by_plan = await shared.ask("And now?", who)
        by_other = await shared.ask("And now?", other, model=f"{others}/llama")
        for message_id in waiting:
            await shared.post("/chat/stop", {"message_id": message_id}, who)
        for message_id in waiting:
            await shared.settled(message_id)

    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "rate_limited", "5")
    assert "Your own servers may write 2 answers at a time." in refused.body["error"]["message"]
    assert (by_plan.last["state"], by_other.last["state"]) == ("complete", "complete")
    await over()
    assert (await shared.ask("And now?", who, model=f"{slow}/llama")).last["state"] == "complete"
    await over()
    assert shared.database.one("select count(*) from oneai.custom_answer_slots where reservation_id is not null") == 0


@pytest.mark.exhaustive
async def test_a_server_whose_name_became_private_is_not_connected_to(
    shared: World, custom: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, provider="custom", base_url=f"{custom.address}/v1", key=CUSTOM_KEY)
    monkeypatch.setenv("TRUSTED_ENDPOINT_ORIGINS", "")
    settings.reset_cache()

    result = await shared.ask("What is a cat?", who, model=f"custom/{key}/llama")
    await over()

    assert (result.code, custom.asked) == ("provider_address_refused", [])
    assert held(shared, key) == (0, 0)


@pytest.mark.exhaustive
async def test_a_key_that_is_deleted_while_it_answers_is_settled(shared: World, custom: Provider) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, provider="custom", base_url=f"{custom.address}/v1", key=CUSTOM_KEY)
    async with shared.asking("What is a cat?", who, model=f"custom/{key}/llama") as stream:
        await stream.next()
        deleted = await shared.http.delete(f"{PATH}/{key}", headers=shared.headers(who))
        assert deleted.status_code == 204
        result = await stream.to_the_end()
    bill = await receipt(shared, who, result.start)

    assert (result.last["state"], bill["paid_by"]["source"]) == ("complete", "own_key")
    assert held(shared, key) == (1, 0)


@pytest.mark.exhaustive
async def test_a_data_key_changes_while_fifty_answers_are_asked(shared: World, openai: Provider) -> None:
    people = [shared.newcomer() for _ in range(10)]
    keys = [await with_key(shared, who) for who in people]

    async def ask(who: str) -> Any:
        result = await shared.ask("What is a cat?", who, model=MODEL)
        return result.last.get("state") if result.status == 200 else result.code

    async def change() -> None:
        for _ in range(3):
            shared.database.rows(
                "update oneai.provider_data_keys set suspected_at = oneai.now() where suspected_at is null"
            )
            data_keys.forget()
            await encrypt_again()

    found, _ = await asyncio.gather(
        asyncio.gather(*(asyncio.gather(*(ask(who) for _ in range(5))) for who in people)), change()
    )
    await over()

    states = [state for each in found for state in each]
    limited = states.count("rate_limited")  # a free workspace has few answers at once
    assert states.count("complete") == len(states) - limited >= len(people)
    assert sum(held(shared, key)[0] for key in keys) == states.count("complete")
    assert len(openai.asked) == states.count("complete")


@pytest.mark.exhaustive
async def test_a_key_that_is_revoked_in_mid_stream_ends_its_next_answer(shared: World, openai: Provider) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who)
    async with shared.asking("What is a cat?", who, model=MODEL) as stream:
        while not openai.asked or stream.result.names[-1] == "start":
            await stream.next()
        openai.failure = (401, {"message": "Revoked.", "code": "invalid_api_key"})
        assert (await stream.to_the_end()).last["state"] == "complete"
    await over()

    assert (await shared.ask("And now?", who, model=MODEL)).code == "provider_key_refused"
    await over()
    assert (await shown(shared, who, key))["state"] == "refused"
    assert held(shared, key)[0] == 1


@pytest.mark.exhaustive
async def test_a_loop_of_five_calls_of_tools_survives_with_an_own_key(shared: World, custom: Provider) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, provider="custom", base_url=f"{custom.address}/v1", key=CUSTOM_KEY)
    tool = {"type": "function", "function": {"name": "find_train", "parameters": {"type": "object", "properties": {}}}}
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Find a train"}]
    turns = 0
    while turns < 8:
        body = {"model": f"custom/{key}/llama-loops", "messages": messages, "tools": [tool]}
        answered = await shared.http.post("/v1/chat/completions", json=body, headers=shared.headers(who))
        assert answered.status_code == 200, answered.text
        choice = answered.json()["choices"][0]
        assert answered.json()["usage"]["paid_by"]["source"] == "own_key"
        messages.append(choice["message"])
        if choice["finish_reason"] != "tool_calls":
            break
        turns += 1
        messages += [
            {"role": "tool", "tool_call_id": call["id"], "content": f"result {turns}"}
            for call in choice["message"]["tool_calls"]
        ]

    assert turns >= 5
    assert (len(custom.asked), held(shared, key)) == (turns + 1, (turns + 1, 0))
    assert shared.quota(who) == (0, 0)
