"""The status of a user and of each subscription, as users and operators see it, and when its next sync is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.billing.facts import Status
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline, later
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import CHARGE_DELAY
from oneai.billing.projection.pool import Pool, pool
from oneai.billing.projection.quota_period import QuotaPeriod, build_quota_period
from oneai.billing.projection.sync_schedule import next_sync_at
from oneai.billing.record import FOREVER, Subscription


@dataclass(frozen=True)
class SubscriptionSummary:
    """The status of one subscription, and its next sync. `grace_ends_at`: if it is `past_due`, when access ends without
    a payment."""

    status: Status
    period_start: datetime | None
    period_end: datetime | None
    cancelled_at: datetime | None
    trial_start: datetime | None
    grace_ends_at: datetime | None
    next_sync_at: datetime | None


@dataclass(frozen=True)
class BillingStatus:
    """The status of a user at the moment `now`, and of each subscription.

    `subscription_id` is the one that gives the tier, else the newest that was ever paid or authorized.
    """

    timeline: EntitlementTimeline
    now: datetime
    tier: str
    status: Status
    subscription_id: UUID | None
    quota_period: QuotaPeriod
    summaries: Mapping[UUID, SubscriptionSummary]
    pool: Pool


def derive_status(timeline: EntitlementTimeline, now: datetime) -> BillingStatus:
    """The status at the moment `now`."""
    summaries = {each.subscription.id: _summarize(each, timeline, now) for each in timeline.lifecycles.all()}
    current = _current(timeline, now)
    status = "none" if current is None else summaries[current].status
    return BillingStatus(
        timeline,
        now,
        tier=timeline.at(now),
        # A subscription that is not paid yet changes nothing for the user.
        status="active" if status == "none" else status,
        subscription_id=current,
        quota_period=build_quota_period(timeline, now),
        summaries=summaries,
        pool=pool(timeline, now),
    )


def _current(timeline: EntitlementTimeline, now: datetime) -> UUID | None:
    """The subscription that gives the tier, else the newest that was ever paid or authorized."""
    active = [each.subscription_id for each in timeline.active_at(now) if each.subscription_id is not None]
    if active:
        return active[0]
    candidates = [
        (lifecycle.began_at or lifecycle.subscription.snapshot_history.authorized_at, str(ours), ours)
        for ours, lifecycle in timeline.lifecycles.by_id.items()
        if (lifecycle.accepted or lifecycle.subscription.snapshot_history.authorized_at)
        and lifecycle.no_trial != "checkout_cancelled"
    ]
    return max(candidates)[2] if candidates else None


def _summarize(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> SubscriptionSummary:
    status = _status(lifecycle, timeline, now)
    start, end = _period(lifecycle, now)
    dunning = timeline.dunning.open(lifecycle.subscription.id) if status == "past_due" else None
    cancelled_at = None
    if status == "cancelled":
        expired_at = lifecycle.subscription.expires_at
        cancelled_at = lifecycle.ended_at if lifecycle.ended_at != FOREVER else expired_at
    return SubscriptionSummary(
        status,
        start,
        end,
        cancelled_at,
        lifecycle.trial.started_at if lifecycle.trial is not None else None,
        dunning.grace_end if dunning is not None else None,
        next_sync_at(lifecycle, timeline, now),
    )


def is_past_due(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod | None) -> bool:
    """Whether the due charge is known to have failed."""
    if dunning is None:
        return False
    snapshot = lifecycle.subscription.snapshot
    provider_says_so = snapshot is not None and snapshot.status in ("past_due", "unpaid")
    newer = (
        provider_says_so and snapshot is not None and snapshot.at > lifecycle.accepted[-1].at
        if lifecycle.accepted
        else provider_says_so
    )
    return dunning.failed_at is not None or (newer and snapshot is not None and snapshot.at >= dunning.end)


def _status(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> Status:
    if lifecycle.ended_at <= now:
        return "cancelled"
    if lifecycle.paused(now):
        return "paused"
    dunning = timeline.dunning.open(lifecycle.subscription.id)
    if not lifecycle.accepted:
        return _unpaid_status(lifecycle, dunning, now)
    if dunning is None:
        return "active"
    if is_past_due(lifecycle, dunning):
        return _past_due_status(lifecycle, dunning, now)
    if _awaits_confirmation(lifecycle, dunning, now):
        return "past_due"
    return "active" if dunning.paused or now < max(dunning.grace_end, dunning.end) else "unpaid"


def _awaits_confirmation(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod, now: datetime) -> bool:
    """Whether a renewal is due that the payer has to confirm at their bank: it waits, and no attempt fails."""
    last = lifecycle.own[-1].payment
    due = not dunning.paused and later(dunning.end, CHARGE_DELAY) <= now < dunning.grace_end
    return due and lifecycle.subscription.law.is_confirmed_each_time(last.amount, last.currency)


def _past_due_status(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod, now: datetime) -> Status:
    """The status of a subscription whose charge failed."""
    snapshot = lifecycle.subscription.snapshot
    halted = dunning.halted_at is not None or (snapshot is not None and snapshot.status == "unpaid")
    return "unpaid" if halted or now >= dunning.grace_end else "past_due"


def _unpaid_status(lifecycle: SubscriptionLifecycle, awaited_dunning: DunningPeriod | None, now: datetime) -> Status:
    """The status of a subscription that was never charged: it may have a trial, or be awaited as a replacement."""
    subscription, snapshot = lifecycle.subscription, lifecycle.subscription.snapshot
    provider_status = snapshot.status if snapshot is not None else "none"
    if provider_status in ("none", "cancelled") and subscription.snapshot_history.authorized_at is None:
        expired = subscription.expires_at is not None and subscription.expires_at <= now
        return "cancelled" if expired else "none"
    if awaited_dunning is not None and is_past_due(lifecycle, awaited_dunning):
        return _past_due_status(lifecycle, awaited_dunning, now)
    if provider_status in ("past_due", "unpaid"):
        return provider_status
    if subscription.snapshot_history.authorized_at is not None:
        awaits_replacement = awaited_dunning is not None and subscription.trial_end is None
        due = (
            awaited_dunning.grace_end
            if awaited_dunning is not None and awaits_replacement
            else _first_charge_by(subscription)
        )
        if due is None or now < due:
            return "trial"
        if provider_status in ("none", "trial"):
            return "past_due" if awaited_dunning is None or now < awaited_dunning.grace_end else "unpaid"
    # Without an accepted payment, the provider's status does not matter.
    return "unpaid"


def _first_charge_by(subscription: Subscription) -> datetime | None:
    """When the first charge of a scheduled subscription should have come."""
    due = subscription.trial_end or subscription.start_at
    return None if due is None else later(due, CHARGE_DELAY)


def _period(lifecycle: SubscriptionLifecycle, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The newest paid period that has started; else the trial; else, for a refused trial, the time of the first
    charge."""
    started = [each for each in lifecycle.accepted if each.start <= now] or list(lifecycle.accepted[:1])
    if started:
        newest = max(started, key=lambda each: each.end)
        return newest.start, newest.end
    if lifecycle.trial is not None:
        return lifecycle.trial.started_at, lifecycle.subscription.trial_end
    return None, lifecycle.subscription.trial_end if lifecycle.no_trial in ("unknown", "used") else None
