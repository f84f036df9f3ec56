"""The history of a user's plan, derived from facts; a late fact corrects the entry with the same cause."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from oneai.billing.facts import ChangeReason, our_id
from oneai.billing.projection import offers
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline, trial_ends
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import tier_rank
from oneai.billing.record import FOREVER, BillingRecord
from oneai.plans.limits_and_prices import PLANS


@dataclass(frozen=True)
class HistoryEntry:
    """One change, at the moment of its fact, with the user's tiers before and after."""

    cause: str
    reason: ChangeReason
    at: datetime
    subscription_id: UUID | None
    metadata: dict[str, Any] = field(default_factory=dict)
    old_tier: str = ""
    new_tier: str = ""


def history(timeline: EntitlementTimeline, now: datetime) -> Iterator[HistoryEntry]:
    """All changes up to `now`, in order. Of several entries at one moment, the first changes the tier and the others
    keep it."""
    entries: list[HistoryEntry] = []
    dunning = timeline.dunning
    for ours, lifecycle in timeline.lifecycles.by_id.items():
        entries += _trial(lifecycle)
        entries += _charges(lifecycle, timeline)
        for renewal in dunning.renewals[ours]:
            entries += _failures(lifecycle, renewal)
        if (before_replacement := dunning.before_replacement.get(ours)) is not None:
            entries += _failures(lifecycle, before_replacement)
        if (after_trial := dunning.after_trial.get(ours)) is not None:
            entries += _first_failure(lifecycle, after_trial)
        entries += _pauses(lifecycle)
        entries += _end(lifecycle, timeline)
    entries += _refunds_and_disputes(timeline.lifecycles)
    entries += _grants(timeline.record)
    entries += _offers(timeline)
    happened = [each for each in entries if each.at <= now]
    happened.sort(key=lambda each: (each.at, _ORDER.index(each.reason), each.cause))
    return _add_tiers(happened, timeline)


