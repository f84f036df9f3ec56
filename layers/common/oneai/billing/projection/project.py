"""What follows from all facts of a person and the time: a pure function, so that the order of arrival cannot matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.billing.facts import Status
from oneai.billing.merge import SyncRequest
from oneai.billing.projection import payments
from oneai.billing.projection.effects import Mail, ProviderOperation, calls, mails
from oneai.billing.projection.entitlements import EntitlementTimeline, timeline
from oneai.billing.projection.history import HistoryEntry, history
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.quota_period import QuotaPeriod, share
from oneai.billing.projection.replacement import courses
from oneai.billing.projection.summary import SubscriptionSummary, awaits_instrument, quarantined, state
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class BillingState:
    """Where a person stands. `slipped`: payments that came after an end; `documented`: payments an invoice is due for.

    `subscription_id` is the one that gives their tier, else the newest that ever was paid or authorized.
    """

    tier: str
    status: Status
    subscription_id: UUID | None
    share: QuotaPeriod
    states: Mapping[UUID, SubscriptionSummary]
    courses: Mapping[UUID, SubscriptionLifecycle]
    history: tuple[HistoryEntry, ...]
    calls: tuple[ProviderOperation, ...]
    mails: tuple[Mail, ...]
    quarantined: frozenset[str]
    documented: tuple[payments.PaidPeriod, ...]
    doubts: frozenset[SyncRequest]


def standing(known: BillingRecord, now: datetime, rules: BillingPolicy) -> BillingState:
    """The standing of a person at the moment `now`."""
    ways = courses(known)
    line = timeline(known, ways, rules)
    states = {ours: state(known, course, line, now) for ours, course in ways.items()}
    current = _current(ways, line, now)
    return BillingState(
        tier=line.at(now),
        status=_spoken(states[current].status) if current is not None else "active",
        subscription_id=current,
        share=share(known, ways, line, now),
        states=states,
        courses=ways,
        history=tuple(history(known, ways, line, now)),
        calls=tuple(calls(known, ways, now, rules)),
        mails=tuple(mails(known, ways, line, now)),
        quarantined=frozenset().union(*(quarantined(known, course) for course in ways.values())),
        documented=tuple(charge for course in ways.values() for charge in (*course.kept, *course.slipped)),
        doubts=frozenset(_doubts(ways, line, now)),
    )


def _spoken(status: Status) -> Status:
    """A person's status: that a subscription is not theirs yet changes nothing for them."""
    return "active" if status == "none" else status


def _current(ways: Mapping[UUID, SubscriptionLifecycle], line: EntitlementTimeline, now: datetime) -> UUID | None:
    """The subscription that gives the tier, else the newest that ever was paid or authorized."""
    giving = [each.subscription_id for each in line.giving(now) if each.subscription_id is not None]
    if giving:
        return giving[0]
    counting = [
        (course.began_at or course.subscription.seen.authorized_at, str(ours), ours)
        for ours, course in ways.items()
        if (course.kept or course.subscription.seen.authorized_at) and course.no_trial != "withdrawn"
    ]
    return max(counting)[2] if counting else None


def _doubts(ways: Mapping[UUID, SubscriptionLifecycle], line: EntitlementTimeline, now: datetime) -> set[SyncRequest]:
    """Subscriptions whose money cannot be all that is known, or of whose mandate it is not known what it was given for:
    the provider is asked about it."""
    found = set()
    for course in ways.values():
        if course.subscription.ref is not None and awaits_instrument(course, now):
            found.add(SyncRequest(course.subscription.ref, deep=False, mandate=True))
        snapshot, ref = course.subscription.snapshot, course.subscription.ref
        if ref is None or snapshot is None or snapshot.status != "active" or snapshot.asked or not snapshot.paid_count:
            continue
        running = snapshot.period_start is not None and snapshot.period_end is not None
        running = running and snapshot.period_start <= now < snapshot.period_end  # type: ignore[operator]
        paid = any(each.subscription_id == course.subscription.id for each in line.giving(now))
        if running and not paid and course.over_at > now:
            found.add(SyncRequest(ref, deep=True))
    return found
