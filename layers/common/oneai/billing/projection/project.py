"""The billing state of a user, from all facts and the time: a pure function, so that the order of arrival cannot
matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.billing.facts import Status
from oneai.billing.merge import SyncRequest
from oneai.billing.projection import payments
from oneai.billing.projection.effects import Mail, ProviderOperation, mails, operations
from oneai.billing.projection.entitlements import EntitlementTimeline, build_timeline
from oneai.billing.projection.history import HistoryEntry, history
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.quota_period import QuotaPeriod, build_quota_period
from oneai.billing.projection.replacement import resolve_replacements
from oneai.billing.projection.summary import SubscriptionSummary, awaits_instrument, quarantined_refs, summarize
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class BillingState:
    """The billing state of a user. `invoiceable`: payments for which an invoice is due.

    `subscription_id` is the one that gives the tier, else the newest that was ever paid or authorized.
    """

    tier: str
    status: Status
    subscription_id: UUID | None
    quota_period: QuotaPeriod
    summaries: Mapping[UUID, SubscriptionSummary]
    lifecycles: Mapping[UUID, SubscriptionLifecycle]
    history: tuple[HistoryEntry, ...]
    operations: tuple[ProviderOperation, ...]
    mails: tuple[Mail, ...]
    quarantined: frozenset[str]
    invoiceable: tuple[payments.PaidPeriod, ...]
    sync_requests: frozenset[SyncRequest]


def project(record: BillingRecord, now: datetime, policy: BillingPolicy) -> BillingState:
    """The billing state at the moment `now`."""
    lifecycles = resolve_replacements(record)
    timeline = build_timeline(record, lifecycles, policy)
    summaries = {ours: summarize(record, lifecycle, timeline, now) for ours, lifecycle in lifecycles.items()}
    current = _current(lifecycles, timeline, now)
    return BillingState(
        tier=timeline.at(now),
        status=_user_status(summaries[current].status) if current is not None else "active",
        subscription_id=current,
        quota_period=build_quota_period(record, lifecycles, timeline, now),
        summaries=summaries,
        lifecycles=lifecycles,
        history=tuple(history(record, lifecycles, timeline, now)),
        operations=tuple(operations(record, lifecycles, now, policy)),
        mails=tuple(mails(record, lifecycles, timeline, now)),
        quarantined=frozenset().union(*(quarantined_refs(record, lifecycle) for lifecycle in lifecycles.values())),
        invoiceable=tuple(
            charge for lifecycle in lifecycles.values() for charge in (*lifecycle.accepted, *lifecycle.unexpected)
        ),
        sync_requests=frozenset(_sync_requests(lifecycles, timeline, now)),
    )


def _user_status(status: Status) -> Status:
    """A user's status: a subscription that is not paid yet changes nothing."""
    return "active" if status == "none" else status


def _current(
    lifecycles: Mapping[UUID, SubscriptionLifecycle], timeline: EntitlementTimeline, now: datetime
) -> UUID | None:
    """The subscription that gives the tier, else the newest that was ever paid or authorized."""
    active = [each.subscription_id for each in timeline.active_at(now) if each.subscription_id is not None]
    if active:
        return active[0]
    candidates = [
        (lifecycle.began_at or lifecycle.subscription.snapshot_history.authorized_at, str(ours), ours)
        for ours, lifecycle in lifecycles.items()
        if (lifecycle.accepted or lifecycle.subscription.snapshot_history.authorized_at)
        and lifecycle.no_trial != "checkout_cancelled"
    ]
    return max(candidates)[2] if candidates else None


def _sync_requests(
    lifecycles: Mapping[UUID, SubscriptionLifecycle], timeline: EntitlementTimeline, now: datetime
) -> set[SyncRequest]:
    """Subscriptions of which a payment must be missing, or whose mandate's instrument is unknown: to be fetched from
    the provider."""
    requests = set()
    for lifecycle in lifecycles.values():
        if lifecycle.subscription.ref is not None and awaits_instrument(lifecycle, now):
            requests.add(SyncRequest(lifecycle.subscription.ref, with_payments=False, with_mandate=True))
        snapshot, ref = lifecycle.subscription.snapshot, lifecycle.subscription.ref
        if (
            ref is None
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
            requests.add(SyncRequest(ref, with_payments=True))
    return requests
