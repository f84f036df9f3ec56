"""The refund of a payment and what limits it, in numbers and in a sentence."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from oneai.billing.subscriptions.plan_list import NAMES


@dataclass(frozen=True)
class RefundSettings:
    """For how many days after a payment cancelling at once refunds a part of it."""

    refund_days: int = 7


class RefundTerms(BaseModel):
    """As `oneai.refund_terms` says it. `limited_by` is `time`, a quota key, `price` where the plan that takes the place
    of this one costs less than what is left, or None where nothing that was paid for runs.

    `used` of what was `granted`: seconds of the period, or units of the key; None where too many days have passed.
    """

    refund_amount: int
    limited_by: str | None = None
    used: Decimal | None = None
    granted: Decimal | None = None


def explanation(terms: RefundTerms, refund_days: int) -> str | None:
    """The limit in a sentence for the payer."""
    match terms.limited_by:
        case None:
            return None
        case "price":
            return f"More than {refund_days} days after a payment no more of it comes back than the new plan costs."
        case "time" if terms.used is None or terms.granted is None:
            return f"Nothing comes back later than {refund_days} days after a payment."
        case "time":
            return f"Counted by time: {_left(terms)} of the period you paid for is left."
        case key:
            used, granted = terms.used or Decimal(0), terms.granted or Decimal(0)
            name = NAMES.get(key, key)
            return (
                f"Counted by {name[:1].lower()}{name[1:]}: "
                f"you used {used:,.0f} of the {granted:,.0f} that this payment gives."
            )


def _left(terms: RefundTerms) -> str:
    """The share that is left, in percent and never more than it is."""
    used, granted = terms.used or Decimal(0), terms.granted or Decimal(1)
    tenths = int(max(granted - used, Decimal(0)) / granted * 1000)
    return f"{tenths / 10:g} %"
