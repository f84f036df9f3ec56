"""Writes about a user during their erasure: whichever commits first, no row that is left names the user."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from tests.database.conftest import TurnClients
from tests.database.rows import all_rows
from tests.database.turns import USAGE, Turn, TurnClient, code, refusal, spend
from tests.world import Database

GUESSED = USAGE | {"estimated": True}
BILL = json.dumps({"model": "maker/small", "usage": USAGE | {"cost_micro_usd": 25}})
TITLE = json.dumps({"model_asked": "maker/small", "outcome": "complete", "price_version": "v1", "usage": USAGE})


def naming(database: Database, user: UUID) -> set[str]:
    """Tables that have this id somewhere."""
    return {table for table, rows in all_rows(database).items() if any(str(user) in row for row in rows)}


async def erase(client: TurnClient, user: UUID) -> None:
    await client.call("select oneai.erase(%s)", user)


async def answers(client: TurnClient, user: UUID) -> tuple[Turn, Turn, Turn]:
    """One that is being written, one that has ended, one whose cost is an estimate."""
    writing, ended, guessed = [await client.admit(user) for _ in range(3)]
    await client.settle(ended.message_id)
    await client.settle(guessed.message_id, usage=GUESSED, generation_id="gen-1")
    return writing, ended, guessed


@pytest.mark.parametrize("round_", range(12))
async def test_concurrent_writes_do_not_restore_an_erased_user(
    database: Database, clients: TurnClients, round_: int
) -> None:
    many = await clients(11)
    user = database.user(f"leaving-{round_}@example.com")
    writing, ended, guessed = await answers(many[0], user)
    database.rows("delete from auth.users where id = %s", user)

    went = await asyncio.gather(
        many[1].settle(writing.message_id, "Hi there", usage=USAGE),
        many[2].call("select oneai.correct_cost(%s, %s)", guessed.message_id, BILL),
        many[3].call("select oneai.write_title(%s, 'Rain', %s)", ended.message_id, TITLE),
        many[4].settle(guessed.message_id, "Hi there, late", usage=USAGE | {"cost_micro_usd": 25}),
        many[5].expire_answer(writing.message_id),
        erase(many[6], user),
        erase(many[7], user),
        many[8].call("select oneai.roll_up_usage(2)"),
        many[9].call("select oneai.rebuild_rollups()"),
        many[10].call("select oneai.roll_up_usage(1000)"),
        return_exceptions=True,
    )

    assert [each for each in went if isinstance(each, BaseException)] == []
    assert naming(database, user) == set()
    added, expected = database.one(
        "select (select sum(cost_micro_usd) from oneai.usage_now), (select sum(cost_micro_usd) from oneai.usage_events)"
    )
    assert added == expected
    assert spend(database)[0] == 0
    events = "select purpose, count(*) from oneai.usage_events group by 1"
    counted = dict(database.rows(events))
    assert (counted["answer"], counted["correction"]) == (3, 1)


async def test_a_user_with_a_sign_in_is_refused_and_nothing_changes(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await answers(client, asha)
    before = all_rows(database)
    assert (await refusal(erase(client, asha))).sqlstate == "ON412"
    assert all_rows(database) == before


async def test_a_question_of_an_erased_user_creates_no_user(database: Database, client: TurnClient, asha: UUID) -> None:
    database.rows("delete from auth.users where id = %s", asha)
    await erase(client, asha)
    assert (await refusal(client.admit(asha))).code == "unauthenticated"
    assert naming(database, asha) == set()


async def test_questions_during_the_closing_of_an_account_are_answered_or_refused(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    many = await clients(8)
    went = await asyncio.gather(
        *(client.admit(asha) for client in many[1:]),
        many[0].call("select * from oneai.close_account(%s)", asha),
        return_exceptions=True,
    )
    asked = [code(each) for each in went[:-1]]
    assert set(asked) <= {"new", "account_suspended"}
    (writing, lapsed) = await many[0].call("select * from oneai.close_account(%s)", asha)
    assert (writing, lapsed) == (asked.count("new"), [])
    stopped = database.one(
        "select count(*) from oneai.chat_messages where state = 'streaming' and stop_requested_at is not null"
    )
    assert stopped == writing


async def test_erasing_an_unknown_user_changes_nothing(database: Database, client: TurnClient) -> None:
    before = all_rows(database)
    await erase(client, uuid4())
    assert all_rows(database) == before
