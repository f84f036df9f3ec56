"""The lifecycle of one subscription: accepted charges, unexpected charges, pauses, and its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai import countries
from oneai.billing.projection import added_seats, payments, prepaid, reversals, trials
from oneai.billing.projection.payments import Charges, PaidPeriod, Rejection
from oneai.billing.projection.policy import TOLERANCE
from oneai.billing.projection.reversals import Reversal
from oneai.billing.projection.trials import NoTrial
from oneai.billing.record import FOREVER, BillingRecord, Subscription, Trial

SECOND = timedelta(seconds=1)

type EndReason = Literal["requested", "replaced", "duplicate"]


@dataclass(frozen=True)
class Pause:
    """When a subscription was paused; the end is FOREVER while it is paused."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class SubscriptionLifecycle:
    """`accepted` charges count; `unexpected` charges buy nothing and are refunded in full. Both include payments for
    added seats, each after the charge that began its period.

    `ended_early_at` is when access ended immediately, for the `end_reason`; `cancel_at` is the end of the period at
    whose end it was to be cancelled. `reversal` is a payment that came back, after which nothing is charged; other paid
    periods last to their end. `trial` is its trial, `no_trial` is why it has none.
    """

    subscription: Subscription
    tier: str
    accepted: tuple[PaidPeriod, ...]
    unexpected: tuple[PaidPeriod, ...]
    pauses: tuple[Pause, ...]
    trial: Trial | None
    no_trial: NoTrial | None
    ended_early_at: datetime | None = None
    end_reason: EndReason | None = None
    cancel_at: datetime | None = None
    reversal: Reversal | None = None

    @property
    def own(self) -> tuple[PaidPeriod, ...]:
        """The accepted charges of the subscription itself, without those that added seats to a period."""
        return tuple(each for each in self.accepted if not each.added)

    @property
    def began_at(self) -> datetime | None:
        """When it was first paid."""
        return self.accepted[0].at if self.accepted else None

    @property
    def inherited_reversal(self) -> Reversal | None:
        """The reversal of a payment of the subscription that this one was to replace."""
        return self.reversal if self.reversal is not None and self.reversal.inherited else None

    @property
    def first_tier(self) -> str:
        """The tier of the first charge, paid or awaited; the plan may have changed since."""
        return self.accepted[0].tier if self.accepted else self.tier

    @property
    def first_seats(self) -> int:
        """The seats of the first charge, or those that an awaited one is for."""
        return self.accepted[0].seats if self.accepted else self.subscription.quantity

    @property
    def begins_at(self) -> datetime | None:
        """When the paid access starts."""
        return self.begins(self.accepted[0]) if self.accepted else None

    def begins(self, charge: PaidPeriod) -> datetime:
        """When access by a charge starts. For the first charge that is immediately, or at the scheduled start, because
        mandates are debited days before; for any other charge it is not before its period."""
        if charge is not self.accepted[0]:
            return max(charge.at, charge.start)
        with_trial = self.subscription.trial_end is not None
        return charge.at if with_trial else max(charge.at, self.subscription.start_at or charge.at)

    @property
    def paid_until(self) -> datetime | None:
        """When the last paid period ends."""
        return max((each.end for each in self.accepted), default=None)

    @property
    def ended_at(self) -> datetime:
        """When it ended: immediately, at the end of a period, or at the provider; FOREVER while it has not."""
        ended_at = self.subscription.ended_at or FOREVER
        # The provider counts in whole seconds. Within the same second, it ended because we ended it.
        if self.ended_early_at is not None and self.ended_early_at - SECOND <= ended_at < self.ended_early_at:
            ended_at = self.ended_early_at
        return min(self.ended_early_at or FOREVER, self.cancel_at or FOREVER, ended_at)

    def paused(self, at: datetime) -> bool:
        """Whether it was paused at that moment."""
        return any(pause.start <= at < pause.end for pause in self.pauses)


@dataclass(frozen=True)
class Lifecycles:
    """The lifecycle of each subscription of a user."""

    charges: Charges
    by_id: Mapping[UUID, SubscriptionLifecycle]

    @property
    def record(self) -> BillingRecord:
        """The facts of the user."""
        return self.charges.record

    def all(self) -> Iterable[SubscriptionLifecycle]:
        """Every lifecycle."""
        return self.by_id.values()

    def replaced_by(self, lifecycle: SubscriptionLifecycle) -> SubscriptionLifecycle | None:
        """The subscription that the user chose to replace with this one."""
        replaces = lifecycle.subscription.replaces
        return None if replaces is None else self.by_id.get(replaces)


