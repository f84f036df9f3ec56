"""A conversation has the first words of its question as its title, and after its first answer a model's: once, at no
user's expense, and never over a title that the user chose."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from oneai import settings
from oneai.chat.turn import answer, generate, titles
from tests.chat.traces import nothing_happens
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

CHEAPEST = "gryphe/mythomax-l2-13b"


@pytest.fixture(autouse=True)
def _titled(shared: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


@pytest.fixture
def by(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Has this model write the titles."""

    def configure(model: str) -> None:
        monkeypatch.setenv("TITLE_MODEL", model)
        settings.reset_cache()

    return configure


@pytest.fixture
async def who(shared: World) -> AsyncIterator[str]:
    """A new user, whose tasks end before the next test looks at the requests."""
    yield shared.newcomer()
    await over()


async def over() -> None:
    """Waits until no answer has anything left to do."""
    if tasks := [each.task for each in answer.running.values() if each.task]:
        await asyncio.wait(tasks)


async def item(world: World, who: str, talk: str) -> dict[str, Any]:
    """The conversation as the list shows it."""
    found: dict[str, Any] = (await world.get(f"/conversations/{talk}", who)).json()
    return found


def told_of(world: World, talk: str) -> list[tuple[Any, ...]]:
    """The events of titles."""
    return world.database.rows(
        "select model_asked, outcome, charged, quota_key, cost_micro_usd, estimated from oneai.usage_events "
        "where conversation_id = %s and purpose = 'title'",
        talk,
    )


async def asked_for_titles(world: World) -> list[dict[str, Any]]:
    """The requests for titles, oldest first."""
    requests = await world.upstream_requests()
    return [each for each in requests if each["body"]["messages"][0]["content"] == titles.INSTRUCTION]


async def test_a_conversation_has_a_title_after_its_first_answer(shared: World, who: str) -> None:
    result = await shared.ask("How do I cook rice in a small pot?", who, model="local/echo")
    talk = result.start["conversation_id"]
    await over()

    conversation = await item(shared, who, talk)

    assert (conversation["title"], conversation["title_source"]) == ("How do I cook rice in…", "auto")
    request = (await asked_for_titles(shared))[-1]["body"]
    assert (request["model"], request["max_tokens"]) == (CHEAPEST, 40)
    assert request["messages"][1]["content"] == (
        "Question: How do I cook rice in a small pot?\n\nAnswer: How do I cook rice in a small pot?"
    )


async def test_a_title_is_paid_by_the_operator_and_not_by_the_user(shared: World, who: str) -> None:
    before = shared.database.one("select coalesce(sum(settled_micro_usd), 0) from oneai.daily_spend")
    result = await shared.ask("How do I cook rice?", who, model="local/echo")
    await over()

    talk = result.start["conversation_id"]
    ((model, outcome, charged, quota_key, cost, estimated),) = told_of(shared, talk)
    assert (model, outcome, charged, quota_key, estimated) == (CHEAPEST, "complete", 0, None, False)
    assert cost > 0
    assert shared.quota(who) == (1, 0)
    assert result.last["quota"]["used"] == 1
    conversation = await item(shared, who, talk)
    assert conversation["total_cost_micro_usd"] == result.last["usage"]["cost_micro_usd"]
    after = shared.database.one("select sum(settled_micro_usd) from oneai.daily_spend")
    assert after - before == result.last["usage"]["cost_micro_usd"] + cost


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("model", ["local/hang-before-first", "local/hang-midway", "local/slow"])
async def test_a_model_that_hangs_on_the_title_delays_nothing(
    model: str, by: Any, shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "SECONDS_TO_WRITE", 3)
    by(model)
    result = await shared.ask("Hello", who, model="local/echo")
    assert result.last["state"] == "complete"
    talk = result.start["conversation_id"]
    # The next question need not wait for the title of the first either.
    again = await shared.ask("And again", who, model="local/echo", conversation_id=talk)
    assert again.last["state"] == "complete"
    assert answer.running, "the title is still being written"
    await over()
    assert (await item(shared, who, talk))["title"] == "Hello"
    ((asked, outcome, charged, *_, estimated),) = told_of(shared, talk)
    assert (asked, outcome, charged, estimated) == (model, "failed", 0, True)
    assert shared.quota(who) == (2, 0)


@pytest.mark.parametrize(
    "model", ["local/error-503", "local/empty", "local/error-midway", "local/eof-midway", "local/finish-error"]
)
async def test_a_failed_title_is_not_retried(model: str, by: Any, shared: World, who: str) -> None:
    by(model)
    result = await shared.ask("Hello", who, model="local/echo")
    await over()
    talk = result.start["conversation_id"]
    tried = len(await asked_for_titles(shared))

    again = await shared.ask("Hello again", who, model="local/echo", conversation_id=talk)
    await over()

    assert [each.last["state"] for each in (result, again)] == ["complete", "complete"]
    assert (await item(shared, who, talk))["title"] == "Hello"
    assert [event[:2] for event in told_of(shared, talk)] == [(model, "failed")]
    assert len(await asked_for_titles(shared)) == tried


async def test_only_the_first_answer_requests_a_title(shared: World, who: str) -> None:
    result = await shared.ask("How do I cook rice?", who, model="local/echo")
    await over()
    talk = result.start["conversation_id"]
    await shared.ask("And lentils?", who, model="local/echo", conversation_id=talk)
    await shared.ask(None, who, regenerate_of=result.start["message_id"])
    await over()

    assert (await item(shared, who, talk))["title"] == "How do I cook rice"
    assert len(told_of(shared, talk)) == 1


