"""What the operator decides about payments that fail and money that goes back, and what is decided once for all."""

from dataclasses import dataclass
from datetime import timedelta

# From the least to the most; the same as oneai/plans/catalog.py, which costs a cold start: a test holds them together.
TIERS = ("free", "pro", "enterprise")
FREE = TIERS[0]

# Debits of a mandate begin up to three days before a period does.
EARLY_DEBIT = timedelta(days=4)
# Attempts of the provider's own come once a day, give or take a while; sooner ones are somebody's own tries.
BETWEEN_ATTEMPTS = timedelta(hours=20)
# So many failed attempts, and the provider gives up.
ATTEMPTS = 4
# A refund that failed is made again so many times.
REFUNDS_AGAIN = 3
# A charge that is due takes that long without anything being wrong.
CHARGE_TAKES = timedelta(hours=3)
# Periods of one subscription follow each other to the second; nobody's clock is that good.
SLACK = timedelta(hours=1)
# A second one of somebody who has one already may just have ended: they are asked before they are told.
BEFORE_DUPLICATES_END = timedelta(minutes=10)


@dataclass(frozen=True)
class BillingPolicy:
    """Access ends `payment_grace_days` after a first failed attempt; nothing of a payment is given back later than
    `refund_days` after it."""

    payment_grace_days: int = 7
    refund_days: int = 7

    @property
    def grace(self) -> timedelta:
        """How long access goes on after the first failed attempt."""
        return timedelta(days=self.payment_grace_days)


def order(tier: str) -> int:
    """The tier's place; one that is sold no more is above free and below all others."""
    return TIERS.index(tier) * 2 if tier in TIERS else 1
