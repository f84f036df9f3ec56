"""The course of one subscription: what was paid and counts, what slipped through after its end, when it was paused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from oneai.billing.projection import payments, trials
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.policy import SLACK
from oneai.billing.projection.trials import NoTrial
from oneai.billing.record import FOREVER, BillingRecord, Subscription, Trial

SECOND = timedelta(seconds=1)

type EndReason = Literal["requested", "replaced", "duplicate"]


@dataclass(frozen=True)
class Pause:
    """From when until when a subscription was paused; FOREVER while it is."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class SubscriptionLifecycle:
    """What became of a subscription. `kept` are the charges that count, `slipped` those that came after its end.

    `cut_at` is when access ended at once, and `why`; `trial` the trial it has, `no_trial` why it has none.
    """

    subscription: Subscription
    tier: str
    kept: tuple[PaidPeriod, ...]
    slipped: tuple[PaidPeriod, ...]
    pauses: tuple[Pause, ...]
    trial: Trial | None
    no_trial: NoTrial | None
    cut_at: datetime | None = None
    why: EndReason | None = None
    # The end of the period at whose end somebody asked for it to end.
    last_day: datetime | None = None

    @property
    def began_at(self) -> datetime | None:
        """When it was first paid."""
        return self.kept[0].at if self.kept else None

    @property
    def begins_at(self) -> datetime | None:
        """From when it gives what was paid for."""
        return self.begins(self.kept[0]) if self.kept else None

    def begins(self, charge: PaidPeriod) -> datetime:
        """From when a charge gives access: the first of a subscription at once, or when it was to start, as mandates
        are debited days before; another not before its period."""
        if charge is not self.kept[0]:
            return max(charge.at, charge.start)
        tried = self.subscription.trial_end is not None
        return charge.at if tried else max(charge.at, self.subscription.start_at or charge.at)

    @property
    def paid_until(self) -> datetime | None:
        """When the last paid period ends."""
        return max((each.end for each in self.kept), default=None)

    @property
    def over_at(self) -> datetime:
        """When it ended, at once, as was asked for, or at the provider; FOREVER while it goes on."""
        ended_at = self.subscription.ended_at or FOREVER
        # The provider counts in whole seconds: within the same one, it ended because it was cut.
        if self.cut_at is not None and self.cut_at - SECOND <= ended_at < self.cut_at:
            ended_at = self.cut_at
        return min(self.cut_at or FOREVER, self.last_day or FOREVER, ended_at)

    def paused(self, at: datetime) -> bool:
        """Whether it was paused then."""
        return any(pause.start <= at < pause.end for pause in self.pauses)


def course(
    known: BillingRecord, subscription: Subscription, cut_at: datetime | None = None, why: EndReason | None = None
) -> SubscriptionLifecycle:
    """The course of a subscription; `cut_at` where a newer one took its place, and `why`."""
    asked = subscription.access_ends_at
    if asked is not None and (cut_at is None or asked <= cut_at):
        cut_at, why = asked, "requested"
    trial, no_trial = trials.trial(known, subscription)
    kept, slipped = _split(payments.charges(known, subscription), subscription, cut_at)
    return SubscriptionLifecycle(
        subscription,
        payments.subscription_tier(known, subscription),
        tuple(kept),
        tuple(slipped),
        tuple(_pauses(known, subscription)),
        trial,
        no_trial,
        cut_at,
        why,
        _last_day(subscription, kept),
    )


def _first_charge_due(subscription: Subscription) -> datetime | None:
    """When the first charge is due of one that was authorized to be tried, whether it has a trial or not."""
    authorized = subscription.seen.authorized_at is not None and not subscription.withdrawn
    return subscription.trial_end if authorized else None


def _last_day(subscription: Subscription, kept: Sequence[PaidPeriod]) -> datetime | None:
    """When the period is over at whose end somebody asked for it to end."""
    asked = subscription.cancel_requested_at
    if asked is None:
        return None
    trial_end = _first_charge_due(subscription)
    return max([each.end for each in kept] + [asked] + ([trial_end] if trial_end is not None else []))


def _split(
    charges: Sequence[PaidPeriod], subscription: Subscription, cut_at: datetime | None
) -> tuple[list[PaidPeriod], list[PaidPeriod]]:
    """Charges that count, and those for periods after the end that was asked for or came at once, that were paid
    already, or that were over; none counts of one that was given up for another before anybody had heard of them."""
    kept: list[PaidPeriod] = []
    slipped: list[PaidPeriod] = []
    asked = subscription.cancel_requested_at
    trial_end = _first_charge_due(subscription)
    for charge in charges:
        ends = [each.end for each in kept] + ([trial_end] if trial_end is not None else [])
        until = max(ends, default=asked)
        # A debit that had begun before the wish, for a period that begins after it, is for nothing either.
        wished = asked is not None and max(charge.at, charge.start) > asked
        late = wished and until is not None and charge.start >= until - SLACK
        # The provider counts in whole seconds: what was paid within the same one was paid before.
        after = cut_at is not None and (charge.at > cut_at or charge.start > cut_at)
        again = any(charge.again(each) for each in kept)
        # An old invoice of one that was given up, say: nobody can have a period that is over.
        past = charge.end <= charge.at
        (slipped if late or after or again or past or subscription.withdrawn else kept).append(charge)
    return kept, slipped


def _pauses(known: BillingRecord, subscription: Subscription) -> list[Pause]:
    """Pauses, by what was told of them; the newest word of it, and charges for what came later, make good what was
    not."""
    told = sorted(
        (each.at, each.kind == "paused", FOREVER)
        for each in known.marks.values()
        if each.subscription_id == subscription.id and each.kind in ("paused", "resumed")
    )
    # They lose against marks of the same moment.
    snapshot = subscription.snapshot
    if snapshot is not None and snapshot.status == "paused":
        told.append((snapshot.at, True, FOREVER))
    if snapshot is not None and snapshot.status == "active":
        told.append((snapshot.at, False, FOREVER))
    if subscription.seen.alive_at is not None:
        told.append((subscription.seen.alive_at, False, FOREVER))
    told += [(each.at, False, each.start) for each in payments.charges(known, subscription)]
    pauses: list[Pause] = []
    since: datetime | None = None
    for at, paused, start in sorted(told, key=lambda each: each[0]):
        if paused and since is None:
            since = at
        elif not paused and since is not None and min(at, start) > since:
            pauses.append(Pause(since, at))
            since = None
    if since is not None:
        pauses.append(Pause(since, FOREVER))
    return pauses
