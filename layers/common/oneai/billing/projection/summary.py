"""The state of each subscription as people and operators see it, and when it is to be looked at again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from oneai.billing.facts import Status
from oneai.billing.projection import payments, trials
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline, later, trial_ends
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import CHARGE_TAKES, EARLY_DEBIT
from oneai.billing.record import FOREVER, BillingRecord, Subscription

# While it is asked with what a mandate was given.
OFTEN = timedelta(minutes=5)
# What still lives but has nothing due is asked about so often.
NOW_AND_THEN = timedelta(days=1)
# What went back of what was paid may be told by nobody: while something was paid for it is asked about so often.
NOW_AND_AGAIN = timedelta(days=7)
# So long after an end it is asked about again: a debit that had begun before may come in until then.
LATE_CHARGES = (CHARGE_TAKES, EARLY_DEBIT)


@dataclass(frozen=True)
class SubscriptionSummary:
    """What follows for one subscription."""

    status: Status
    period_start: datetime | None
    period_end: datetime | None
    cancelled_at: datetime | None
    trial_start: datetime | None
    next_sync_at: datetime | None


def state(
    known: BillingRecord, course: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime
) -> SubscriptionSummary:
    """The state of a subscription as of `now`."""
    status = _status(course, timeline, now)
    start, end = _period(course, now)
    cancelled_at = None
    if status == "cancelled":
        expired_at = course.subscription.expires_at
        cancelled_at = course.over_at if course.over_at != FOREVER else expired_at
    return SubscriptionSummary(
        status,
        start,
        end,
        cancelled_at,
        course.trial.started_at if course.trial is not None else None,
        _earlier(_next_look(course, timeline, now), _asked_after(known, course, now)),
    )


def awaits_instrument(course: SubscriptionLifecycle, now: datetime) -> bool:
    """Whether the provider is asked with what the mandate was given, for then there is a trial."""
    due = course.subscription.trial_end
    if course.no_trial != "unknown" or course.kept or due is None or min(due, course.over_at) <= now:
        return False
    return now < trials.asked_until(course.subscription, now)


def open_spell(course: SubscriptionLifecycle, timeline: EntitlementTimeline) -> DunningPeriod | None:
    """The spell that no charge has ended."""
    every = [*timeline.spells[course.subscription.id]]
    first = (timeline.bridges, timeline.tries)
    every += [each[course.subscription.id] for each in first if course.subscription.id in each]
    return next((each for each in every if each.paid_at == FOREVER), None)


def failing(course: SubscriptionLifecycle, spell: DunningPeriod | None) -> bool:
    """Whether the charge that is due is known to have failed."""
    if spell is None:
        return False
    snapshot = course.subscription.snapshot
    shown = snapshot is not None and snapshot.status in ("past_due", "unpaid")
    newer = shown and snapshot is not None and snapshot.at > course.kept[-1].at if course.kept else shown
    return spell.failed_at is not None or (newer and snapshot is not None and snapshot.at >= spell.end)


def _status(course: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> Status:
    if course.over_at <= now:
        return "cancelled"
    if course.paused(now):
        return "paused"
    spell = open_spell(course, timeline)
    if not course.kept:
        return _unpaid_yet(course, spell, now)
    if spell is None:
        return "active"
    if failing(course, spell):
        return _failed(course, spell, now)
    return "active" if spell.paused or now < max(spell.grace_end, spell.end) else "unpaid"


def _failed(course: SubscriptionLifecycle, spell: DunningPeriod, now: datetime) -> Status:
    """The status of one whose charge failed."""
    snapshot = course.subscription.snapshot
    given_up = spell.halted_at is not None or (snapshot is not None and snapshot.status == "unpaid")
    return "unpaid" if given_up or now >= spell.grace_end else "past_due"


def _unpaid_yet(course: SubscriptionLifecycle, awaited: DunningPeriod | None, now: datetime) -> Status:
    """The status of one that was never charged, though it may be tried, or what it replaces may go on for a while."""
    subscription, snapshot = course.subscription, course.subscription.snapshot
    said = snapshot.status if snapshot is not None else "none"
    if said in ("none", "cancelled") and subscription.seen.authorized_at is None:
        expired = subscription.expires_at is not None and subscription.expires_at <= now
        return "cancelled" if expired else "none"
    if awaited is not None and failing(course, awaited):
        return _failed(course, awaited, now)
    if said in ("past_due", "unpaid"):
        return said
    if subscription.seen.authorized_at is not None:
        bridged = awaited is not None and subscription.trial_end is None
        due = awaited.grace_end if awaited is not None and bridged else _charged_by(subscription)
        if due is None or now < due:
            return "trial"
        if said in ("none", "trial"):
            return "past_due" if awaited is None or now < awaited.grace_end else "unpaid"
    # Nothing was paid that counts, whatever is said of it.
    return "unpaid"


def _charged_by(subscription: Subscription) -> datetime | None:
    """When the first charge should have come, of one that begins later."""
    due = subscription.trial_end or subscription.start_at
    return None if due is None else later(due, CHARGE_TAKES)


def _period(course: SubscriptionLifecycle, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The newest period that was paid for and has begun; of a trial, the trial, and without one when the first charge
    is due."""
    begun = [each for each in course.kept if each.start <= now] or list(course.kept[:1])
    if begun:
        newest = max(begun, key=lambda each: each.end)
        return newest.start, newest.end
    if course.trial is not None:
        return course.trial.started_at, course.subscription.trial_end
    return None, course.subscription.trial_end if course.no_trial in ("unknown", "used") else None


