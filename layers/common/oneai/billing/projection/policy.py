"""The operator's policy for failed payments and refunds, and the constants of the projection."""

from dataclasses import dataclass
from datetime import timedelta

# From the least to the most; the same as oneai/plans/catalog.py, which costs a cold start: a test holds them together.
TIERS = ("free", "pro", "enterprise")
FREE = TIERS[0]

# The provider refunds nothing below a rupee or a dollar.
MINIMUM_REFUND = 100
# For so long after a payment what was used of it is known for certain (`MIN_DAYS` in accounts/retention.py).
USAGE_KEPT = timedelta(days=366)
# Debits of a mandate begin up to three days before a period does.
EARLY_DEBIT = timedelta(days=4)
# A cancellation at the end of a period cannot be undone at the provider, which debits mandates from three days before.
CANCEL_BEFORE_END = timedelta(hours=72)
# The provider attempts a charge about once a day; sooner attempts are the user's own.
BETWEEN_ATTEMPTS = timedelta(hours=20)
# After so many failed attempts the provider gives up.
MAX_ATTEMPTS = 4
# A failed refund is retried so often.
REFUND_RETRIES = 3
# A charge that is due may take so long.
CHARGE_DELAY = timedelta(hours=3)
# Periods of one subscription follow each other to the second; clocks are less exact.
TOLERANCE = timedelta(hours=1)
# One of two paid subscriptions may just have ended: both are synced before one is cancelled.
DUPLICATE_CANCEL_DELAY = timedelta(minutes=10)


@dataclass(frozen=True)
class BillingPolicy:
    """Access ends `payment_grace_days` after a first failed attempt; a payment is refunded only within
    `refund_days`."""

    payment_grace_days: int = 7
    refund_days: int = 7

    @property
    def grace(self) -> timedelta:
        """How long access continues after the first failed attempt."""
        return timedelta(days=self.payment_grace_days)

    @property
    def refunded_within(self) -> timedelta:
        """How long after a payment ending its subscription at once refunds a part of it."""
        return timedelta(days=self.refund_days)


def tier_rank(tier: str) -> int:
    """The tier's rank; one that is no longer sold is above free and below all others."""
    return TIERS.index(tier) * 2 if tier in TIERS else 1
