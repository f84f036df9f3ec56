"""The status of each subscription as users and operators see it, and when its next sync is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from oneai.billing.facts import Status
from oneai.billing.projection import payments, trials
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline, later, trial_ends
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import CHARGE_DELAY, EARLY_DEBIT
from oneai.billing.record import FOREVER, BillingRecord, Subscription

# While a mandate's instrument is awaited.
SYNC_OFTEN = timedelta(minutes=5)
# While it is active at the provider and nothing is due.
SYNC_DAILY = timedelta(days=1)
# Refunds may be reported by no event: while a paid period is running.
SYNC_WEEKLY = timedelta(days=7)
# So long after an end it is synced again: a debit that had begun before may arrive until then.
LATE_CHARGES = (CHARGE_DELAY, EARLY_DEBIT)


@dataclass(frozen=True)
class SubscriptionSummary:
    """The status of one subscription, and its next sync."""

    status: Status
    period_start: datetime | None
    period_end: datetime | None
    cancelled_at: datetime | None
    trial_start: datetime | None
    next_sync_at: datetime | None


def summarize(
    record: BillingRecord, lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime
) -> SubscriptionSummary:
    """The summary of a subscription as of `now`."""
    status = _status(lifecycle, timeline, now)
    start, end = _period(lifecycle, now)
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
        _earlier(_next_sync(lifecycle, timeline, now), _next_follow_up_sync(record, lifecycle, now)),
    )


def awaits_instrument(lifecycle: SubscriptionLifecycle, now: datetime) -> bool:
    """Whether the mandate's instrument is still awaited from the provider, which would begin the trial."""
    due = lifecycle.subscription.trial_end
    if lifecycle.no_trial != "unknown" or lifecycle.accepted or due is None or min(due, lifecycle.ended_at) <= now:
        return False
    return now < trials.instrument_deadline(lifecycle.subscription, now)


def open_dunning(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline) -> DunningPeriod | None:
    """The dunning period that no charge has ended."""
    every = [*timeline.dunning[lifecycle.subscription.id]]
    first = (timeline.replacement_dunning, timeline.trial_dunning)
    every += [each[lifecycle.subscription.id] for each in first if lifecycle.subscription.id in each]
    return next((each for each in every if each.paid_at == FOREVER), None)


def is_past_due(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod | None) -> bool:
    """Whether the charge that is due is known to have failed."""
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
    dunning = open_dunning(lifecycle, timeline)
    if not lifecycle.accepted:
        return _unpaid_status(lifecycle, dunning, now)
    if dunning is None:
        return "active"
    if is_past_due(lifecycle, dunning):
        return _past_due_status(lifecycle, dunning, now)
    return "active" if dunning.paused or now < max(dunning.grace_end, dunning.end) else "unpaid"


def _past_due_status(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod, now: datetime) -> Status:
    """The status of one whose charge failed."""
    snapshot = lifecycle.subscription.snapshot
    halted = dunning.halted_at is not None or (snapshot is not None and snapshot.status == "unpaid")
    return "unpaid" if halted or now >= dunning.grace_end else "past_due"


def _unpaid_status(lifecycle: SubscriptionLifecycle, awaited_dunning: DunningPeriod | None, now: datetime) -> Status:
    """The status of one that was never charged: it may have a trial, or be awaited as a replacement."""
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
    # No payment counts, even if the provider's status says so.
    return "unpaid"


def _first_charge_by(subscription: Subscription) -> datetime | None:
    """When the first charge should have come, for one that begins later."""
    due = subscription.trial_end or subscription.start_at
    return None if due is None else later(due, CHARGE_DELAY)