async def test_a_failed_first_answer_leaves_the_title_to_the_next(shared: World, who: str) -> None:
    failed = await shared.ask("What is lentil?", who, model="local/empty")
    talk = failed.start["conversation_id"]
    await over()
    assert failed.last["state"] == "failed"
    assert told_of(shared, talk) == []
    assert (await item(shared, who, talk))["title"] == "What is lentil?"

    broken = await shared.ask("Hello", who, model="local/eof-midway", conversation_id=talk)
    await over()
    assert broken.last["state"] == "truncated"
    assert told_of(shared, talk) == []

    await shared.ask("What is dal?", who, model="local/echo", conversation_id=talk)
    await over()

    assert (await item(shared, who, talk))["title"] == "What is dal"


async def test_a_title_chosen_by_the_user_prevents_a_request(shared: World, who: str) -> None:
    talk = (await shared.post("/conversations", {"title": "Mine"}, who)).json()["id"]

    await shared.ask("How do I cook rice?", who, model="local/echo", conversation_id=talk)
    await over()

    assert ((await item(shared, who, talk))["title"], told_of(shared, talk)) == ("Mine", [])


async def test_a_title_chosen_while_one_is_generated_is_kept(
    by: Any, shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by("local/reasoning-slowly")
    async with shared.silence():
        result = await shared.ask("How do I cook rice?", who, model="local/echo")
        talk = result.start["conversation_id"]
        named = await shared.http.put(
            f"/conversations/{talk}/title", json={"title": "Rice, at last"}, headers=shared.headers(who)
        )
        assert named.is_success
        assert answer.running

    await over()

    conversation = await item(shared, who, talk)
    assert (conversation["title"], conversation["title_source"]) == ("Rice, at last", "person")
    assert [event[1] for event in told_of(shared, talk)] == ["complete"]


async def test_a_conversation_deleted_while_its_title_is_generated_records_the_cost(
    by: Any, shared: World, who: str
) -> None:
    by("local/reasoning-slowly")
    async with shared.silence():
        result = await shared.ask("How do I cook rice?", who, model="local/echo")
        talk = result.start["conversation_id"]
        await shared.http.delete(f"/conversations/{talk}", headers=shared.headers(who))

    await over()

    outcomes = "select outcome from oneai.usage_events where message_id = %s and purpose = 'title'"
    assert shared.database.rows(outcomes, result.start["message_id"]) == ["complete"]


async def test_a_temporary_conversation_gets_no_title(shared: World, who: str) -> None:
    result = await shared.ask("Between us", who, model="local/echo", temporary=True)
    talk = result.start["conversation_id"]
    await shared.ask("And more", who, model="local/echo", conversation_id=talk)
    await over()

    assert told_of(shared, talk) == []
    assert (await item(shared, who, talk))["title"] is None


async def test_one_of_several_compared_answers_requests_the_title(shared: World, who: str) -> None:
    result = await shared.ask("How do I cook rice?", who, compare=["local/echo", "openai/gpt-4.1-mini", "local/byok"])
    await over()

    talk = result.start["conversation_id"]
    assert len(told_of(shared, talk)) == 1
    assert (await item(shared, who, talk))["title"] == "How do I cook rice"


async def test_a_stopped_answer_gets_a_title_too(shared: World, who: str) -> None:
    async with shared.asking("How slow is slow?", who, model="local/slow") as stream:
        for _ in range(3):
            await stream.next()
        await shared.post("/chat/stop", {"message_id": stream.result.start["message_id"]}, who)
        await stream.to_the_end()
    await over()

    assert stream.result.last["state"] == "stopped"
    assert (await item(shared, who, stream.result.start["conversation_id"]))["title"] == "How slow is slow"


async def test_only_the_beginnings_of_the_messages_are_sent(shared: World, who: str) -> None:
    await shared.ask("rice\n\n  " * 5000, who, model="local/1mb")
    await over()

    sent = (await asked_for_titles(shared))[-1]["body"]["messages"][1]["content"]

    assert len(sent) < 1300
    assert sent.startswith("Question: rice rice rice")
    assert "\n\nAnswer: A line of the long answer" in sent


async def test_an_operator_may_disable_titles(shared: World, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTO_TITLES", "false")
    settings.reset_cache()
    result = await shared.ask("How do I cook rice?", who, model="local/echo")
    await over()
    talk = result.start["conversation_id"]
    assert told_of(shared, talk) == []

    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    await shared.ask("And lentils?", who, model="local/echo", conversation_id=talk)
    await over()

    assert (await item(shared, who, talk))["title"] == "And lentils"


async def test_no_title_is_requested_without_a_suitable_model(
    shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_ALLOW", "openai/gpt-4.1")
    settings.reset_cache()
    result = await shared.ask("How do I cook rice?", who, model="openai/gpt-4.1")
    await over()

    assert result.last["state"] == "complete"
    assert told_of(shared, result.start["conversation_id"]) == []


async def test_no_title_is_requested_shortly_before_the_function_ends(
    shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "MIN_SECONDS", 10_000)
    result = await shared.ask("How do I cook rice?", who, model="local/echo")
    await over()
    assert told_of(shared, result.start["conversation_id"]) == []


async def test_a_terminating_process_waits_no_longer_for_a_title_than_for_an_answer(
    by: Any, shared: World, who: str
) -> None:
    by("local/hang-midway")
    result = await shared.ask("How do I cook rice?", who, model="local/echo")
    assert answer.running

    await generate.finish_all(0.2)

    assert not answer.running
    stored = "select state from oneai.chat_messages where id = %s"
    assert shared.database.one(stored, result.start["message_id"]) == "complete"


async def test_a_refused_question_requests_no_title(shared: World, who: str) -> None:
    async with nothing_happens(shared, who):
        assert (await shared.ask("Hello", who, model="openai/o1-pro")).status == 403
