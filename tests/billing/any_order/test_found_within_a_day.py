"""The job finds what no webhook reports: a payment within a day, a refund in the dashboard within a day or a week."""

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
async def test_a_payment_without_webhooks_is_found_within_a_day(database: Database, history: str) -> None:
    """A refund of a mandate's payment is looked for weekly, one of a prepaid period daily."""
    async with crowded(database) as crowd:
        (user,) = await crowd.people(history, ["without webhooks"])
        crowd.set_clock(START)
        await crowd.do(user)

        assert await hours_until(crowd, user, "pro", PAID_AT) <= 24
        crowd.set_clock(REFUNDED_AT - HOUR)
        await reconcile_subscriptions()
        within = 24 if history == "pays_midtrans_and_is_refunded" else 7 * 24
        assert await hours_until(crowd, user, "free", REFUNDED_AT, step=6) <= within


async def hours_until(crowd: Crowd, user: User, tier: str, since: int, step: int = 1) -> int:
    """How many hours pass until a run of the job gives the user this plan; at most eight days."""
    for hour in range(step, 8 * 24, step):
        crowd.set_clock(since + hour * HOUR)
        await crowd.do(user)
        await reconcile_subscriptions()
        if crowd.database.one("select subscription_tier from oneai.workspaces where id = %s", user.id) == tier:
            return hour
    return 8 * 24
