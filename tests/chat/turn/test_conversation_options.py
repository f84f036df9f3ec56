"""The temperature and the length of answers that a conversation has: kept, sent, held, and overruled by a question."""

from typing import Any

import pytest

from tests.world import World

SMALL = "openai/gpt-4.1-mini"
# It lists no temperature among its parameters.
WITHOUT = "local/no-temperature"


async def sent(world: World) -> tuple[float | None, int]:
    """Temperature and most tokens of the last request to the upstream."""
    body = (await world.sent_upstream())[-1]
    return body.get("temperature"), body["max_tokens"]


async def begin(world: World, who: str, **fields: Any) -> str:
    """A new conversation with these fields; its id."""
    made = await world.post("/conversations", {"model": SMALL, **fields}, who)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_a_conversation_keeps_its_options_and_each_answer_has_them(shared: World) -> None:
    who = shared.newcomer()
    conversation = await begin(shared, who, temperature=0.3, max_tokens=70)
    first = await shared.ask("Hello", who, conversation_id=conversation)
    assert await sent(shared) == (0.3, 70)

    changed = await shared.http.patch(
        f"/conversations/{conversation}", json={"temperature": 1.5, "max_tokens": None}, headers=shared.headers(who)
    )
    assert (changed.json()["temperature"], changed.json()["max_tokens"]) == (1.5, None)
    await shared.ask("And?", who, conversation_id=conversation)
    temperature, tokens = await sent(shared)
    assert (temperature, tokens > 70) == (1.5, True)
    await shared.ask(None, who, regenerate_of=first.start["message_id"])
    assert (await sent(shared))[0] == 1.5
    read = (await shared.get(f"/conversations/{conversation}", who)).json()
    assert (read["temperature"], read["max_tokens"]) == (1.5, None)


async def test_what_a_question_says_overrules_its_conversation_once(shared: World) -> None:
    who = shared.newcomer()
    conversation = await begin(shared, who, temperature=0.3, max_tokens=70)

    await shared.ask("Hello", who, conversation_id=conversation, temperature=0, max_tokens=90)
    assert await sent(shared) == (0, 90)
    await shared.ask("And?", who, conversation_id=conversation)
    assert await sent(shared) == (0.3, 70)


async def test_only_the_tokens_that_the_conversation_allows_are_held(shared: World) -> None:
    who = shared.newcomer()
    conversation = await begin(shared, who, max_tokens=70)
    body = {"message": "Hello", "conversation_id": conversation}

    short = (await shared.post("/quota/quote", body, who)).json()["basis"][0]
    longer = (await shared.post("/quota/quote", {**body, "max_tokens": 300}, who)).json()["basis"][0]
    asked = await shared.ask("Hello", who, conversation_id=conversation)

    assert (short["answer_tokens"], longer["answer_tokens"]) == (70, 300)
    price, held, prompt = shared.database.rows(
        "select completion_micro_usd_per_token, held_micro_usd, prompt_micro_usd from oneai.reservations where id = %s",
        asked.start["message_id"],
    )[0]
    assert held - prompt == -(-70 * price // 1)


async def test_a_model_without_a_temperature_is_asked_without_it(shared: World) -> None:
    who = shared.newcomer()
    conversation = await begin(shared, who, temperature=0.3)

    result = await shared.ask("Hello", who, conversation_id=conversation, model=WITHOUT)
    assert result.last["state"] == "complete"
    assert (await sent(shared))[0] is None
    await shared.ask("Hello", who, conversation_id=conversation, model=WITHOUT, temperature=0.5)
    assert (await sent(shared))[0] == 0.5


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 2.1},
        {"temperature": -0.1},
        {"temperature": "0.5"},
        {"max_tokens": 0},
        {"max_tokens": 1_000_001},
        {"max_tokens": 1.5},
        {"max_tokens": True},
    ],
)
async def test_options_out_of_range_are_refused(shared: World, fields: dict[str, Any]) -> None:
    who = shared.newcomer()
    conversation = await begin(shared, who)
    path = f"/conversations/{conversation}"
    refusals = [
        await shared.post("/conversations", fields, who),
        await shared.http.patch(path, json=fields, headers=shared.headers(who)),
    ]

    for refusal in refusals:
        assert refusal.status_code == 422, refusal.text
        assert [each["field"] for each in refusal.json()["error"]["details"]] == list(fields)
    read = (await shared.get(path, who)).json()
    assert (read["temperature"], read["max_tokens"]) == (None, None)
