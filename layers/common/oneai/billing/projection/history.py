"""What became of somebody's plan, told from the facts; known by its cause, an entry is corrected by a late fact."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from oneai.billing.facts import ChangeReason
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline, trial_ends
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import FREE, order
from oneai.billing.record import FOREVER, BillingRecord

type Lifecycles = Mapping[UUID, SubscriptionLifecycle]


@dataclass(frozen=True)
class HistoryEntry:
    """One change, at the moment of its fact; tiers are the person's before and after."""

    cause: str
    reason: ChangeReason
    at: datetime
    subscription_id: UUID | None
    metadata: dict[str, Any] = field(default_factory=dict)
    old_tier: str = FREE
    new_tier: str = FREE


def history(
    known: BillingRecord, courses: Lifecycles, timeline: EntitlementTimeline, now: datetime
) -> list[HistoryEntry]:
    """Everything that happened up to `now`, in order. Where several things happened at once, the first of them changed
    the tier and the others kept it."""
    told: list[HistoryEntry] = []
    for course in courses.values():
        told += _trial(course)
        told += _charges(course, courses, timeline)
        for spell in timeline.spells[course.subscription.id]:
            told += _failures(course, spell)
        if (awaited := timeline.bridges.get(course.subscription.id)) is not None:
            told += _failures(course, awaited)
        if (tried := timeline.tries.get(course.subscription.id)) is not None:
            told += _first_failure(course, tried)
        told += _pauses(course)
        told += _end(course, courses, timeline)
    told += _money_back(known, courses)
    told += _grants(known)
    happened = [each for each in told if each.at <= now]
    happened.sort(key=lambda each: (each.at, _WEIGHT.index(each.reason), each.cause))
    return list(_with_tiers(happened, timeline))


# At one moment, what is said first.
_WEIGHT: tuple[ChangeReason, ...] = (
    "new_subscription",
    "upgrade",
    "downgrade",
    "recovery",
    "renewal",
    "resume",
    "refund",
    "cancellation",
    "pause",
    "payment_failure",
    "reconciliation",
    "system",
)


def _with_tiers(happened: list[HistoryEntry], timeline: EntitlementTimeline) -> Iterator[HistoryEntry]:
    last: datetime | None = None
    for entry in happened:
        after = timeline.at(entry.at)
        before = after if entry.at == last else timeline.before(entry.at)
        last = entry.at
        yield HistoryEntry(entry.cause, entry.reason, entry.at, entry.subscription_id, entry.metadata, before, after)


def _trial(course: SubscriptionLifecycle) -> Iterator[HistoryEntry]:
    """A trial began, and ended without a payment."""
    end = trial_ends(course)
    if course.trial is None or end is None:
        return
    ours = course.subscription.id
    yield HistoryEntry(f"trial:{ours}", "new_subscription", course.trial.started_at, ours, {"trial": True})
    if end < min(course.began_at or FOREVER, course.over_at):
        yield HistoryEntry(f"trial_over:{ours}", "payment_failure", end, ours, {"trial": True})


def _charges(
    course: SubscriptionLifecycle, courses: Lifecycles, timeline: EntitlementTimeline
) -> Iterator[HistoryEntry]:
    failed = {spell.paid_at: spell for spell in timeline.spells[course.subscription.id]}
    for at, charge in enumerate(course.kept):
        if at == 0:
            reason = _first(course, charge, courses, timeline)
        else:
            reason = _next(course, course.kept[at - 1], charge, failed.get(charge.at))
        metadata = {"payment_id": charge.payment.ref}
        yield HistoryEntry(
            f"payment:{charge.payment.ref}", reason, course.begins(charge), course.subscription.id, metadata
        )


def _first(
    course: SubscriptionLifecycle, charge: PaidPeriod, courses: Lifecycles, timeline: EntitlementTimeline
) -> ChangeReason:
    begins = course.begins(charge)
    before = timeline.before(begins)
    replaced = courses.get(course.subscription.replaces) if course.subscription.replaces is not None else None
    awaited = timeline.bridges.get(course.subscription.id)
    if replaced is not None and replaced.why == "replaced" and replaced.kept:
        return _compared(replaced.kept[-1].tier, charge.tier)
    if replaced is not None and awaited is not None and before != FREE:
        return _compared(awaited.tier if begins > awaited.end else replaced.kept[-1].tier, charge.tier)
    if course.trial is not None and before != FREE:
        return "renewal"
    if before == FREE or order(charge.tier) == order(before):
        return "new_subscription"
    after = timeline.at(begins)
    return "new_subscription" if after == before else _compared(before, after)


def _next(
    course: SubscriptionLifecycle, last: PaidPeriod, charge: PaidPeriod, spell: DunningPeriod | None
) -> ChangeReason:
    if spell is not None and spell.failed_at is not None:
        return "recovery"
    if spell is not None and spell.grace_end < spell.paid_at and not course.paused(spell.end):
        return "recovery"
    return _compared(last.tier, charge.tier)


def _compared(old: str, new: str) -> ChangeReason:
    if order(new) == order(old):
        return "renewal"
    return "upgrade" if order(new) > order(old) else "downgrade"