def _period(lifecycle: SubscriptionLifecycle, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The newest paid period that has begun; else the trial; else, for a trial that was refused, when the first charge
    is due."""
    started = [each for each in lifecycle.accepted if each.start <= now] or list(lifecycle.accepted[:1])
    if started:
        newest = max(started, key=lambda each: each.end)
        return newest.start, newest.end
    if lifecycle.trial is not None:
        return lifecycle.trial.started_at, lifecycle.subscription.trial_end
    return None, lifecycle.subscription.trial_end if lifecycle.no_trial in ("unknown", "used") else None


def _next_sync(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> datetime | None:
    """When time alone changes the summary, or an event of the provider should have come."""
    subscription = lifecycle.subscription
    moments = [
        each
        for each in (lifecycle.paid_until, trial_ends(lifecycle), subscription.trial_end, subscription.start_at)
        if each is not None
    ]
    moments += [later(each, CHARGE_DELAY) for each in moments]
    moments += [each.grace_end for each in timeline.dunning[subscription.id]]
    for awaited_dunning in (timeline.replacement_dunning, timeline.trial_dunning):
        if subscription.id in awaited_dunning:
            moments.append(awaited_dunning[subscription.id].grace_end)
    dunning = open_dunning(lifecycle, timeline)
    if dunning is not None and dunning.end <= now:
        # The provider attempts a charge once a day.
        moments.append(now + SYNC_DAILY)
    if lifecycle.ended_at != FOREVER:
        over = subscription.ended or subscription.ref is None
        return _soonest(_sync_after_end(lifecycle, timeline), now, None if over else SYNC_DAILY)
    if not lifecycle.accepted and subscription.snapshot_history.authorized_at is None:
        checkout_expires_at = subscription.expires_at
        moments += (
            [checkout_expires_at, later(checkout_expires_at, CHARGE_DELAY)] if checkout_expires_at is not None else []
        )
        over = checkout_expires_at is not None and now > later(checkout_expires_at, CHARGE_DELAY)
        return _soonest(moments, now, None if over else SYNC_DAILY)
    return _soonest(moments, now, SYNC_DAILY)


def _next_follow_up_sync(record: BillingRecord, lifecycle: SubscriptionLifecycle, now: datetime) -> datetime | None:
    """When to sync pending refunds, refunds that no event reported, and an awaited instrument."""
    moments = [
        _next_multiple(each.at, SYNC_DAILY, now)
        for payment in payments.payments(record, lifecycle.subscription)
        for each in payments.refunds(record, payment)
        if each.status == "pending"
    ]
    if lifecycle.paid_until is not None and now < min(lifecycle.paid_until, lifecycle.ended_early_at or FOREVER):
        moments.append(_next_multiple(lifecycle.subscription.created_at, SYNC_WEEKLY, now))
    if awaits_instrument(lifecycle, now):
        moments.append(_next_multiple(lifecycle.subscription.mandate_noted_at or now, SYNC_OFTEN, now))
    return min(moments, default=None)


def _earlier(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _next_multiple(since: datetime, every: timedelta, now: datetime) -> datetime:
    return since + every * ((now - since) // every + 1)


def _sync_after_end(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline) -> list[datetime]:
    """When remaining access ends; and when to check for charges after the end that no event reported."""
    ours = lifecycle.subscription.id
    access_ends = [each.end for each in timeline.entitlements if each.subscription_id == ours]
    ends = [
        each
        for each in (lifecycle.ended_early_at, lifecycle.cancel_at, lifecycle.subscription.ended_at)
        if each is not None
    ]
    sync_at = [later(max(ends), by) for by in LATE_CHARGES] if lifecycle.subscription.ref is not None else []
    return [lifecycle.ended_at, *access_ends, *sync_at]


def _soonest(moments: list[datetime], now: datetime, otherwise: timedelta | None) -> datetime | None:
    ahead = min((each for each in moments if now < each < FOREVER), default=None)
    if otherwise is None:
        return ahead
    return ahead or now + otherwise


def quarantined_refs(record: BillingRecord, lifecycle: SubscriptionLifecycle) -> set[str]:
    """The refs of a subscription's payments that are in quarantine."""
    return {
        each.ref
        for each in payments.payments(record, lifecycle.subscription)
        if payments.in_quarantine(record, lifecycle.subscription, each)
    }
