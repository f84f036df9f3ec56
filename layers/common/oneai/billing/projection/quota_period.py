"""When usage starts to count: a payment that raises the tier gives fresh quota once; subscribing again never does, nor
does a plan that lapsed less than a month ago and is bought again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oneai.billing.projection import offers, payments, prepaid
from oneai.billing.projection.entitlements import EntitlementTimeline
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import tier_rank
from oneai.billing.record import BillingRecord

# A plan that is bought again within this time after its end is renewed.
LAPSED_WITHIN = timedelta(days=31)


@dataclass(frozen=True)
class QuotaPeriod:
    """The time from which usage counts against quotas, if it is after their windows' start, and the anchor of
    three-hour windows, for `oneai.set_entitled_plan`. `window_end`: when the window of monthly quotas ends, if a
    prepaid period and not the calendar decides that."""

    usage_since: datetime | None
    anchor: datetime | None
    window_end: datetime | None = None


def build_quota_period(timeline: EntitlementTimeline, now: datetime) -> QuotaPeriod:
    """The period from the newest payment that gave fresh quota, while the user has a paid plan."""
    starts = [begins for begins in _fresh_quota_starts(timeline) if begins <= now]
    newest = max(starts, default=None)
    active = timeline.active_at(now)
    lowest = timeline.record.lowest_tier
    tier = active[0].tier if active else lowest
    if active and active[0].subscription_id is not None and active[0].source == "paid":
        lifecycle = timeline.lifecycles.by_id[active[0].subscription_id]
        if (window := prepaid.window_at(lifecycle.accepted, now)) is not None:
            return QuotaPeriod(window.start, window.start, window.end)
    paid = tier != lowest and any(each.tier == tier and each.source in ("paid", "grace") for each in active)
    return QuotaPeriod(newest if paid else None, newest)


def _fresh_quota_starts(timeline: EntitlementTimeline) -> Iterator[datetime]:
    """When payments gave fresh quota: a subscription's first charge, or its first of a higher tier, if it raised the
    user's tier and no similar charge was refunded in that month; and an offer that raised it."""
    record, lifecycles = timeline.record, timeline.lifecycles
    everything = sorted(
        (charge for lifecycle in lifecycles.all() for charge in lifecycle.accepted),
        key=lambda each: (each.at, each.payment.ref),
    )
    for lifecycle in lifecycles.all():
        highest = 0
        for charge in lifecycle.accepted:
            is_rise = tier_rank(charge.tier) > highest
            highest = max(highest, tier_rank(charge.tier))
            begins = lifecycle.begins(charge)
            if charge.reversed_at is not None and charge.reversed_at <= begins:
                continue
            is_upgrade = tier_rank(charge.tier) > tier_rank(timeline.before(begins))
            is_upgrade = is_upgrade and not _lapsed_before(timeline, charge.tier, begins)
            if is_rise and is_upgrade and not any(_refunded_same_month(record, each, charge) for each in everything):
                yield begins
    for paid in offers.paid_offers(record):
        is_upgrade = tier_rank(paid.offer.plan_id) > tier_rank(timeline.before(paid.start))
        if paid.start < paid.ends and is_upgrade and not _lapsed_before(timeline, paid.offer.plan_id, paid.start):
            yield paid.start


def _lapsed_before(timeline: EntitlementTimeline, tier: str, begins: datetime) -> bool:
    """Whether this tier or a higher one lapsed less than a month before, with its paid period or its grace: buying it
    again renews it. A paid rest that was given up is no lapse, nor is an end that the subscription outlived."""
    begun = {(each.subscription_id, each.start) for each in timeline.entitlements}
    lapses = [
        (charge.tier, each.end)
        for lifecycle in timeline.lifecycles.all()
        for charge in lifecycle.own
        for each in timeline.entitlements
        if each.subscription_id == lifecycle.subscription.id
        and (each.source == "grace" or (each.source == "paid" and each.end == charge.end))
        and (each.subscription_id, each.end) not in begun
    ]
    # An offer that was refunded early counts too, so that paying it again brings no second quota.
    lapses += [(each.offer.plan_id, each.ends) for each in offers.paid_offers(timeline.record)]
    return any(
        tier_rank(lapsed) >= tier_rank(tier) and begins - LAPSED_WITHIN < end <= begins for lapsed, end in lapses
    )


def _refunded_same_month(record: BillingRecord, earlier: PaidPeriod, charge: PaidPeriod) -> bool:
    """Whether an earlier payment of at least this amount was made or refunded in the month of this one."""
    if earlier.at >= charge.at or tier_rank(earlier.tier) < tier_rank(charge.tier):
        return False
    moments = [each.at for each in payments.refunds(record, earlier.payment)]
    disputes = [each.at for each in payments.disputes(record, earlier.payment) if each.status == "lost"]
    if not moments and not disputes:
        return False
    return any(_month(each) == _month(charge.at) for each in (earlier.at, *moments, *disputes))


def _month(moment: datetime) -> tuple[int, int]:
    at = moment.astimezone(UTC)
    return at.year, at.month
