"""What users get, pay and find stored when the upstream fails: an event on the open stream, never its own words."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from oneai import settings
from oneai.clients.model_streams import completion
from stand_ins import openrouter as stand_in
from tests.served import served
from tests.world import StreamResult, World

pytestmark = pytest.mark.sampled(0.4)

# Every model that fails before its first text, and the error the user gets.
BEFORE_THE_FIRST_WORD = {
    "local/error-401": "operator_notified",
    "local/error-402": "operator_notified",
    "local/error-403-key-limit": "operator_notified",
    "local/error-403-moderation": "content_policy_violation",
    "local/error-404": "upstream_unavailable",
    "local/error-429-upstream": "model_busy",
    "local/error-429-daily": "model_busy",
    "local/error-503": "upstream_unavailable",
    "local/error-after-reasoning": "upstream_error",
    "local/error-413": "invalid_request",
    "local/error-502-context": "invalid_request",
    "local/empty": "empty_answer",
    "local/hang-before-first": "timeout",
}
IN_THE_MIDDLE = {
    "local/reset-midway": "upstream_error",
    "local/eof-midway": "upstream_error",
    "local/error-midway": "upstream_error",
    "local/finish-error": "upstream_error",
    "local/hang-midway": "timeout",
}
# Those whose second call succeeds.
AT_FIRST = [
    "local/reset-before-first",
    "local/error-before-first",
    "local/error-402-in-flight",
    "local/error-404-provider",
    "local/error-429-then-ok",
    "local/error-429-reset-soon",
    "local/error-500-then-ok",
]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits a second for the upstream where it is two minutes otherwise."""
    monkeypatch.setenv("OPENROUTER_IDLE_SECONDS", "1")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


async def _calls(world: World, who: str) -> int:
    """How often the upstream was asked what `who` asked: every user here asks their name."""
    return len([body for body in await world.sent_upstream() if body["messages"][-1]["content"] == who])


def _stored(world: World, result: StreamResult) -> tuple[str, str, str | None]:
    found: tuple[str, str, str | None] = world.database.one(
        "select content, state, error_code from oneai.chat_messages where id = %s", result.start["message_id"]
    )
    return found


def _recorded(world: World, who: str) -> list[tuple[str, str | None, int]]:
    return world.database.rows(
        "select outcome, error_code, charged from oneai.usage_events where user_id = %s order by id", world.people[who]
    )


@pytest.mark.parametrize(("model", "code"), BEFORE_THE_FIRST_WORD.items())
async def test_a_failure_before_the_first_word_is_an_event_and_free(
    shared: World, impatient: None, model: str, code: str
) -> None:
    who = shared.newcomer()

    result = await shared.ask(who, who, model=model)

    assert result.status == 200
    assert [name for name in result.names if name != "reasoning"] == ["start", "error"]
    assert (result.last["state"], result.code) == ("failed", code)
    assert result.last["message_id"] == result.start["message_id"]
    assert shared.quota(who) == (0, 0)
    assert _stored(shared, result) == ("", "failed", code)
    assert _recorded(shared, who) == [("failed", code, 0)]


async def test_a_busy_model_names_the_seconds_to_wait(shared: World, impatient: None) -> None:
    who = shared.newcomer()
    stated = [
        (await shared.ask(who, who, model=f"local/error-429-{kind}")).last["error"].get("retry_after")
        for kind in ("wait", "daily", "upstream")
    ]
    assert stated == [20, 86_400, None]


@pytest.mark.parametrize(("model", "code"), BEFORE_THE_FIRST_WORD.items())
async def test_upstream_messages_about_our_account_are_not_passed_on(
    shared: World, impatient: None, model: str, code: str
) -> None:
    result = await shared.ask("Hello", shared.newcomer(), model=model)
    again = await shared.resume(result.start["message_id"])

    streamed = str(result.events) + str(again.events)
    for words in ("user_of_the_stand_in", "User not found", "requires more credits", "Amazon Bedrock", "per-day"):
        assert words not in streamed


@pytest.mark.parametrize(("model", "code"), IN_THE_MIDDLE.items())
async def test_a_failure_in_the_middle_keeps_the_text_and_costs_one_unit(
    shared: World, impatient: None, model: str, code: str
) -> None:
    who = shared.newcomer()

    result = await shared.ask(who, who, model=model)

    assert result.names == ["start", "delta", "error"]
    assert result.text.startswith("This")
    assert (result.last["state"], result.code) == ("truncated", code)
    assert shared.quota(who) == (1, 0)
    assert _stored(shared, result) == (result.text, "truncated", code)
    assert _recorded(shared, who) == [("truncated", code, 1)]
    assert await _calls(shared, who) == 1


