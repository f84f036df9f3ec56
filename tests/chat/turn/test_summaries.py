"""What would fall out of a long conversation is summarised after an answer, once, and at no user's expense."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from oneai import settings
from oneai.chat.turn import answer, summaries
from oneai.models import providers
from oneai.plans.ceiling import daily_spend_limit
from tests.talks import conversation
from tests.world import StreamResult, World

pytestmark = pytest.mark.sampled(0.4)

SMALL = "openai/gpt-4.1-mini"
WORDS = " some words that are said" * 40  # about 270 tokens


@pytest.fixture(autouse=True)
def _summarised(shared: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AUTO_SUMMARIES", "true")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


@pytest.fixture
async def who(shared: World) -> str:
    """A new user, on the free plan, whose models read 16,000 tokens."""
    return shared.newcomer()


async def ask(world: World, who: str, talk: str, message: str = "Go on", **fields: Any) -> StreamResult:
    """Asks, and waits until the answer has nothing left to do."""
    result = await world.ask(message, who, conversation_id=talk, model=SMALL, **fields)
    assert result.last["state"] == "complete", result.last
    if tasks := [each.task for each in answer.running.values() if each.task]:
        await asyncio.wait(tasks)
    return result


def stored(world: World, talk: str) -> list[tuple[int, str]]:
    """Summaries: the number of the last message each covers, and its text."""
    return world.database.rows(
        "select m.sequence_number, s.content from oneai.conversation_summaries as s "
        "join oneai.chat_messages as m on m.id = s.message_id where s.conversation_id = %s order by 1",
        talk,
    )


def usage(world: World, talk: str) -> list[tuple[Any, ...]]:
    """What was recorded of them."""
    return world.database.rows(
        "select outcome, charged, quota_key from oneai.usage_events "
        "where conversation_id = %s and purpose = 'conversation_summary'",
        talk,
    )


async def requests(world: World, *, of_summaries: bool) -> list[list[dict[str, Any]]]:
    """The messages of the requests upstream that were for summaries, or for answers."""
    sent = [each["messages"] for each in await world.sent_upstream()]
    return [each for each in sent if (each[0]["content"] == summaries.INSTRUCTION) == of_summaries]


async def test_the_oldest_half_is_summarised_before_any_message_is_dropped(shared: World, who: str) -> None:
    talk = conversation(shared, who, 48, WORDS)

    await ask(shared, who, talk)

    ((until, content),) = stored(shared, talk)
    assert until % 2 == 0, "it covers whole turns"
    assert 20 < until < 36
    (asked,) = await requests(shared, of_summaries=True)
    assert asked[1]["content"].startswith(f"User:\n1{WORDS}\n\nAssistant:\n2{WORDS}")
    assert f"Assistant:\n{until}{WORDS}" in asked[1]["content"]
    assert f"\n{until + 1}{WORDS}" not in asked[1]["content"]
    assert usage(shared, talk) == [("complete", 0, None)]
    assert shared.quota(who) == (1, 0)
    for _ in range(6):
        shared.database.rows("update oneai.chat_messages set content = content || %s where state = 'complete'", WORDS)
    await ask(shared, who, talk, "And now?")
    sent = (await requests(shared, of_summaries=False))[-1]
    assert sent[0]["role"] == "system"
    assert sent[0]["content"].endswith(content)
    assert sent[1]["content"].startswith(tuple(str(n) for n in range(until, 51)))


async def test_the_api_shows_the_range_of_a_summary_which_its_owner_can_read_and_export(
    shared: World, who: str
) -> None:
    talk = conversation(shared, who, 48, WORDS)
    before = (await shared.get(f"/conversations/{talk}/messages", who)).json()
    missing = await shared.get(f"/conversations/{talk}/summary", who)

    await ask(shared, who, talk)

    ((until, content),) = stored(shared, talk)
    page = (await shared.get(f"/conversations/{talk}/messages", who, limit=100)).json()
    summary = (await shared.get(f"/conversations/{talk}/summary", who)).json()
    exported = (await shared.get(f"/conversations/{talk}/export", who)).json()["messages"]
    assert (before["summarised_until"], missing.status_code) == (None, 404)
    assert page["summarised_until"] == summary["until"] == page["items"][until - 1]["id"]
    assert summary["content"] == content
    model = (
        "select model_served from oneai.usage_events where conversation_id = %s and purpose = 'conversation_summary'"
    )
    assert summary["model"] == shared.database.one(model, talk)
    assert [each["summary"] for each in exported if each["summary"]] == [content]
    assert (await shared.get(f"/conversations/{talk}/summary", "asha")).status_code == 404


async def test_branches_share_a_summary_and_an_earlier_edit_has_none(shared: World, who: str) -> None:
    talk = conversation(shared, who, 48, WORDS)
    asked = await ask(shared, who, talk)

    after = await ask(shared, who, talk, "Again", edit_of=asked.start["user_message_id"])
    first = shared.database.one(
        "select id from oneai.chat_messages where conversation_id = %s and sequence_number = 3", talk
    )
    shared_by_both = (await shared.get(f"/conversations/{talk}/messages", who)).json()["summarised_until"]
    await ask(shared, who, talk, "Something else", edit_of=str(first))
    other = (await shared.get(f"/conversations/{talk}/messages", who)).json()["summarised_until"]
    await shared.post(f"/conversations/{talk}/messages/{after.start['message_id']}/activation", None, who)

    assert shared_by_both is not None
    assert other is None
    assert (await shared.get(f"/conversations/{talk}/messages", who)).json()["summarised_until"] == shared_by_both
    assert len(stored(shared, talk)) == 1


async def test_the_next_summary_extends_the_last_and_is_not_made_after_each_answer(shared: World, who: str) -> None:
    talk = conversation(shared, who, 48, WORDS)
    await ask(shared, who, talk)
    ((until, content),) = stored(shared, talk)
    await ask(shared, who, talk)
    assert len(stored(shared, talk)) == 1

    for _ in range(3):
        await ask(shared, who, talk, "Repeat: " + WORDS * 10)

    covered = stored(shared, talk)
    assert covered[0] == (until, content)
    assert len(covered) == 2
    asked = (await requests(shared, of_summaries=True))[-1][1]["content"]
    assert asked.startswith(f"Summary of what came before:\n{content}\n\nUser:\n{until + 1}{WORDS}")


async def test_short_temporary_and_opted_out_conversations_are_not_summarised(shared: World, who: str) -> None:
    short = conversation(shared, who, 10, WORDS)
    temporary = conversation(shared, who, 48, WORDS)
    shared.database.rows("update oneai.conversations set temporary = true where id = %s", temporary)
    await ask(shared, who, short)
    await ask(shared, who, temporary)
    changed = await shared.http.patch(
        "/user/preferences", json={"summarise_conversations": False}, headers=shared.headers(who)
    )
    assert changed.json()["summarise_conversations"] is False
    talk = conversation(shared, who, 48, WORDS)
    await ask(shared, who, talk)

    for each in (short, temporary, talk):
        assert (stored(shared, each), usage(shared, each)) == ([], [])


async def test_a_failed_summary_records_its_cost_and_the_oldest_messages_are_dropped(
    shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITLE_MODEL", "local/error-midway")
    settings.reset_cache()
    talk = conversation(shared, who, 80, WORDS)

    await ask(shared, who, talk)
    await ask(shared, who, talk)

    assert stored(shared, talk) == []
    assert [outcome for outcome, *_ in usage(shared, talk)] == ["failed", "failed"]
    sent = (await requests(shared, of_summaries=False))[-1]
    assert not sent[0]["content"].startswith("1 ")
    assert sent[0]["role"] == "user"


async def test_the_daily_limit_that_pauses_free_plans_pauses_all_summaries(
    shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "50")
    settings.reset_cache()
    shared.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", shared.people[who])
    talk = conversation(shared, who, 40, WORDS * 11)
    shared.database.rows(
        "insert into oneai.daily_spend (day, shard, settled_micro_usd) values (oneai.today(), 63, %s) "
        "on conflict (day, shard) do update set settled_micro_usd = excluded.settled_micro_usd",
        daily_spend_limit(),
    )
    await ask(shared, who, talk)
    assert usage(shared, talk) == []

    shared.database.rows("update oneai.daily_spend set settled_micro_usd = 0 where shard = 63")
    await ask(shared, who, talk)

    assert len(stored(shared, talk)) == len(usage(shared, talk)) == 1


async def test_a_model_with_a_small_context_summarises_less_at_a_time(
    shared: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = conversation(shared, who, 48, WORDS)
    monkeypatch.setattr(summaries, "covered_bytes", lambda _: 6_000)

    await ask(shared, who, talk)
    await ask(shared, who, talk)

    assert [until for until, _ in stored(shared, talk)] == [4, 8]
    first, second = (await requests(shared, of_summaries=True))[-2:]
    assert "User:\n5" not in first[1]["content"]
    assert "User:\n5" in second[1]["content"]


async def test_the_summarised_messages_fit_the_context_of_the_model(shared: World) -> None:
    model = (await providers.list_models())[0]

    covered = {tokens: summaries.covered_bytes(replace(model, context_length=tokens)) for tokens in (4_096, 32_000)}

    assert covered == {4_096: 2_000, 32_000: 56_000}
    assert summaries.covered_bytes(replace(model, context_length=summaries.CONTEXT_TOKENS)) == summaries.COVERED_BYTES