def build_lifecycles(charges: Charges) -> Lifecycles:
    """The lifecycle of every subscription, considered alone."""
    by_id = dict[UUID, SubscriptionLifecycle]()
    # A replacement is built after the subscription that it replaces, whose reversal it may inherit.
    for subscription in _replaced_first(charges.record.subscriptions):
        replaced = by_id.get(subscription.replaces) if subscription.replaces is not None else None
        reversal = None if replaced is None else replaced.reversal
        by_id[subscription.id] = build_lifecycle(charges, subscription, replaced_reversal=reversal)
    return Lifecycles(charges, {ours: by_id[ours] for ours in charges.record.subscriptions})


def _replaced_first(subscriptions: Mapping[UUID, Subscription]) -> list[Subscription]:
    """All subscriptions, each after the one that it replaces."""
    ordered = dict[UUID, Subscription]()
    for subscription in subscriptions.values():
        chain = dict[UUID, Subscription]()
        following: Subscription | None = subscription
        while following is not None and following.id not in ordered and following.id not in chain:
            chain[following.id] = following
            following = subscriptions.get(following.replaces) if following.replaces is not None else None
        ordered |= {each.id: each for each in reversed(chain.values())}
    return list(ordered.values())


def build_lifecycle(
    charges: Charges,
    subscription: Subscription,
    ended_early_at: datetime | None = None,
    end_reason: EndReason | None = None,
    *,
    replaced_reversal: Reversal | None = None,
) -> SubscriptionLifecycle:
    """The lifecycle of a subscription. `ended_early_at` and `end_reason` are set if a newer one replaced it,
    `replaced_reversal` if a payment of the subscription that it was to replace came back."""
    requested_at = subscription.access_ends_at
    if requested_at is not None and (ended_early_at is None or requested_at <= ended_early_at):
        ended_early_at, end_reason = requested_at, "requested"
    trial, no_trial = trials.trial(charges, subscription)
    accepted, unexpected = _accept(charges.of[subscription.id], subscription, ended_early_at)
    stopped_at = None
    reversal = None
    # What is not debited again needs no stop: a prepaid period ends alone when its payment comes back.
    if not prepaid.is_prepaid(subscription):
        reversal = reversals.find_reversal(charges, subscription, accepted, unexpected)
        inherited = reversals.inherited_by(subscription, accepted, replaced_reversal)
        # A refund of what was charged after an inherited one does not undo it.
        if inherited is not None and (reversal is None or inherited.at <= reversal.at):
            reversal = inherited
    if reversal is not None:
        stopped_at = reversal.at
        accepted, unexpected = _accept(charges.of[subscription.id], subscription, ended_early_at, stopped_at)
    if charges.record.seat_orders:
        add_seats(charges, subscription, accepted, unexpected, min(ended_early_at or FOREVER, stopped_at or FOREVER))
    return SubscriptionLifecycle(
        subscription,
        payments.subscription_tier(charges.record, subscription),
        tuple(accepted),
        tuple(unexpected),
        tuple(_pauses(charges, subscription)),
        trial,
        no_trial,
        ended_early_at,
        end_reason,
        _cancel_at(subscription, accepted, reversal),
        reversal,
    )


def _first_charge_due(subscription: Subscription) -> datetime | None:
    """When the first charge is due if it was authorized for a trial, with or without one."""
    authorized = subscription.snapshot_history.authorized_at is not None and not subscription.checkout_cancelled
    return subscription.trial_end if authorized else None


def _cancel_at(
    subscription: Subscription, accepted: Sequence[PaidPeriod], reversal: Reversal | None
) -> datetime | None:
    """The end of the period at whose end it is cancelled: the period of the request, or the last paid one after a
    payment came back, whichever is earlier."""
    if prepaid.is_prepaid(subscription):
        return max((prepaid.ends(each) for each in accepted), default=subscription.cancel_requested_at)
    ends: list[datetime] = []
    if reversal is not None:
        ends.append(max([reversal.at] + [each.end for each in accepted if each.reversed_at is None]))
    requested_at = subscription.cancel_requested_at
    if requested_at is not None:
        trial_end = _first_charge_due(subscription)
        paid_until = [each.end for each in accepted] + ([trial_end] if trial_end is not None else [])
        ends.append(max([requested_at, *paid_until]))
    return min(ends, default=None)


