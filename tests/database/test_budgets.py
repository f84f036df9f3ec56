"""Tokens and cost may be limited beside messages, and a plan may be gracious."""

from uuid import UUID

import pytest

from tests.database.turns import TurnClient, quota, refusal, set_quota
from tests.world import Database

SMALL = "small_messages"


def limited(database: Database, user: UUID, key: str, limit: int, grace: int = 0) -> None:
    """Gives a user a monthly limit of tokens or of cost, as their plan would."""
    database.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, grace_units, "
        "reset_frequency, window_start, next_reset_at) values (%s, %s, 'free', %s, %s, 'monthly', "
        "oneai.window_before('monthly', oneai.next_reset('monthly', oneai.now(), oneai.now())), "
        "oneai.next_reset('monthly', oneai.now(), oneai.now()))",
        *(user, key, limit, grace),
    )


async def hold(client: TurnClient, database: Database, user: UUID, tokens: int, cost: int) -> UUID:
    """Holds one message, `tokens` and `micro_usd`."""
    reservation = await client.hold(database, user)
    await client.reserve(user, reservation, (SMALL, 1), ("tokens", tokens), ("cost", cost))
    return reservation


async def test_each_line_is_settled_by_its_own_unit_of_measure(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    limited(database, asha, "tokens", 1000)
    limited(database, asha, "cost", 5_000_000_000)
    held = await hold(client, database, asha, 400, 3_000_000_000)
    assert [quota(database, asha, key) for key in (SMALL, "tokens", "cost")] == [(0, 1), (0, 400), (0, 3_000_000_000)]

    assert await client.call("select oneai.settle_reservation(%s, 1, 250, 1234)", held)

    assert [quota(database, asha, key) for key in (SMALL, "tokens", "cost")] == [(1, 0), (250, 0), (1234, 0)]


async def test_an_answer_longer_than_its_hold_is_counted_whole(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    limited(database, asha, "tokens", 1000)
    held = await hold(client, database, asha, 400, 0)

    await client.call("select oneai.settle_reservation(%s, 5, 1100, 9)", held)

    assert quota(database, asha) == (1, 0), "of messages never more than were held"
    assert quota(database, asha, "tokens") == (1100, 0)
    assert (await refusal(hold(client, database, asha, 1, 0))).detail["quota_key"] == "tokens"


@pytest.mark.parametrize("key", ["tokens", "cost"])
async def test_nothing_is_held_if_one_line_does_not_fit(
    database: Database, client: TurnClient, asha: UUID, key: str
) -> None:
    limited(database, asha, key, 100)

    refused = await refusal(hold(client, database, asha, 101, 101))

    assert (refused.code, refused.detail["quota_key"], refused.detail["limit"]) == ("quota_exceeded", key, 100)
    assert [quota(database, asha, each) for each in (SMALL, key)] == [(0, 0), (0, 0)]


async def test_an_unlimited_quota_is_not_counted(database: Database, client: TurnClient, asha: UUID) -> None:
    held = await hold(client, database, asha, 10**12, 10**12)

    assert database.rows("select quota_key from oneai.reservation_lines where reservation_id = %s", held) == [SMALL]
    assert await client.call("select oneai.settle_reservation(%s, 1, 5, 5)", held)
    assert quota(database, asha) == (1, 0)


async def test_released_units_are_available_again(database: Database, client: TurnClient, asha: UUID) -> None:
    limited(database, asha, "tokens", 1000)
    held = await hold(client, database, asha, 400, 0)

    assert await client.call("select oneai.settle_reservation(%s, 0)", held)
    assert not await client.call("select oneai.settle_reservation(%s, 0)", held)

    assert [quota(database, asha, key) for key in (SMALL, "tokens")] == [(0, 0), (0, 0)]


async def test_grace_units_extend_the_limit_exactly(database: Database, client: TurnClient, asha: UUID) -> None:
    database.rows("update oneai.usage_quotas set grace_units = 2 where workspace_id = %s", asha)
    set_quota(database, asha, left=0)

    await client.hold(database, asha, (SMALL, 2))
    refused = await refusal(client.hold(database, asha, (SMALL, 1)))

    assert (refused.detail["limit"], refused.detail["reserved"]) == (100, 2)


async def test_a_sign_up_gets_the_limits_and_the_grace_of_the_plan(database: Database) -> None:
    database.rows("insert into oneai.plan_quotas values ('free', 'cost', 3000000000, 'daily', 7)")

    user = database.user("meera@example.com")

    assert database.rows(
        "select quota_limit, grace_units, reset_frequency from oneai.usage_quotas "
        "where workspace_id = %s and quota_key = 'cost'",
        user,
    ) == [(3_000_000_000, 7, "daily")]