def _failures(course: SubscriptionLifecycle, spell: DunningPeriod) -> Iterator[HistoryEntry]:
    """The first attempt failed, and access ended for want of a payment."""
    yield from _first_failure(course, spell)
    ours, about = course.subscription.id, {"period_end": _iso(spell.end)}
    over = min(spell.paid_at, course.over_at)
    ends = spell.grace_end
    if spell.end < ends < over and not (spell.paused or spell.given_back) and not course.paused(ends):
        yield HistoryEntry(f"lapsed:{ours}:{_iso(spell.end)}", "payment_failure", ends, ours, {**about, "lapsed": True})
    if course.paused(spell.end) and spell.end < over and not any(each.start == spell.end for each in course.pauses):
        yield HistoryEntry(f"paused_out:{ours}:{_iso(spell.end)}", "pause", spell.end, ours, about)


def _first_failure(course: SubscriptionLifecycle, spell: DunningPeriod) -> Iterator[HistoryEntry]:
    if spell.failed_at is not None and spell.failed_at < min(spell.paid_at, course.over_at):
        ours, about = course.subscription.id, {"period_end": _iso(spell.end)}
        yield HistoryEntry(f"failed:{ours}:{_iso(spell.end)}", "payment_failure", spell.failed_at, ours, about)


def _pauses(course: SubscriptionLifecycle) -> Iterator[HistoryEntry]:
    ours = course.subscription.id
    for pause in course.pauses:
        if pause.start < course.over_at:
            yield HistoryEntry(f"paused:{ours}:{_iso(pause.start)}", "pause", pause.start, ours)
        if pause.end < course.over_at:
            yield HistoryEntry(f"resumed:{ours}:{_iso(pause.start)}", "resume", pause.end, ours)


def _end(course: SubscriptionLifecycle, courses: Lifecycles, timeline: EntitlementTimeline) -> Iterator[HistoryEntry]:
    """A subscription is over for whoever had it, and no other took its place; one that waits to may give less until
    it is paid."""
    ours = course.subscription.id
    unpaid = not course.kept and course.trial is None
    # One that was never paid gave a plan only while it was to be paid in place of another.
    if course.over_at == FOREVER or (unpaid and ours not in timeline.bridges):
        return
    if course.why == "duplicate":
        yield HistoryEntry(f"superseded:{ours}", "reconciliation", course.over_at, ours)
    if course.why in ("replaced", "duplicate"):
        return
    ends = course.over_at
    last = max(course.kept, key=lambda each: each.end, default=None)
    if course.cut_at is None and last is not None and last.taken_back_at is None:
        ends = max(ends, last.end)
    if course.cut_at is None and not course.kept:
        ends = max([ends, *(each.end for each in timeline.access if each.subscription_id == ours)])
    if unpaid and timeline.before(ends) == timeline.at(ends):
        return
    reason: ChangeReason = "cancellation"
    if _followed(course, ends, courses, timeline):
        before, after = timeline.before(ends), timeline.at(ends)
        if before == after or _begins_there(course, ends, courses):
            return
        reason = "cancellation" if after == FREE else _compared(before, after)
    yield HistoryEntry(f"ended:{ours}", reason, ends, ours)


def _followed(
    course: SubscriptionLifecycle, ends: datetime, courses: Lifecycles, timeline: EntitlementTimeline
) -> bool:
    """Whether another one takes its place there, and was meant to."""
    return any(
        each.subscription.replaces == course.subscription.id
        and (each.subscription.id in timeline.bridges or (each.begins_at is not None and each.begins_at <= ends))
        for each in courses.values()
    )


def _begins_there(course: SubscriptionLifecycle, ends: datetime, courses: Lifecycles) -> bool:
    """Whether the one that takes its place begins there, and its payment tells of the change."""
    return any(
        each.subscription.replaces == course.subscription.id and each.begins_at == ends for each in courses.values()
    )


def _money_back(known: BillingRecord, courses: Lifecycles) -> Iterator[HistoryEntry]:
    """Refunds, and payments that were lost to their payer's bank."""
    charges = {
        charge.payment.id: (course, charge) for course in courses.values() for charge in (*course.kept, *course.slipped)
    }
    for refund in known.refunds.values():
        if refund.payment_id in charges and refund.status != "failed":
            course, charge = charges[refund.payment_id]
            about = {"payment_id": charge.payment.ref, "amount": refund.amount, "currency": charge.payment.currency}
            yield HistoryEntry(f"refund:{refund.ref}", "refund", refund.at, course.subscription.id, about)
    for dispute in known.disputes.values():
        if dispute.payment_id in charges and dispute.status == "lost":
            course, charge = charges[dispute.payment_id]
            about = {"payment_id": charge.payment.ref, "dispute": True}
            yield HistoryEntry(f"dispute:{dispute.ref}", "refund", dispute.at, course.subscription.id, about)


def _grants(known: BillingRecord) -> Iterator[HistoryEntry]:
    """An operator gave a plan, and it ended."""
    for grant in known.grants:
        if grant.start < grant.end:
            yield HistoryEntry(f"grant:{grant.id}", "system", grant.start, None)
            yield HistoryEntry(f"grant_over:{grant.id}", "system", grant.end, None)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