def _accept(
    charges: Sequence[PaidPeriod],
    subscription: Subscription,
    ended_early_at: datetime | None,
    stopped_at: datetime | None = None,
) -> tuple[list[PaidPeriod], list[PaidPeriod]]:
    """Splits charges into those that count and those that are rejected, with the reason."""
    accepted: list[PaidPeriod] = []
    rejected: list[PaidPeriod] = []
    for charge in charges:
        rejection = _rejection(charge, accepted, subscription, ended_early_at)
        if rejection is None and stopped_at is not None and charge.at > stopped_at:
            rejection = "subscription_ended"
        if rejection is None:
            accepted.append(charge)
        else:
            rejected.append(replace(charge, rejection=rejection))
    return accepted, rejected


def add_seats(
    charges: Charges,
    subscription: Subscription,
    accepted: list[PaidPeriod],
    unexpected: list[PaidPeriod],
    ended_at: datetime,
) -> None:
    """Adds the payments for added seats to the `accepted` charges. What was paid after the subscription `ended_at` is
    rejected."""
    counted, rejected = added_seats.accept_added(charges, subscription, accepted)
    unexpected += rejected
    for added in counted:
        if added.at > ended_at:
            unexpected.append(replace(added, rejection="subscription_ended"))
            continue
        base = added_seats.base_of(added, accepted)
        after = [n for n, each in enumerate(accepted) if each is base or each.at <= added.at]
        accepted.insert(max(after) + 1, added)


def _rejection(
    charge: PaidPeriod, accepted: Sequence[PaidPeriod], subscription: Subscription, ended_early_at: datetime | None
) -> Rejection | None:
    """Why this charge buys nothing and is refunded in full; None if it counts. `accepted`: the charges before it."""
    if subscription.checkout_cancelled:
        return "checkout_cancelled"
    if countries.is_elsewhere(
        subscription.billing_country, payment=charge.payment.country, network=subscription.network_country
    ):
        return "other_country"
    # For example an old invoice that was paid late: its period can no longer be used.
    if charge.end <= charge.at:
        return "period_over"
    if any(charge.duplicates(each) for each in accepted):
        return "duplicate_payment"
    # The provider counts in whole seconds: a charge within the same second was before the end.
    if ended_early_at is not None and max(charge.at, charge.start) > ended_early_at:
        return "subscription_ended"
    requested_at = subscription.cancel_requested_at
    # Its payer chose to pay one more period, which replaces an earlier wish.
    if prepaid.is_prepaid(subscription):
        return None
    # A debit that had started before the request, for a period after the end, buys nothing either.
    if requested_at is None or max(charge.at, charge.start) <= requested_at:
        return None
    trial_end = _first_charge_due(subscription)
    ends = [each.end for each in accepted] + ([trial_end] if trial_end is not None else [])
    until = max(ends, default=requested_at)
    return "cancellation_requested" if charge.start >= until - TOLERANCE else None


def _pauses(charges: Charges, subscription: Subscription) -> list[Pause]:
    """Pauses from their events. The newest snapshot, and charges for later periods, replace missing events."""
    changes = sorted(
        (each.at, each.kind == "paused", FOREVER)
        for each in charges.record.lifecycle_events.values()
        if each.subscription_key == subscription.key and each.kind in ("paused", "resumed")
    )
    # At the same moment, an event wins over them.
    snapshot = subscription.snapshot
    if snapshot is not None and snapshot.status == "paused":
        changes.append((snapshot.at, True, FOREVER))
    if snapshot is not None and snapshot.status == "active":
        changes.append((snapshot.at, False, FOREVER))
    if subscription.snapshot_history.alive_at is not None:
        changes.append((subscription.snapshot_history.alive_at, False, FOREVER))
    changes += [(each.at, False, each.start) for each in charges.of[subscription.id]]
    pauses: list[Pause] = []
    since: datetime | None = None
    for at, paused, start in sorted(changes, key=lambda each: each[0]):
        if paused and since is None:
            since = at
        elif not paused and since is not None and min(at, start) > since:
            pauses.append(Pause(since, at))
            since = None
    if since is not None:
        pauses.append(Pause(since, FOREVER))
    return pauses
