"""What an answer is charged: what arrived of what was asked for decides; and stopping avoids no charge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from oneai import accounts
from oneai.clients import s3
from tests.chat.pictures import image
from tests.chat.traces import fields, refused
from tests.patience import eventually
from tests.second_process import OtherProcess
from tests.world import OpenStream, StreamResult, World

pytestmark = pytest.mark.sampled(0.45)

DRAWS, SMALL, LARGE = "google/gemini-2.5-flash-image", "openai/gpt-4.1-mini", "openai/gpt-4.1"
# Reasons hidden for ten seconds, and visibly for two.
SILENT, ALOUD = "local/thinks-long", "local/reasoning-slowly"


def recorded(world: World, result: StreamResult) -> tuple[str, int]:
    """`(outcome, charged)` of the answer."""
    found: tuple[str, int] = world.database.one(
        "select outcome, charged from oneai.usage_events where message_id = %s and purpose = 'answer'",
        result.start["message_id"],
    )
    return found


async def asked_upstream(world: World, question: str) -> None:
    """Returns when the upstream has this question."""

    async def look() -> list[str]:
        return [body["messages"][-1]["content"] for body in await world.sent_upstream()]

    await eventually(look, lambda questions: question in questions)


@asynccontextmanager
async def thinking(world: World, who: str, model: str = SILENT, **fields: Any) -> AsyncIterator[OpenStream]:
    """An answer that is being thought of: its question, `who`, has left for the upstream."""
    async with world.asking(who, who, **(fields or {"model": model})) as answer:
        await answer.next()
        await asked_upstream(world, who)
        yield answer


# --- pictures


async def test_text_of_an_image_model_costs_its_text_price(shared: World) -> None:
    who = shared.newcomer()

    result = [await shared.ask("In words only: what is a monsoon?", who, model=DRAWS) for _ in range(6)]

    assert {each.last["state"] for each in result} == {"complete"}
    assert [each.last["quota"]["key"] for each in result] == ["small_messages"] * 6
    assert (shared.quota(who), shared.quota(who, "image_generation")) == ((6, 0), (0, 0))
    receipt = await shared.get(
        f"/conversations/{result[0].start['conversation_id']}/messages/{result[0].start['message_id']}/receipt", who
    )
    assert receipt.json()["quota_key"] == "small_messages"


async def test_text_uses_an_image_unit_if_no_text_unit_is_left(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit - 1 where workspace_id = %s and quota_key = 'small_messages'",
        shared.people[who],
    )

    keys = [(await shared.ask("In words only", who, model=DRAWS)).last["quota"]["key"] for _ in range(3)]

    assert keys == ["small_messages", "image_generation", "image_generation"]
    assert (shared.quota(who), shared.quota(who, "image_generation")) == ((100, 0), (2, 0))


@pytest.mark.parametrize(
    "body",
    [
        {"model": DRAWS, "models": [SMALL]},
        {"model": DRAWS, "models": [LARGE]},
        {"model": SMALL, "models": [DRAWS]},
        {"models": [DRAWS, SMALL]},
    ],
    ids=str,
)
async def test_image_models_and_text_models_are_no_fallbacks_of_each_other(body: dict[str, Any], shared: World) -> None:
    error = await refused(shared, shared.newcomer(), 422, "invalid_request", **body)

    assert [(each["field"], each["code"]) for each in error["details"]] == [("models", "mixed_models")]
    quoted = await shared.post("/quota/quote", {"message": "Hello", **body}, shared.newcomer())
    assert (quoted.status_code, fields(quoted.json()["error"])) == (422, ["models"])


# --- thoughts


@pytest.mark.parametrize("exclude", [False, True], ids=["shown", "hidden"])
async def test_reasoning_that_uses_up_all_tokens_is_free_and_the_error_names_a_remedy(
    shared: World, *, exclude: bool
) -> None:
    who = shared.newcomer()

    result = await shared.ask(
        "Hello", who, model="local/thinks-to-the-limit", max_tokens=20, reasoning={"exclude": exclude}
    )

    assert result.names == (["start", "error"] if exclude else ["start", "reasoning", "error"])
    assert (result.last["state"], result.last["error"]["code"]) == ("failed", "tokens_used_up")
    assert "think less" in result.last["error"]["message"]
    assert (recorded(shared, result), shared.quota(who)) == (("failed", 0), (0, 0))
    cost, thoughts = shared.database.one(
        "select cost_micro_usd, reasoning_tokens from oneai.usage_events where message_id = %s and purpose = 'answer'",
        result.start["message_id"],
    )
    assert (cost > 0, thoughts) == (True, 20)
    again = await shared.resume(result.start["message_id"], who=who)
    assert again.last["error"] == result.last["error"]


async def test_a_tool_call_is_charged(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, model="local/tool-call")

    assert (result.last["state"], result.last["finish_reason"]) == ("complete", "tool_calls")
    assert result.last["notice"] == "The model ended without writing an answer."
    assert shared.quota(who) == (1, 0)


@pytest.mark.parametrize("model", ["local/error-after-reasoning", "local/empty", "local/error-503"])
async def test_an_answer_that_ends_before_any_text_is_failed_and_free(model: str, shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, model=model)

    assert result.last["state"] == "failed"
    assert recorded(shared, result) == ("failed", 0)
    assert shared.quota(who) == (0, 0)


# --- ended by the user


@pytest.mark.parametrize("model", [SILENT, ALOUD])
async def test_an_answer_stopped_during_its_reasoning_is_charged(model: str, shared: World) -> None:
    who = shared.newcomer()
    async with thinking(shared, who, model) as answer:
        stopped = await shared.post("/chat/stop", {"message_id": answer.result.start["message_id"]}, who)
        assert stopped.status_code == 202
        result = await answer.to_the_end()

    assert (result.text, result.last["state"], result.last["finish_reason"]) == ("", "stopped", "cancelled")
    assert result.last["quota"]["used"] == 1
    assert recorded(shared, result) == ("stopped", 1)
    assert result.last["usage"]["cost_micro_usd"] > 0


async def test_an_answer_of_another_process_stopped_during_its_reasoning_is_charged(
    shared: World, shared_process: OtherProcess
) -> None:
    who = shared.newcomer()
    async with thinking(shared_process, who) as answer:
        await shared.post("/chat/stop", {"message_id": answer.result.start["message_id"]}, who)
        result = await answer.to_the_end()

    assert recorded(shared, result) == ("stopped", 1)
    assert shared.quota(who) == (1, 0)


async def test_a_question_stopped_before_its_request_is_free(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    who = shared.newcomer()
    storing, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*_: Any) -> None:
        storing.set()
        await go_on.wait()

    monkeypatch.setattr(s3, "put", slow)
    async with shared.asking(who, who, model=SMALL, attachments=[image()]) as answer:
        await answer.next()
        await storing.wait()
        await shared.post("/chat/stop", {"message_id": answer.result.start["message_id"]}, who)
        result = await answer.to_the_end()

    assert result.last["state"] == "stopped"
    assert (recorded(shared, result), shared.quota(who)) == (("stopped", 0), (0, 0))
    assert result.last["usage"]["cost_micro_usd"] == 0
    assert who not in str(await shared.sent_upstream())


@pytest.mark.parametrize("model", [SILENT, ALOUD])
async def test_an_answer_deleted_with_its_conversation_during_its_reasoning_is_charged(
    model: str, shared: World
) -> None:
    who = shared.newcomer()
    async with thinking(shared, who, model) as answer:
        path = f"/conversations/{answer.result.start['conversation_id']}"
        assert (await shared.http.delete(path, headers=shared.headers(who))).status_code == 204
        result = await answer.to_the_end()

    assert (result.last["state"], result.last["finish_reason"]) == ("stopped", "cancelled")
    assert (recorded(shared, result), shared.quota(who)) == (("stopped", 1), (1, 0))


async def test_an_answer_of_an_account_closed_during_its_reasoning_is_charged(shared: World) -> None:
    who = shared.newcomer()
    async with thinking(shared, who) as answer:
        await asyncio.gather(accounts.close_account(shared.people[who]), answer.to_the_end())

    assert recorded(shared, answer.result) == ("stopped", 1)
    assert shared.quota(who) == (1, 0)


async def test_an_answer_stopped_by_choosing_another_is_charged(shared: World) -> None:
    who = shared.newcomer()
    async with thinking(shared, who, compare=[SILENT, ALOUD]) as answer:
        first, second = answer.result.start["message_ids"]
        path = f"/conversations/{answer.result.start['conversation_id']}/messages/{second}/activation"
        assert (await shared.post(path, None, who)).is_success
        await answer.to_the_end()

    assert [answer.result.of(each).last["state"] for each in (first, second)] == ["stopped", "complete"]
    assert shared.quota(who) == (2, 0)