# The order of entries at one moment.
_ORDER: tuple[ChangeReason, ...] = (
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


def _add_tiers(happened: list[HistoryEntry], timeline: EntitlementTimeline) -> Iterator[HistoryEntry]:
    last: datetime | None = None
    for entry in happened:
        after = timeline.at(entry.at)
        before = after if entry.at == last else timeline.before(entry.at)
        last = entry.at
        yield HistoryEntry(entry.cause, entry.reason, entry.at, entry.subscription_id, entry.metadata, before, after)


def _trial(lifecycle: SubscriptionLifecycle) -> Iterator[HistoryEntry]:
    """The start of a trial, and its end without a payment."""
    end = trial_ends(lifecycle)
    if lifecycle.trial is None or end is None:
        return
    ours = lifecycle.subscription.id
    yield HistoryEntry(f"trial:{ours}", "new_subscription", lifecycle.trial.started_at, ours, {"trial": True})
    if end < min(lifecycle.began_at or FOREVER, lifecycle.ended_at):
        yield HistoryEntry(f"trial_over:{ours}", "payment_failure", end, ours, {"trial": True})


def _charges(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline) -> Iterator[HistoryEntry]:
    failed = {dunning.paid_at: dunning for dunning in timeline.dunning.renewals[lifecycle.subscription.id]}
    for at, charge in enumerate(lifecycle.accepted):
        if at == 0:
            reason = _first_reason(lifecycle, charge, timeline)
        else:
            reason = _next_reason(lifecycle, lifecycle.accepted[at - 1], charge, failed.get(charge.at))
        metadata: dict[str, Any] = {"payment_id": charge.payment.ref}
        if charge.tier in PLANS and PLANS[charge.tier].per_seat:
            metadata["added_seats" if charge.added else "seats"] = charge.seats
        yield HistoryEntry(
            f"payment:{charge.payment.id}", reason, lifecycle.begins(charge), lifecycle.subscription.id, metadata
        )


def _first_reason(lifecycle: SubscriptionLifecycle, charge: PaidPeriod, timeline: EntitlementTimeline) -> ChangeReason:
    begins = lifecycle.begins(charge)
    before, lowest = timeline.before(begins), timeline.record.lowest_tier
    replaced = timeline.lifecycles.replaced_by(lifecycle)
    replacement_dunning = timeline.dunning.before_replacement.get(lifecycle.subscription.id)
    if replaced is not None and replaced.end_reason == "replaced" and replaced.accepted:
        return _compared(replaced.accepted[-1].tier, charge.tier)
    if replaced is not None and replacement_dunning is not None and before != lowest:
        return _compared(
            replacement_dunning.tier if begins > replacement_dunning.end else replaced.accepted[-1].tier, charge.tier
        )
    if lifecycle.trial is not None and before != lowest:
        return "renewal"
    if before == lowest or tier_rank(charge.tier) == tier_rank(before):
        return "new_subscription"
    after = timeline.at(begins)
    return "new_subscription" if after == before else _compared(before, after)


def _next_reason(
    lifecycle: SubscriptionLifecycle, last: PaidPeriod, charge: PaidPeriod, dunning: DunningPeriod | None
) -> ChangeReason:
    if dunning is not None and dunning.failed_at is not None:
        return "recovery"
    if dunning is not None and dunning.grace_end < dunning.paid_at and not lifecycle.paused(dunning.end):
        return "recovery"
    return _compared(last.tier, charge.tier)


def _compared(old: str, new: str) -> ChangeReason:
    if tier_rank(new) == tier_rank(old):
        return "renewal"
    return "upgrade" if tier_rank(new) > tier_rank(old) else "downgrade"


def _failures(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod) -> Iterator[HistoryEntry]:
    """The first failed attempt, and the end of access without a payment."""
    yield from _first_failure(lifecycle, dunning)
    ours, metadata = lifecycle.subscription.id, {"period_end": _iso(dunning.end)}
    over = min(dunning.paid_at, lifecycle.ended_at)
    ends = dunning.grace_end
    if dunning.end < ends < over and not (dunning.paused or dunning.refunded) and not lifecycle.paused(ends):
        yield HistoryEntry(
            f"lapsed:{ours}:{_iso(dunning.end)}", "payment_failure", ends, ours, {**metadata, "lapsed": True}
        )
    if (
        lifecycle.paused(dunning.end)
        and dunning.end < over
        and not any(each.start == dunning.end for each in lifecycle.pauses)
    ):
        yield HistoryEntry(f"paused_out:{ours}:{_iso(dunning.end)}", "pause", dunning.end, ours, metadata)


def _first_failure(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod) -> Iterator[HistoryEntry]:
    if dunning.failed_at is not None and dunning.failed_at < min(dunning.paid_at, lifecycle.ended_at):
        ours, metadata = lifecycle.subscription.id, {"period_end": _iso(dunning.end)}
        yield HistoryEntry(f"failed:{ours}:{_iso(dunning.end)}", "payment_failure", dunning.failed_at, ours, metadata)


def _pauses(lifecycle: SubscriptionLifecycle) -> Iterator[HistoryEntry]:
    ours = lifecycle.subscription.id
    for pause in lifecycle.pauses:
        if pause.start < lifecycle.ended_at:
            yield HistoryEntry(f"paused:{ours}:{_iso(pause.start)}", "pause", pause.start, ours)
        if pause.end < lifecycle.ended_at:
            yield HistoryEntry(f"resumed:{ours}:{_iso(pause.start)}", "resume", pause.end, ours)


def _end(lifecycle: SubscriptionLifecycle, timeline: EntitlementTimeline) -> Iterator[HistoryEntry]:
    """The end of a subscription without a replacement. A scheduled replacement may give a lower tier until it is
    paid."""
    ours = lifecycle.subscription.id
    unpaid = not lifecycle.accepted and lifecycle.trial is None
    # An unpaid subscription gave a plan only while it was awaited as a replacement.
    if lifecycle.ended_at == FOREVER or (unpaid and ours not in timeline.dunning.before_replacement):
        return
    if lifecycle.end_reason == "duplicate":
        yield HistoryEntry(f"superseded:{ours}", "reconciliation", lifecycle.ended_at, ours)
    if lifecycle.end_reason in ("replaced", "duplicate"):
        return
    ends = lifecycle.ended_at
    last = max(lifecycle.accepted, key=lambda each: each.end, default=None)
    if lifecycle.ended_early_at is None and last is not None and last.reversed_at is None:
        ends = max(ends, last.end)
    if lifecycle.ended_early_at is None and not lifecycle.accepted:
        ends = max([ends, *(each.end for each in timeline.entitlements if each.subscription_id == ours)])
    if unpaid and timeline.before(ends) == timeline.at(ends):
        return
    reason: ChangeReason = "cancellation"
    if _is_followed(lifecycle, ends, timeline):
        before, after = timeline.before(ends), timeline.at(ends)
        if before == after or _begins_there(lifecycle, ends, timeline.lifecycles):
            return
        reason = "cancellation" if after == timeline.record.lowest_tier else _compared(before, after)
    yield HistoryEntry(f"ended:{ours}", reason, ends, ours)


def _is_followed(lifecycle: SubscriptionLifecycle, ends: datetime, timeline: EntitlementTimeline) -> bool:
    """Whether the replacement that the user chose starts at that moment."""
    return any(
        each.subscription.replaces == lifecycle.subscription.id
        and (
            each.subscription.id in timeline.dunning.before_replacement
            or (each.begins_at is not None and each.begins_at <= ends)
        )
        for each in timeline.lifecycles.all()
    )


def _begins_there(lifecycle: SubscriptionLifecycle, ends: datetime, lifecycles: Lifecycles) -> bool:
    """Whether the replacement starts exactly then, so that its payment's entry contains the change."""
    return any(
        each.subscription.replaces == lifecycle.subscription.id and each.begins_at == ends for each in lifecycles.all()
    )


def _refunds_and_disputes(lifecycles: Lifecycles) -> Iterator[HistoryEntry]:
    """Refunds, and payments lost in a dispute."""
    record = lifecycles.record
    charges = {
        charge.payment.key: (lifecycle, charge)
        for lifecycle in lifecycles.all()
        for charge in (*lifecycle.accepted, *lifecycle.unexpected)
    }
    for refund in record.refunds.values():
        if refund.payment_key in charges and refund.status != "failed":
            lifecycle, charge = charges[refund.payment_key]
            metadata = {"payment_id": charge.payment.ref, "amount": refund.amount, "currency": charge.payment.currency}
            yield HistoryEntry(
                f"refund:{our_id('refund', *refund.key)}", "refund", refund.at, lifecycle.subscription.id, metadata
            )
    for dispute in record.disputes.values():
        if dispute.payment_key in charges and dispute.status == "lost":
            lifecycle, charge = charges[dispute.payment_key]
            metadata = {"payment_id": charge.payment.ref, "dispute": True}
            yield HistoryEntry(
                f"dispute:{' '.join(dispute.key)}", "refund", dispute.at, lifecycle.subscription.id, metadata
            )


def _grants(record: BillingRecord) -> Iterator[HistoryEntry]:
    """The start and the end of a grant."""
    for grant in record.grants:
        if grant.start < grant.end:
            yield HistoryEntry(f"grant:{grant.id}", "system", grant.start, None)
            yield HistoryEntry(f"grant_over:{grant.id}", "system", grant.end, None)


def _offers(timeline: EntitlementTimeline) -> Iterator[HistoryEntry]:
    """The start and the end of the period of a paid offer, and its refunds."""
    record = timeline.record
    for paid in offers.paid_offers(record):
        payment, tier = paid.payment, paid.offer.plan_id
        metadata: dict[str, Any] = {"payment_id": payment.ref, "offer": str(paid.offer.id), "seats": paid.offer.seats}
        if paid.start < paid.ends:
            before = timeline.before(paid.start)
            reason = "new_subscription" if before == record.lowest_tier else _compared(before, timeline.at(paid.start))
            yield HistoryEntry(f"payment:{payment.id}", reason, paid.start, None, metadata)
            if timeline.at(paid.ends) != tier:
                yield HistoryEntry(f"ended:{paid.offer.id}", "cancellation", paid.ends, None, metadata)
        for refund in record.refunds.values():
            if refund.payment_key == payment.key and refund.status != "failed":
                amounts = {"payment_id": payment.ref, "amount": refund.amount, "currency": payment.currency}
                yield HistoryEntry(f"refund:{our_id('refund', *refund.key)}", "refund", refund.at, None, amounts)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