def _next_look(course: SubscriptionLifecycle, timeline: EntitlementTimeline, now: datetime) -> datetime | None:
    """When time alone changes what follows, or the provider should have spoken by."""
    subscription = course.subscription
    moments = [
        each
        for each in (course.paid_until, trial_ends(course), subscription.trial_end, subscription.start_at)
        if each is not None
    ]
    moments += [later(each, CHARGE_TAKES) for each in moments]
    moments += [each.grace_end for each in timeline.spells[subscription.id]]
    for awaited in (timeline.bridges, timeline.tries):
        if subscription.id in awaited:
            moments.append(awaited[subscription.id].grace_end)
    spell = open_spell(course, timeline)
    if spell is not None and spell.end <= now:
        # Attempts come once a day, and so may the last of them.
        moments.append(now + NOW_AND_THEN)
    if course.over_at != FOREVER:
        settled = subscription.ended or subscription.ref is None
        return _soonest(_after_the_end(course, timeline), now, None if settled else NOW_AND_THEN)
    if not course.kept and subscription.seen.authorized_at is None:
        opened = subscription.expires_at
        moments += [opened, later(opened, CHARGE_TAKES)] if opened is not None else []
        settled = opened is not None and now > later(opened, CHARGE_TAKES)
        return _soonest(moments, now, None if settled else NOW_AND_THEN)
    return _soonest(moments, now, NOW_AND_THEN)


def _asked_after(known: BillingRecord, course: SubscriptionLifecycle, now: datetime) -> datetime | None:
    """When to ask what became of money that is on its way back, and whether any went; and what a mandate was given
    for, until it is too late for that."""
    moments = [
        _next_of(each.at, NOW_AND_THEN, now)
        for payment in payments.payments(known, course.subscription)
        for each in payments.refunds(known, payment)
        if each.status == "pending"
    ]
    if course.paid_until is not None and now < min(course.paid_until, course.cut_at or FOREVER):
        moments.append(_next_of(course.subscription.created_at, NOW_AND_AGAIN, now))
    if awaits_instrument(course, now):
        moments.append(_next_of(course.subscription.mandate_noted_at or now, OFTEN, now))
    return min(moments, default=None)


def _earlier(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


def _next_of(since: datetime, every: timedelta, now: datetime) -> datetime:
    return since + every * ((now - since) // every + 1)


def _after_the_end(course: SubscriptionLifecycle, timeline: EntitlementTimeline) -> list[datetime]:
    """When what was paid for or is tried runs out; and when to ask whether something was charged all the same, and
    nobody said so."""
    ours = course.subscription.id
    left = [each.end for each in timeline.access if each.subscription_id == ours]
    ends = [each for each in (course.cut_at, course.last_day, course.subscription.ended_at) if each is not None]
    asked = [later(max(ends), by) for by in LATE_CHARGES] if course.subscription.ref is not None else []
    return [course.over_at, *left, *asked]


def _soonest(moments: list[datetime], now: datetime, otherwise: timedelta | None) -> datetime | None:
    ahead = min((each for each in moments if now < each < FOREVER), default=None)
    if otherwise is None:
        return ahead
    return ahead or now + otherwise


def quarantined(known: BillingRecord, course: SubscriptionLifecycle) -> set[str]:
    """Payments of a subscription that are not explained by what was sold, by the provider's refs."""
    return {
        each.ref
        for each in payments.payments(known, course.subscription)
        if payments.in_quarantine(known, course.subscription, each)
    }
