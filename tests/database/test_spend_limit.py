"""The money stop: what all people together have held and spent today, against the day's limit."""

from uuid import UUID

import pytest

from tests.database.turns import TurnClient, refusal
from tests.world import Database

LIMIT = 1_000_000


def spent(database: Database, held: int, settled: int = 0, days_ago: int = 0) -> None:
    """By strangers, spread over the day's rows."""
    database.rows(
        "insert into oneai.daily_spend select oneai.today() - %s, n, %s / 4, %s / 4 from generate_series(0, 3) as n",
        days_ago,
        held,
        settled,
    )


@pytest.mark.parametrize(
    ("spent_percent", "free", "others"),
    [
        (0, 0, 0),
        (79.9, 79, 79),
        (80, 80, 80),
        (99.9, 99, 99),
        (100, "service_paused", 100),
        (119.9, "service_paused", 119),
        (120, "service_paused", "service_paused"),
        (900_000, "service_paused", "service_paused"),
    ],
)
async def test_free_plans_stop_at_the_limit_and_all_plans_at_a_fifth_above(
    database: Database,
    client: TurnClient,
    asha: UUID,
    ravi: UUID,
    *,
    spent_percent: float,
    free: object,
    others: object,
) -> None:
    database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", ravi)
    spent(database, held=int(LIMIT * spent_percent / 100) // 8 * 4, settled=int(LIMIT * spent_percent / 100) // 8 * 4)

    for user, expected in ((asha, free), (ravi, others)):
        if isinstance(expected, str):
            refused = await refusal(client.admit(user, spend_limit=LIMIT))
            assert (refused.code, refused.sqlstate) == (expected, "ON503")
            assert 0 < refused.detail["retry_after"] <= 86_400
        else:
            turn = await client.admit(user, spend_limit=LIMIT, answer_tokens=0, prompt_micro_usd_per_token="0")
            assert turn.result["spend_percent"] == expected


async def test_nothing_stops_without_a_limit(database: Database, client: TurnClient, asha: UUID) -> None:
    spent(database, held=LIMIT * 1000)

    assert (await client.admit(asha)).result["spend_percent"] == 0


async def test_holds_of_open_answers_count_until_they_are_settled(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, spend_limit=203)
    assert (await refusal(client.admit(asha, spend_limit=203))).code == "service_paused"

    await client.settle(turn.message_id)

    assert (await client.admit(asha, spend_limit=203)).result["spend_percent"] == 19 * 100 // 203


async def test_the_spending_of_yesterday_does_not_count(database: Database, client: TurnClient, asha: UUID) -> None:
    spent(database, held=0, settled=LIMIT * 10, days_ago=1)

    assert (await client.admit(asha, spend_limit=LIMIT)).result["spend_percent"] == 0


async def test_the_pause_ends_at_midnight(database: Database, client: TurnClient, asha: UUID) -> None:
    spent(database, held=LIMIT)
    refused = await refusal(client.admit(asha, spend_limit=LIMIT))

    database.advance(refused.detail["retry_after"])

    await client.admit(asha, spend_limit=LIMIT)


async def test_an_answer_across_midnight_is_held_yesterday_and_spent_today(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    database.advance(86_400)
    await client.settle(turn.message_id)

    assert database.rows("select held_micro_usd, settled_micro_usd from oneai.daily_spend order by day") == [
        (0, 0),
        (0, 19),
    ]
