"""Since when use counts: fresh quota is given once for a payment that raises the tier, and never for coming back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.projection.entitlements import EntitlementTimeline
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import FREE, order
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class QuotaPeriod:
    """Since when use counts against the quotas, if not since their windows began, and where grids of three hours begin:
    `oneai.set_entitled_plan`."""

    since: datetime | None
    anchor: datetime | None


def share(
    known: BillingRecord, courses: Mapping[UUID, SubscriptionLifecycle], timeline: EntitlementTimeline, now: datetime
) -> QuotaPeriod:
    """What the newest payment that gave fresh quota says, while a person has a plan that payments give."""
    fresh = [begins for begins in _fresh(known, courses, timeline) if begins <= now]
    newest = max(fresh, default=None)
    giving = timeline.giving(now)
    tier = giving[0].tier if giving else FREE
    paid = tier != FREE and any(each.tier == tier and each.by in ("paid", "grace") for each in giving)
    return QuotaPeriod(newest if paid else None, newest)


def _fresh(
    known: BillingRecord, courses: Mapping[UUID, SubscriptionLifecycle], timeline: EntitlementTimeline
) -> Iterator[datetime]:
    """From when charges gave fresh quota: they began a subscription or a higher tier, raised what the person had, and
    nothing like them had been given back that month."""
    everything = sorted(
        (charge for course in courses.values() for charge in course.kept), key=lambda each: (each.at, each.payment.ref)
    )
    for course in courses.values():
        highest = 0
        for charge in course.kept:
            rises = order(charge.tier) > highest
            highest = max(highest, order(charge.tier))
            begins = course.begins(charge)
            if charge.taken_back_at is not None and charge.taken_back_at <= begins:
                continue
            raises = order(charge.tier) > order(timeline.before(begins))
            if rises and raises and not any(_given_back_lately(known, each, charge) for each in everything):
                yield begins


def _given_back_lately(known: BillingRecord, earlier: PaidPeriod, charge: PaidPeriod) -> bool:
    """Whether an earlier payment for as much was given back in the month of this one, or was itself of that month."""
    if earlier.at >= charge.at or order(earlier.tier) < order(charge.tier):
        return False
    moments = [each.at for each in payments.refunds(known, earlier.payment)]
    lost = [d.at for d in known.disputes.values() if d.payment_id == earlier.payment.id and d.status == "lost"]
    if not moments and not lost:
        return False
    return any(_month(each) == _month(charge.at) for each in (earlier.at, *moments, *lost))


def _month(moment: datetime) -> tuple[int, int]:
    at = moment.astimezone(UTC)
    return at.year, at.month
