"""The job finds what no webhook reports within a day: a payment, and a refund in the dashboard."""

import pytest

from oneai.billing import reconcile_subscriptions
from stand_ins.razorpay.periods import DAY
from tests.billing.any_order.many_ways import Crowd, User, crowded
from tests.billing.any_order.mixed_histories import MISSED
from tests.billing.any_order.scenario import START
from tests.world import Database

HOUR = 3_600
PAID_AT = START + DAY // 100
REFUNDED_AT = PAID_AT + 3 * DAY


@pytest.mark.parametrize("history", MISSED)
async def test_a_payment_and_a_refund_without_webhooks_are_found_in_a_day(database: Database, history: str) -> None:
    async with crowded(database) as crowd:
        (user,) = await crowd.people(history, ["without webhooks"])
        crowd.set_clock(START)
        await crowd.do(user)

        assert await hours_until(crowd, user, "pro", PAID_AT) <= 24
        crowd.set_clock(REFUNDED_AT - HOUR)
        await reconcile_subscriptions()
        assert await hours_until(crowd, user, "free", REFUNDED_AT, step=6) <= 24


async def hours_until(crowd: Crowd, user: User, tier: str, since: int, step: int = 1) -> int:
    """How many hours pass until a run of the job gives the user this plan; at most eight days."""
    for hour in range(step, 8 * 24, step):
        crowd.set_clock(since + hour * HOUR)
        await crowd.do(user)
        await reconcile_subscriptions()
        if crowd.database.one("select subscription_tier from oneai.workspaces where id = %s", user.id) == tier:
            return hour
    return 8 * 24
