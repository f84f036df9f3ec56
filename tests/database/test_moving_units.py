"""A unit of image_generation that brought words and no picture moves to the text key of the model's price."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import Turn, TurnClient, quota, set_quota
from tests.world import Database

IMAGES, SMALL, LARGE = "image_generation", "small_messages", "large_messages"
PICTURE = {"images": [{"key": "users/1/drawn-0.png"}]}


async def asked(client: TurnClient, user: UUID, text_key: str = SMALL, **more: Any) -> Turn:
    """A question to a model that draws."""
    return await client.admit(user, quota_key=IMAGES, text_key=text_key, **more)


@pytest.mark.parametrize("text_key", [SMALL, LARGE])
async def test_text_moves_the_unit_and_an_image_keeps_it(
    database: Database, client: TurnClient, asha: UUID, text_key: str
) -> None:
    words, picture = [await asked(client, asha, text_key) for _ in range(2)]
    assert [quota(database, asha, key) for key in (IMAGES, text_key)] == [(0, 2), (0, 0)]

    settled = await client.settle(words.message_id, "It rains")
    await client.settle(picture.message_id, "Look", metadata=PICTURE)

    assert (settled["quota"]["key"], settled["quota"]["used"]) == (text_key, 1)
    assert [quota(database, asha, key) for key in (IMAGES, text_key)] == [(1, 0), (1, 0)]
    assert database.rows("select quota_key, charged from oneai.usage_events order by id") == [
        (text_key, 1),
        (IMAGES, 1),
    ]


async def test_an_empty_answer_keeps_its_image_unit(database: Database, client: TurnClient, asha: UUID) -> None:
    for state in ("complete", "stopped"):
        await client.settle((await asked(client, asha)).message_id, "", state)

    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(2, 0), (0, 0)]


async def test_the_unit_remains_if_no_text_unit_is_left(database: Database, client: TurnClient, asha: UUID) -> None:
    set_quota(database, asha, left=1)
    held = await client.admit(asha)
    turn = await asked(client, asha)

    settled = await client.settle(turn.message_id, "It rains")

    assert settled["quota"]["key"] == IMAGES
    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(1, 0), (99, 1)]
    await client.settle(held.message_id)


async def test_a_grace_unit_counts_as_a_remaining_one(database: Database, client: TurnClient, asha: UUID) -> None:
    set_quota(database, asha, left=0)
    database.rows(
        "update oneai.usage_quotas set grace_units = 1 where workspace_id = %s and quota_key = %s", asha, SMALL
    )

    for _ in range(2):
        await client.settle((await asked(client, asha)).message_id, "It rains")

    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(1, 0), (101, 0)]


async def test_settling_again_does_not_move_the_unit_again(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await asked(client, asha)
    await client.settle(turn.message_id, "It rai", "truncated")

    settled = await client.settle(turn.message_id, "It rains", metadata=PICTURE)

    assert (settled["first"], settled["quota"]["key"]) == (False, SMALL)
    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(0, 0), (1, 0)]
    assert database.one("select quota_key, held, settled from oneai.reservation_lines") == (SMALL, 1, 1)


async def test_an_expired_answer_with_text_moves_its_unit_too(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await asked(client, asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It rains"))
    database.advance(31)

    await client.expire_answer(turn.message_id)

    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(0, 0), (1, 0)]


async def test_a_window_opened_after_the_question_gets_no_earlier_unit(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await asked(client, asha)
    database.advance(32 * 86_400)

    settled = await client.settle(turn.message_id, "It rains")

    assert settled["quota"]["key"] == IMAGES
    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(0, 0), (0, 0)]
    assert database.one("select quota_key, settled from oneai.reservation_lines") == (IMAGES, 1)


async def test_only_the_unit_moves_beside_token_and_cost_limits(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    for key in ("tokens", "cost"):
        await owner.call("select oneai.override_quota(%s, %s, 1000, 0, null, 'a test')", asha, key)
    turn = await asked(client, asha)

    await client.settle(turn.message_id, "It rains")

    used = {key: quota(database, asha, key) for key in (IMAGES, SMALL, "tokens", "cost")}
    assert used == {IMAGES: (0, 0), SMALL: (1, 0), "tokens": (14, 0), "cost": (19, 0)}


async def test_concurrent_answers_move_as_many_units_as_are_left(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    connections = await clients(5)
    set_quota(database, asha, left=3)
    turns = [await asked(connections[0], asha) for _ in range(5)]

    settled = await asyncio.gather(
        *(each.settle(turn.message_id, "It rains") for each, turn in zip(connections, turns, strict=True))
    )

    assert sorted(each["quota"]["key"] for each in settled) == [IMAGES] * 2 + [SMALL] * 3
    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(2, 0), (100, 0)]


async def test_a_renewed_plan_counts_a_unit_in_the_quota_it_moved_to(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    await client.settle((await asked(client, asha)).message_id, "It rains")

    await owner.call("select oneai.set_entitled_plan(%s, 'pro', null, null)", asha)

    assert [quota(database, asha, key) for key in (IMAGES, SMALL)] == [(0, 0), (1, 0)]
