"""The tier of a user over time: the union of paid periods, the grace after them, trials, and operators' offers and
grants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal
from uuid import UUID

from oneai.billing.projection import added_seats, offers
from oneai.billing.projection.dunning import Dunning, DunningPeriod
from oneai.billing.projection.lifecycle import Lifecycles, Pause, SubscriptionLifecycle
from oneai.billing.projection.policy import CHARGE_DELAY, tier_rank
from oneai.billing.record import FOREVER, BillingRecord
from oneai.plans.limits_and_prices import FREE_SEATS


@dataclass(frozen=True)
class Entitlement:
    """A tier from `start` to `end`, and its source; a grant and an offer have no subscription. `seats` and `share` are
    what it brings to a plan that is sold by the seat; `added`: to what another entitlement began. `limits` are those of
    an offer, of the whole workspace."""

    start: datetime
    end: datetime
    tier: str
    source: Literal["paid", "grace", "trial", "grant"]
    subscription_id: UUID | None
    seats: int = 1
    share: Fraction = Fraction(1)
    added: bool = False
    limits: Mapping[str, int] | None = None


@dataclass(frozen=True)
class EntitlementTimeline:
    """All entitlements of a user."""

    dunning: Dunning
    entitlements: tuple[Entitlement, ...]

    @property
    def lifecycles(self) -> Lifecycles:
        """The lifecycles that the entitlements follow from."""
        return self.dunning.lifecycles

    @property
    def record(self) -> BillingRecord:
        """The facts of the user."""
        return self.dunning.lifecycles.record

    def at(self, moment: datetime) -> str:
        """The tier from this moment on."""
        return self._highest(each.tier for each in self.entitlements if each.start <= moment < each.end)

    def before(self, moment: datetime) -> str:
        """The tier up to this moment."""
        return self._highest(each.tier for each in self.entitlements if each.start < moment <= each.end)

    def _highest(self, tiers: Iterator[str]) -> str:
        return max(tiers, key=tier_rank, default=self.record.lowest_tier)

    def active_at(self, moment: datetime) -> list[Entitlement]:
        """The entitlements at that moment: highest tier first, paid before unpaid."""
        sources = ("paid", "grace", "trial", "grant")
        active = [each for each in self.entitlements if each.start <= moment < each.end]
        return sorted(
            active, key=lambda each: (-tier_rank(each.tier), sources.index(each.source), -each.start.timestamp())
        )


def build_timeline(dunning: Dunning) -> EntitlementTimeline:
    """The entitlements of all subscriptions, offers and grants."""
    entitlements: list[Entitlement] = []
    for ours, lifecycle in dunning.lifecycles.by_id.items():
        entitlements += _paid(lifecycle)
        for period in dunning.renewals[ours]:
            entitlements += _grace(lifecycle, period)
        entitlements += _trial(lifecycle)
        if (awaited := dunning.before_replacement.get(ours)) is not None:
            entitlements += _grace(lifecycle, awaited)
    entitlements += [
        Entitlement(each.start, each.end, each.tier, "grant", None, FREE_SEATS)
        for each in dunning.lifecycles.record.grants
    ]
    entitlements += [
        Entitlement(each.start, each.ends, each.offer.plan_id, "paid", None, each.offer.seats, limits=each.offer.limits)
        for each in offers.paid_offers(dunning.lifecycles.record)
    ]
    return EntitlementTimeline(dunning, tuple(each for each in entitlements if each.start < each.end))


def _paid(lifecycle: SubscriptionLifecycle) -> Iterator[Entitlement]:
    for charge in lifecycle.accepted:
        end = min(charge.end, lifecycle.ended_early_at or FOREVER, charge.reversed_at or FOREVER)
        base = added_seats.base_of(charge, lifecycle.accepted) if charge.added else None
        if base is not None:
            # Without the plan that they were added to, seats bring nothing.
            end = min(end, base.reversed_at or FOREVER)
        yield Entitlement(
            *(lifecycle.begins(charge), end, charge.tier, "paid", lifecycle.subscription.id),
            *(charge.seats, added_seats.share(charge), charge.added),
        )


def _grace(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod) -> Iterator[Entitlement]:
    """From the period's end to the next charge, or the end of grace or of the subscription, without pauses."""
    if dunning.paused:
        return
    end = min(dunning.grace_end, dunning.paid_at, lifecycle.ended_at)
    whole = Entitlement(dunning.end, end, dunning.tier, "grace", lifecycle.subscription.id, dunning.seats)
    yield from _without(whole, lifecycle.pauses)


def _trial(lifecycle: SubscriptionLifecycle) -> Iterator[Entitlement]:
    """The trial, with the tier of the first charge. It lasts until that charge, which may be as late as any other.

    A trial that the user cancels lasts to its end, although the provider has to end the subscription sooner.
    """
    end = trial_ends(lifecycle)
    if lifecycle.trial is not None and end is not None:
        ended_at = (
            lifecycle.ended_at
            if lifecycle.cancel_at is None
            else min(lifecycle.ended_early_at or FOREVER, lifecycle.cancel_at)
        )
        yield Entitlement(
            lifecycle.trial.started_at,
            min(end, ended_at, lifecycle.began_at or FOREVER),
            lifecycle.first_tier,
            "trial",
            lifecycle.subscription.id,
            lifecycle.subscription.quantity,
        )


def trial_ends(lifecycle: SubscriptionLifecycle) -> datetime | None:
    """The latest end of a granted trial."""
    end = lifecycle.subscription.trial_end
    return None if lifecycle.trial is None or end is None else end + CHARGE_DELAY


def _without(entitlement: Entitlement, pauses: Sequence[Pause]) -> list[Entitlement]:
    parts = [entitlement]
    for pause in pauses:
        parts = [
            piece
            for part in parts
            for piece in (
                replace(part, end=min(part.end, pause.start)),
                replace(part, start=max(part.start, pause.end)),
            )
            if piece.start < piece.end
        ]
    return parts


def later(moment: datetime, by: timedelta) -> datetime:
    """The moment plus `by`, at most FOREVER."""
    return FOREVER if moment > FOREVER - by else moment + by