async def test_a_transient_failure_is_retried_unnoticed(shared: World) -> None:
    people = [shared.newcomer() for _ in AT_FIRST]

    asked = [shared.ask(who, who, model=model) for who, model in zip(people, AT_FIRST, strict=True)]

    for who, model, result in zip(people, AT_FIRST, await asyncio.gather(*asked), strict=True):
        assert (result.names, result.last["state"]) == (["start", "delta", "done"], "complete"), model
        assert (shared.quota(who), await _calls(shared, who)) == ((1, 0), 2), model
        assert _recorded(shared, who) == [("complete", None, 1)], model


async def test_a_lasting_failure_is_given_up_after_two_retries(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask(who, who, model="local/error-503")

    assert result.code == "upstream_unavailable"
    assert await _calls(shared, who) == 3


async def test_a_request_is_not_repeated_once_reasoning_was_streamed(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask(who, who, model="local/error-after-reasoning")

    assert result.reasoning == "Let me think about"
    assert result.last["state"] == "failed"
    assert await _calls(shared, who) == 1


async def test_a_fallback_answers_if_the_first_model_cannot(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask(who, who, model="local/error-503", models=["local/echo"])

    assert result.start["model"] == "local/error-503"
    assert (result.text, result.last["state"], result.last["model"]) == (who, "complete", "local/echo")
    assert shared.quota(who) == (1, 0)


@pytest.mark.parametrize("model", ["local/no-usage", "local/no-done", "local/hang-after-finish"])
async def test_a_finished_answer_is_complete_regardless_of_what_is_missing_after_it(
    shared: World, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(completion, "USAGE_WAIT_SECONDS", 0.3)
    who = shared.newcomer()

    result = await shared.ask(who, who, model=model)

    assert (result.last["state"], result.last["finish_reason"]) == ("complete", "stop")
    assert result.last["usage"]["estimated"] is (model != "local/no-done")
    assert result.last["usage"]["completion_tokens"] > 0
    assert shared.quota(who) == (1, 0)


async def test_a_history_too_long_is_shortened_and_the_question_sent_again(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask(who, who, model="local/echo")
    conversation = first.start["conversation_id"]
    for _ in range(2):
        await shared.ask(who, who, model="local/echo", conversation_id=conversation)

    result = await shared.ask(who, who, model="local/context-too-long-once", conversation_id=conversation)

    assert result.last["state"] == "complete"
    asked = [len(body["messages"]) for body in await shared.sent_upstream() if body["messages"][-1]["content"] == who]
    assert asked[-2] == 7
    assert 1 <= asked[-1] <= 5


async def test_the_next_question_is_answered_after_a_failure(shared: World) -> None:
    who = shared.newcomer()
    failed = await shared.ask(who, who, model="local/empty")

    result = await shared.ask("And now?", who, model="local/echo", conversation_id=failed.start["conversation_id"])

    assert (result.text, result.last["state"]) == ("And now?", "complete")
    # A model is not shown an answer in which nothing was said.
    roles = [message["role"] for message in (await shared.sent_upstream())[-1]["messages"]]
    assert "assistant" not in roles


@pytest.fixture
def leads_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the address of the upstream."""

    def lead(address: str) -> None:
        monkeypatch.setenv("OPENROUTER_BASE_URL", f"{address}/api/v1")
        settings.reset_cache()

    yield lead
    monkeypatch.undo()
    settings.reset_cache()


async def test_an_unreachable_upstream_is_an_error_event_like_every_failure(
    shared: World, leads_to: Callable[[str], None]
) -> None:
    who = shared.newcomer()
    async with served(lambda _: stand_in.create(pause=0)) as address:
        leads_to(address)
        assert (await shared.ask(who, who)).last["state"] == "complete"

    result = await shared.ask(who, who)

    assert (result.status, result.last["state"], result.code) == (200, "failed", "upstream_unavailable")
    assert shared.quota(who) == (1, 0)


async def test_a_question_is_refused_without_a_catalogue(shared: World, leads_to: Callable[[str], None]) -> None:
    who = shared.newcomer()
    leads_to("http://127.0.0.1:9")

    result = await shared.ask(who, who)

    assert (result.status, result.code) == (503, "upstream_unavailable")
    assert shared.quota(who) == (0, 0)
    assert shared.database.rows("select id from oneai.conversations where user_id = %s", shared.people[who]) == []
