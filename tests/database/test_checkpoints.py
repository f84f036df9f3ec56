"""The running text is kept in pieces: once each, in order, and with the lease renewed."""

import asyncio
import json
import time
from uuid import UUID, uuid4

import pytest

from oneai import chat, settings
from oneai.clients.supabase_auth import UserPrincipal
from oneai.postgres import db
from tests.database.conftest import TurnClients
from tests.database.rows import all_rows, hold_locks, wait_for_blocked
from tests.database.turns import TurnClient, quota, refusal
from tests.world import Database

PIECES = "select kind, at, text from oneai.answer_pieces order by n"


async def test_pieces_of_text_and_reasoning_are_stored_in_order(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)

    await client.checkpoint(turn.message_id, ("reasoning", 0, "Hm. "), ("text", 0, "नमस्ते"))
    await client.checkpoint(turn.message_id, ("reasoning", 4, "Yes. "), ("text", 6, " 🌧"), ("reasoning", 9, "So."))

    assert database.rows(PIECES) == [
        ("reasoning", 0, "Hm. "),
        ("text", 0, "नमस्ते"),
        ("reasoning", 4, "Yes. "),
        ("text", 6, " 🌧"),
        ("reasoning", 9, "So."),
    ]


async def test_a_repeated_piece_is_stored_once_in_its_longest_form(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It ra"))
    await client.checkpoint(turn.message_id, ("text", 0, "It ra"))
    assert database.rows(PIECES) == [("text", 0, "It ra")]

    await client.checkpoint(turn.message_id, ("text", 0, "It rains"), ("text", 8, " in"))
    await client.checkpoint(turn.message_id, ("text", 0, "It ra"))

    assert database.rows(PIECES) == [("text", 0, "It rains"), ("text", 8, " in")]
    database.advance(31)
    await client.expire_answer(turn.message_id)
    assert database.one("select content from oneai.chat_messages where id = %s", turn.message_id) == "It rains in"


async def test_a_checkpoint_notices_text_lost_in_a_crash_and_stores_it_again(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("reasoning", 0, "Hm. "), ("text", 0, "It "))
    await client.checkpoint(turn.message_id, ("text", 3, "rai"))
    # The second commit had not reached the disk.
    database.rows("delete from oneai.answer_pieces where at = 3")

    late = ("text", 6, "ns"), ("reasoning", 4, "So.")
    assert await client.checkpoint(turn.message_id, *late) == (False, "incomplete")
    assert database.rows(PIECES) == [("reasoning", 0, "Hm. "), ("text", 0, "It ")]

    whole = ("reasoning", 0, "Hm. "), ("text", 0, "It rains"), ("reasoning", 4, "So. "), ("text", 8, " in")
    assert await client.checkpoint(turn.message_id, *whole, sends_all=True) == (False, "streaming")
    assert database.rows(PIECES) == list(whole)
    assert await client.checkpoint(turn.message_id, ("text", 11, " June")) == (False, "streaming")
    database.advance(31)
    await client.expire_answer(turn.message_id)
    assert database.one("select content from oneai.chat_messages where id = %s", turn.message_id) == "It rains in June"


async def test_a_follower_gets_every_character_once_even_if_a_piece_grows(
    database: Database, monkeypatch: pytest.MonkeyPatch, client: TurnClient, asha: UUID
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    settings.reset_cache()
    turn = await client.admit(asha)
    user = UserPrincipal(asha, None, None, is_anonymous=False, claims=f'{{"sub": "{asha}"}}')
    # The connection broke after this was stored; so its writer sends it again, with what came since.
    await client.checkpoint(turn.message_id, ("text", 0, "It ra"), ("reasoning", 0, "In J"))

    result = b""
    async for some in await chat.resume(user, turn.message_id, 0, deadline=time.time() + 60, request_id=""):
        result += some
        if result.endswith(b'{"text": "In J"}\n\n'):
            await client.checkpoint(
                turn.message_id, ("text", 0, "It ra"), ("reasoning", 0, "In June?"), ("text", 5, "ins")
            )
        elif b"ins" in some:
            await client.settle(turn.message_id, "It rains")

    events = [event.split("data: ")[1] for event in result.decode().split("\n\n") if "text" in event]
    assert [json.loads(event)["text"] for event in events] == ["It ra", "In J", "une?", "ins"]
    await db.close()
    settings.reset_cache()


async def test_concurrent_copies_of_a_checkpoint_are_stored_once(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    turn = await client.admit(asha)
    pieces = [("text", 10 * n, f"piece {n:03} ") for n in range(50)]

    await asyncio.gather(*(each.checkpoint(turn.message_id, *pieces) for each in await clients(6)))

    assert database.rows("select text from oneai.answer_pieces order by n") == [text for _, _, text in pieces]


async def test_a_requested_stop_is_seen_at_the_next_checkpoint(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    assert await client.checkpoint(turn.message_id) == (False, "streaming")

    database.rows("update oneai.chat_messages set stop_requested_at = oneai.now() where id = %s", turn.message_id)

    assert await client.checkpoint(turn.message_id, ("text", 0, "Hi")) == (True, "streaming")
    assert database.rows(PIECES) == [("text", 0, "Hi")]


async def test_the_first_generation_id_is_kept(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)

    for generation in (None, "gen-1", "gen-2"):
        await client.checkpoint(turn.message_id, generation=generation)

    assert database.one("select generation_id from oneai.chat_messages where id = %s", turn.message_id) == "gen-1"


async def test_a_checkpoint_after_the_end_stores_nothing_and_returns_the_outcome(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id, "Hi", "stopped")
    before = all_rows(database)

    assert await client.checkpoint(turn.message_id, ("text", 0, "Hi there")) == (False, "stopped")
    assert await client.checkpoint(uuid4(), ("text", 0, "Hi there")) == (False, "deleted")

    assert all_rows(database) == before


async def test_a_late_checkpoint_renews_a_lease_that_is_not_yet_found_expired(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    database.advance(3600)

    assert await client.checkpoint(turn.message_id, ("text", 0, "Well")) == (False, "streaming")

    assert not await client.expire_answer(turn.message_id)
    assert (await refusal(client.admit(asha, conversation=turn.conversation_id))).code == "conversation_busy"


async def test_the_lease_is_renewed_after_a_tenth_of_its_time(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    left = (
        "select r.held_until - oneai.now() as reservation, c.answering_until - oneai.now() as conversation "
        "from oneai.reservations as r join oneai.conversations as c on c.answering_message_id = r.id"
    )
    seconds = []
    for _ in range(5):
        await client.checkpoint(turn.message_id)
        reservation, conversation = database.one(left)
        assert reservation == conversation
        seconds.append(round(reservation.total_seconds(), 1))
        database.advance(2)

    assert [round(each) for each in seconds] == [30, 28, 30, 28, 30]


async def test_a_checkpoint_does_not_wait_for_the_disk_and_a_hold_and_charge_do(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    commits = "select current_setting('synchronous_commit')"
    async with owner.connection.transaction():
        await owner.call("select set_config('synchronous_commit', 'on', true)")
        turn = await owner.admit(asha)
        assert await owner.call(commits) == "on"
        await owner.settle(turn.message_id, "Hi")
        assert await owner.call(commits) == "on"
        await owner.checkpoint(turn.message_id, ("text", 0, "Hi"))
        assert await owner.call(commits) == "off"


async def test_a_late_checkpoint_and_the_question_that_expires_the_answer_do_not_deadlock(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    writing, asking, late = await clients(3)
    turn = await writing.admit(asha)
    database.advance(31)

    async with hold_locks(database, "select from oneai.reservations for update"):
        kept = asyncio.create_task(writing.checkpoint(turn.message_id, ("text", 0, "Well")))
        await wait_for_blocked(database, 1)
        asked = asyncio.create_task(refusal(asking.admit(asha, conversation=turn.conversation_id)))
        settled = asyncio.create_task(late.expire_answer(turn.message_id))
        await wait_for_blocked(database, 3)

    assert await kept == (False, "streaming")
    assert (await asked).code == "conversation_busy"
    assert not await settled
    assert quota(database, asha) == (0, 1)
