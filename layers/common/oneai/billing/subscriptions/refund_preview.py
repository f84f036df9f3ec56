"""Previews a refund and what limits it, with the computation of the refund itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from oneai import settings
from oneai.billing.projection import prepaid
from oneai.billing.projection.lifecycle import SubscriptionLifecycle, build_lifecycles
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.prepaid import read_charges
from oneai.billing.projection.refunds import RefundAmounts, RefundTerms
from oneai.billing.projection.replacement import resolve_replacements
from oneai.billing.projection.returned import give_time
from oneai.billing.quota_usage import add_usage
from oneai.billing.record_rows import load_record, moment
from oneai.billing.subscriptions.plan_list import NAMES
from oneai.postgres import db
from oneai.postgres.db import Principal

type Refunds = Callable[[RefundAmounts, SubscriptionLifecycle, datetime], list[RefundTerms]]


@dataclass(frozen=True)
class RefundPreview:
    """The refund of a subscription that ends at `at`, in the smallest unit, and a sentence about its limit. `charges`:
    the paid periods running then, and those that are paid ahead; `limited_by`: the limit of the one with the largest
    unrefunded part. `kept` would be due too and cannot go back: it becomes time of a plan that follows."""

    at: datetime
    amount: int = 0
    limited_by: str | None = None
    explanation: str | None = None
    charges: list[PaidPeriod] = field(default_factory=list)
    refundable_until: datetime | None = None
    kept: int = 0


async def preview_refund(principal: Principal, subscription_id: UUID, refunds: Refunds) -> RefundPreview:
    """The refund of one of the user's subscriptions by these terms."""
    policy = settings.read(BillingPolicy)
    async with db.transaction() as tx:
        (loaded,) = await tx.call("select oneai.lock_and_load_billing(null, null, '{}', %s)", [principal.workspace_id])
        (row,) = loaded["workspaces"]
        record, at = load_record(row), moment(loaded["at"])
        while True:
            alone = build_lifecycles(read_charges(record))
            lifecycles = give_time(resolve_replacements(alone), policy, at)
            amounts = RefundAmounts(lifecycles, policy, at)
            terms = refunds(amounts, lifecycles.by_id[subscription_id], at)
            if not amounts.missing:
                return _preview(at, [(each, amounts.still_due(each)) for each in terms], policy)
            await add_usage(tx, record, amounts.missing)


def _preview(at: datetime, due: list[tuple[RefundTerms, int]], policy: BillingPolicy) -> RefundPreview:
    if not due:
        return RefundPreview(at)
    least, _ = min(due, key=lambda each: (each[1] - each[0].charge.payment.amount, each[0].charge.at))
    charges = [terms.charge for terms, _ in due]
    goes_back = sum(amount for terms, amount in due if prepaid.can_go_back(terms.charge.payment, amount, at))
    return RefundPreview(
        at,
        goes_back,
        least.limited_by,
        explanation(least, policy.refund_days),
        charges,
        max(each.start if prepaid.is_ahead(each, at) else each.at + policy.refunded_within for each in charges),
        kept=sum(amount for _, amount in due) - goes_back,
    )


def explanation(terms: RefundTerms, refund_days: int) -> str | None:
    """The limit as a sentence for the payer."""
    match terms.limited_by:
        case None:
            return None
        case "price":
            return f"More than {refund_days} days after a payment, the refund is limited to the price of the new plan."
        case "time" if terms.used is None or terms.granted is None:
            return f"There is no refund later than {refund_days} days after a payment."
        case "time":
            return f"By time: {_left(terms)} of the period you paid for is left."
        case key:
            used, granted = terms.used or Fraction(0), terms.granted or Fraction(0)
            name = NAMES.get(key, key)
            return (
                f"Counted by {name[:1].lower()}{name[1:]}: "
                f"you used {used:,.0f} of the {granted:,.0f} that this payment covers."
            )


def _left(terms: RefundTerms) -> str:
    """The remaining share in percent, rounded down."""
    used, granted = terms.used or Fraction(0), terms.granted or Fraction(1)
    tenths = int(max(granted - used, Fraction(0)) / granted * 1000)
    return f"{tenths / 10:g} %"
