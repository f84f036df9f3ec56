"""What may follow an answer is held with it when it is admitted, and left out if credits or a limit do not cover it."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.credits.account import Credits
from tests.credits.test_ledger import problems
from tests.credits.test_parts_of_an_answer import TITLE, title
from tests.credits.test_paying_with_credits import HELD, costs, with_credits
from tests.database.conftest import TurnClients
from tests.database.turns import TurnClient, refusal
from tests.world import Database

SUMMARY = 3 * 68_000
# A conversation that takes more than three quarters of what the model reads.
FULL: dict[str, Any] = {"summaries": True, "input_tokens": 130}


def held(account: Credits) -> int:
    """What is held."""
    return int(account.balance()[3])


async def test_a_title_that_credits_do_not_cover_is_left_out(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, HELD + TITLE - 1, order="credits")

    turn = await client.admit(asha, titles=True)
    assert held(account) == HELD
    settled = await client.settle(turn.message_id, usage=costs(203), titles=True)

    assert (settled["untitled"], account.balance()) == (False, (TITLE - 1, 0, 0, 0))
    # Nor is it asked for later from what is left then, and no plan pays it.
    assert database.one("select title_requested_at from oneai.conversations") is None
    assert problems(database) == []


async def test_a_title_is_not_paid_by_what_others_used_meanwhile(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, 2 * HELD + TITLE, order="credits")
    first = await client.admit(asha, titles=True)
    second = await client.admit(asha, titles=True)
    assert (held(account), account.available()) == (2 * HELD + TITLE, 0)

    settled = [await client.settle(each.message_id, usage=costs(203), titles=True) for each in (second, first)]
    assert [each["untitled"] for each in settled] == [False, True]
    title(database, first.message_id, 2_200)

    assert account.balance() == (0, 0, 0, 0)
    assert problems(database) == []


@pytest.mark.parametrize("end", ["failed", "without_time", "named", "lapsed"])
async def test_what_is_held_for_a_title_that_is_not_written_comes_back_with_the_answer(
    database: Database, client: TurnClient, asha: UUID, end: str
) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha, titles=True)
    if end == "named":
        database.rows("update oneai.conversations set title = 'Mine', title_source = 'person'")
    if end == "failed":
        await client.settle(turn.message_id, "", "failed", usage=costs(0), titles=True)
    elif end == "lapsed":
        database.advance(120)
        assert await client.expire_answer(turn.message_id)
    else:
        settled = await client.settle(turn.message_id, usage=costs(100), titles=end == "named")
        assert not settled["untitled"]

    assert held(account) == 0
    assert problems(database) == []


async def test_a_compared_question_holds_one_title(database: Database, client: TurnClient, asha: UUID) -> None:
    account = with_credits(database, asha, order="credits")
    other = uuid4()
    turn = await client.admit(asha, titles=True, others=[other])
    assert held(account) == 2 * HELD + TITLE

    settled = [await client.settle(each, usage=costs(100), titles=True) for each in (other, turn.message_id)]
    assert [each["untitled"] for each in settled] == [False, True]
    title(database, turn.message_id, 50)
    assert account.balance() == (1_000_000 - 300 - 450, 0, 0, 0)

    # The next question asks for none.
    again = await client.admit(asha, titles=True, conversation=turn.conversation_id)
    assert held(account) < TITLE
    await client.settle(again.message_id, usage=costs(100), titles=True)


async def test_a_limit_leaves_the_title_out_and_counts_what_is_held(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    spent = "select spent_micro_usd from oneai.credit_limits"
    database.rows(
        "insert into oneai.credit_limits values (%s, 'member', %s, %s, oneai.credit_month(%s, oneai.now()))",
        *(asha, asha, HELD + TITLE, asha),
    )

    first = await client.admit(asha, titles=True)
    assert (held(account), database.one(spent)) == (HELD + TITLE, HELD + TITLE)
    assert (await refusal(client.admit(asha, titles=True))).code == "spending_limit_reached"
    await client.settle(first.message_id, usage=costs(100), titles=True)
    assert database.one(spent) == 300 + TITLE
    title(database, first.message_id, 50)
    assert database.one(spent) == 450

    second = await client.admit(asha, titles=True)
    assert (held(account), database.one(spent)) == (HELD, 450 + HELD)
    await client.settle(second.message_id, usage=costs(100), titles=True)
    assert (held(account), database.one(spent)) == (0, 750)


async def test_a_lost_title_is_taken_out_of_its_limit(database: Database, client: TurnClient, asha: UUID) -> None:
    account = with_credits(database, asha, order="credits")
    database.rows(
        "insert into oneai.credit_limits values (%s, 'member', %s, 1000000, oneai.credit_month(%s, oneai.now()))",
        *(asha, asha, asha),
    )
    turn = await client.admit(asha, titles=True)
    await client.settle(turn.message_id, usage=costs(100), titles=True)
    database.advance(16 * 60)

    assert await client.call("select oneai.release_lost_holds(10)") == 1

    assert held(account) == 0
    assert database.one("select spent_micro_usd from oneai.credit_limits") == 300


async def test_a_summary_is_held_with_an_answer_that_may_need_one(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    first = await client.admit(asha, **FULL)
    # Nothing is before the first question.
    assert held(account) == HELD
    await client.settle(first.message_id, "x" * 600, usage=costs(100))
    short = await client.admit(asha, conversation=first.conversation_id, summaries=True)
    assert held(account) < SUMMARY
    await client.settle(short.message_id, usage=costs(100))

    for written in (False, True):
        turn = await client.admit(asha, conversation=first.conversation_id, **FULL)
        assert held(account) > SUMMARY
        await client.settle(turn.message_id, usage=costs(100), summarises=written)
        assert held(account) == (SUMMARY if written else 0)
    covered = await client.call("select oneai.messages_to_summarise(%s, 0, 2, 1000, null, null)", turn.message_id)
    assert [each["sequence_number"] for each in covered] == [1, 2]
    completion = {"outcome": "complete", "model_asked": "m", "price_version": "1", "usage": costs(68_000)}
    before = account.available()
    await client.call("select oneai.write_summary(%s, 2, 'About x', %s)", turn.message_id, json.dumps(completion))

    assert (held(account), before - account.available()) == (0, 0)
    assert account.balance()[2] == 0
    assert problems(database) == []


async def test_a_summary_without_messages_gives_back_what_is_held(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    first = await client.admit(asha)
    await client.settle(first.message_id, "x" * 600, usage=costs(100))
    turn = await client.admit(asha, conversation=first.conversation_id, **FULL)
    await client.settle(turn.message_id, usage=costs(100), summarises=True)
    assert held(account) == SUMMARY

    assert await client.call("select oneai.messages_to_summarise(%s, 2, 2, 9, null, null)", turn.message_id) == []
    assert held(account) == 0
    # Without a hold nothing is summarised.
    assert await client.call("select oneai.messages_to_summarise(%s, 0, 2, 999, null, null)", turn.message_id) == []
    await client.call("select oneai.release_line(%s, 'summary')", turn.message_id)
    assert problems(database) == []


async def test_answers_and_titles_at_once_never_use_more_than_there_is(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    account = with_credits(database, asha, 3 * HELD + 2 * TITLE, order="credits")

    async def ask(client: TurnClient) -> Any:
        turn = await client.admit(asha, titles=True)
        settled = await client.settle(turn.message_id, usage=costs(203), titles=True)
        return turn.message_id if settled["untitled"] else None

    asked = await asyncio.gather(*(ask(each) for each in await clients(8)), return_exceptions=True)
    for each in asked:
        if isinstance(each, UUID):
            title(database, each, 2_200)
        elif isinstance(each, psycopg.Error):
            assert each.diag.message_primary == "credits_exhausted"

    paid, promotional, owed, is_held = account.balance()
    titles = sum(isinstance(each, UUID) for each in asked)
    answers = sum(not isinstance(each, psycopg.Error) for each in asked)
    assert (promotional, owed, is_held) == (0, 0, 0)
    assert paid == 3 * HELD + 2 * TITLE - answers * HELD - titles * TITLE
    assert answers >= 3
    assert problems(database) == []
