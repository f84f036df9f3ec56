"""When to sync a subscription with the provider, and which ones to fetch immediately."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from oneai.billing.facts import SyncRequest
from oneai.billing.projection import payments, prepaid, trials
from oneai.billing.projection.entitlements import EntitlementTimeline, later, trial_ends
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.orders import SYNCED_AFTER_EXPIRY
from oneai.billing.projection.policy import CHARGE_DELAY
from oneai.billing.record import FOREVER, BillingRecord

# While a mandate's instrument is awaited.
SYNC_OFTEN = timedelta(minutes=5)
# While it is active at the provider and nothing is due.
SYNC_DAILY = timedelta(days=1)
# While a paid period is running, because refunds may come without an event.
SYNC_WEEKLY = timedelta(days=7)
# A page that a payer may pay for hours is synced this long after it was opened.
SYNCED_AFTER_OPENING = tuple(timedelta(minutes=each) for each in (5, 15, 30, 60, 180, 360, 720, 1440))


def next_sync_at(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> datetime | None:
    """When the next sync is due; None if no changes are expected."""
    if prepaid.is_prepaid(lifecycle.subscription):
        due = [*_prepaid_syncs(lifecycle), _next_follow_up_sync(timeline.record, lifecycle, now)]
        return min((each for each in due if each is not None and now < each < FOREVER), default=None)
    moments = (_next_sync(lifecycle, timeline, now), _next_follow_up_sync(timeline.record, lifecycle, now))
    return min((each for each in moments if each is not None), default=None)


def _prepaid_syncs(lifecycle: SubscriptionLifecycle) -> Iterator[datetime]:
    """When the periods and windows of a prepaid subscription begin and end, and when to look for a payment of an open
    page that no notification reported."""
    for charge in lifecycle.accepted:
        yield from (lifecycle.begins(charge), prepaid.ends(charge), prepaid.reminded_at(charge))
        yield from (window.end for window in prepaid.windows(charge))
    if lifecycle.ended_early_at is not None:
        yield lifecycle.ended_early_at
    snapshot = lifecycle.subscription.snapshot
    opened_at = lifecycle.subscription.created_at if snapshot is None else snapshot.at
    yield from (opened_at + each for each in SYNCED_AFTER_OPENING)
    if lifecycle.subscription.expires_at is not None:
        yield from (lifecycle.subscription.expires_at + each for each in SYNCED_AFTER_EXPIRY)


def awaits_instrument(lifecycle: SubscriptionLifecycle, now: datetime) -> bool:
    """Whether the provider may still report the mandate's instrument, which would start the trial."""
    due = lifecycle.subscription.trial_end
    if lifecycle.no_trial != "unknown" or lifecycle.accepted or due is None or min(due, lifecycle.ended_at) <= now:
        return False
    return now < trials.instrument_deadline(lifecycle.subscription, now)


def _next_sync(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> datetime | None:
    """When time alone changes the summary, or an event of the provider is overdue."""
    subscription = lifecycle.subscription
    moments = [
        each
        for each in (lifecycle.paid_until, trial_ends(lifecycle), subscription.trial_end, subscription.start_at)
        if each is not None
    ]
    moments += [later(each, CHARGE_DELAY) for each in moments]
    moments += [each.grace_end for each in timeline.dunning.of(subscription.id)]
    dunning = timeline.dunning.open(lifecycle.subscription.id)
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
    """When to sync because of pending refunds, refunds without an event, or an awaited instrument."""
    moments = [
        _next_multiple(each.at, SYNC_DAILY, now)
        for payment in payments.payments(record, lifecycle.subscription)
        for each in payments.refunds(record, payment)
        if each.status == "pending"
    ]
    if lifecycle.paid_until is not None and now < min(lifecycle.paid_until, lifecycle.ended_early_at or FOREVER):
        # A prepaid period is one or two requests; a subscription with a mandate is several for each invoice.
        every = SYNC_DAILY if prepaid.is_prepaid(lifecycle.subscription) else SYNC_WEEKLY
        moments.append(_next_multiple(lifecycle.subscription.created_at, every, now))
    if awaits_instrument(lifecycle, now):
        moments.append(_next_multiple(lifecycle.subscription.mandate_noted_at or now, SYNC_OFTEN, now))
    return min(moments, default=None)


def _next_multiple(since: datetime, every: timedelta, now: datetime) -> datetime:
    return since + every * ((now - since) // every + 1)


def _sync_after_end(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline) -> list[datetime]:
    """When remaining access ends, and when to check for charges after the end that no event reported."""
    ours = lifecycle.subscription.id
    access_ends = [each.end for each in timeline.entitlements if each.subscription_id == ours]
    ends = [
        each
        for each in (lifecycle.ended_early_at, lifecycle.cancel_at, lifecycle.subscription.ended_at)
        if each is not None
    ]
    # A debit that had started before the end may arrive until then.
    late_charges = (CHARGE_DELAY, lifecycle.subscription.law.debited_early)
    sync_at = [later(max(ends), by) for by in late_charges] if lifecycle.subscription.ref is not None else []
    return [lifecycle.ended_at, *access_ends, *sync_at]


def _soonest(moments: list[datetime], now: datetime, otherwise: timedelta | None) -> datetime | None:
    ahead = min((each for each in moments if now < each < FOREVER), default=None)
    if otherwise is None:
        return ahead
    return ahead or now + otherwise


def sync_requests(timeline: EntitlementTimeline, now: datetime) -> Iterator[SyncRequest]:
    """Subscriptions with a missing payment or an unknown instrument of their mandate, to be fetched from the
    provider."""
    for lifecycle in timeline.lifecycles.all():
        snapshot, key = lifecycle.subscription.snapshot, lifecycle.subscription.key
        if key is not None and awaits_instrument(lifecycle, now):
            yield SyncRequest(*key, with_payments=False, with_mandate=True)
        if (
            key is None
            or snapshot is None
            or snapshot.status != "active"
            or snapshot.fetched
            or not snapshot.paid_count
        ):
            continue
        running = snapshot.period_start is not None and snapshot.period_end is not None
        running = running and snapshot.period_start <= now < snapshot.period_end  # type: ignore[operator]
        paid = any(each.subscription_id == lifecycle.subscription.id for each in timeline.active_at(now))
        if running and not paid and lifecycle.ended_at > now:
            yield SyncRequest(*key, with_payments=True)
