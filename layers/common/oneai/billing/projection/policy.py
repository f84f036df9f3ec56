"""The operator's policy for failed payments and refunds, and the constants of the projection."""

from dataclasses import dataclass
from datetime import timedelta

from oneai.plans.limits_and_prices import PLANS, ladder

# For this long after a payment, its usage is known exactly (`MIN_DAYS` in accounts/retention.py).
USAGE_KEPT = timedelta(days=366)
# Owners have a refund of credits this often, and of this many micro-dollars at most; operators make others.
CREDIT_REFUND_EVERY = timedelta(days=90)
CREDIT_REFUND_MOST = 200_000_000
# The most automatic recharges that are paid within a day.
RECHARGES_OF_A_DAY = 10
# A debit may take this long.
DEBIT_TAKES = timedelta(hours=72)
# For this long the holder can confirm a recharge that is not debited.
CONFIRMED_WITHIN = timedelta(days=3)
# Purchased credits end after this time.
CREDITS_LAST_MONTHS = 12
# A failed refund is retried this many times.
REFUND_RETRIES = 3
# The payer of a prepaid period is reminded this long before its end.
REMINDED_BEFORE = timedelta(days=5)
# A due charge may take this long.
CHARGE_DELAY = timedelta(hours=3)
# Periods of one subscription are adjacent to the second; clocks are less exact.
TOLERANCE = timedelta(hours=1)
# One of two paid subscriptions may just have ended: both are synced before one is cancelled.
DUPLICATE_CANCEL_DELAY = timedelta(minutes=10)


@dataclass(frozen=True)
class BillingPolicy:
    """Access ends `payment_grace_days` after a first failed attempt. A payment is refunded only within
    `refund_days`."""

    payment_grace_days: int = 7
    refund_days: int = 7

    @property
    def grace(self) -> timedelta:
        """How long access continues after the first failed attempt."""
        return timedelta(days=self.payment_grace_days)

    @property
    def refunded_within(self) -> timedelta:
        """For how long after a payment an immediate cancellation refunds part of it."""
        return timedelta(days=self.refund_days)


def tier_rank(tier: str) -> int:
    """The tier's rank: its place in its ladder (`plans/limits_and_prices.py`). A tier that the catalogue no longer has
    is above the lowest ones and below all others."""
    if tier not in PLANS:
        return 1
    return max(2 * [plan.tier for plan in ladder(kind)].index(tier) for kind in PLANS[tier].kinds)
