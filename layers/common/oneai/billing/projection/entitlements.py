"""Which tier a user has when: the union of paid periods, the grace after them, trials and operators' grants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai.billing.projection.dunning import (
    DunningPeriod,
    build_dunning_periods,
    dunning_after_trial,
    dunning_before_replacement,
)
from oneai.billing.projection.lifecycle import Pause, SubscriptionLifecycle
from oneai.billing.projection.policy import CHARGE_DELAY, FREE, BillingPolicy, tier_rank
from oneai.billing.record import FOREVER, BillingRecord


@dataclass(frozen=True)
class Entitlement:
    """A tier from `start` to `end`, and its source; without a subscription where it is a grant."""

    start: datetime
    end: datetime
    tier: str
    source: Literal["paid", "grace", "trial", "grant"]
    subscription_id: UUID | None


@dataclass(frozen=True)
class EntitlementTimeline:
    """All entitlements of a user, with the dunning periods between them."""

    entitlements: tuple[Entitlement, ...]
    dunning: Mapping[UUID, tuple[DunningPeriod, ...]]
    # By the replacement whose first charge is awaited, after the last period of the one it replaces.
    replacement_dunning: Mapping[UUID, DunningPeriod]
    # The time after a trial until the first charge, without access: nothing has been paid yet.
    trial_dunning: Mapping[UUID, DunningPeriod]

    def at(self, moment: datetime) -> str:
        """The tier from this moment on."""
        return _highest(each.tier for each in self.entitlements if each.start <= moment < each.end)

    def before(self, moment: datetime) -> str:
        """The tier up to this moment."""
        return _highest(each.tier for each in self.entitlements if each.start < moment <= each.end)

    def active_at(self, moment: datetime) -> list[Entitlement]:
        """The entitlements then, the highest tier first, and what is paid before what is not."""
        sources = ("paid", "grace", "trial", "grant")
        active = [each for each in self.entitlements if each.start <= moment < each.end]
        return sorted(
            active, key=lambda each: (-tier_rank(each.tier), sources.index(each.source), -each.start.timestamp())
        )


def build_timeline(
    record: BillingRecord, lifecycles: Mapping[UUID, SubscriptionLifecycle], policy: BillingPolicy
) -> EntitlementTimeline:
    """The entitlements of all subscriptions and grants."""
    entitlements: list[Entitlement] = []
    periods: dict[UUID, tuple[DunningPeriod, ...]] = {}
    replacement_dunning: dict[UUID, DunningPeriod] = {}
    trial_dunning: dict[UUID, DunningPeriod] = {}
    for lifecycle in lifecycles.values():
        periods[lifecycle.subscription.id] = tuple(build_dunning_periods(record, lifecycle, policy))
        entitlements += _paid(lifecycle)
        for dunning in periods[lifecycle.subscription.id]:
            entitlements += _grace(lifecycle, dunning)
        entitlements += _trial(lifecycle)
        if (after_trial := dunning_after_trial(record, lifecycle, policy)) is not None:
            trial_dunning[lifecycle.subscription.id] = after_trial
        before = lifecycles.get(lifecycle.subscription.replaces) if lifecycle.subscription.replaces else None
        awaited = None if before is None else dunning_before_replacement(record, before, lifecycle, policy)
        if awaited is not None:
            replacement_dunning[lifecycle.subscription.id] = awaited
            entitlements += _grace(lifecycle, awaited)
    entitlements += [
        Entitlement(each.start, each.end, each.tier, "grant", None) for each in record.grants if each.start < each.end
    ]
    return EntitlementTimeline(
        tuple(each for each in entitlements if each.start < each.end), periods, replacement_dunning, trial_dunning
    )


def _paid(lifecycle: SubscriptionLifecycle) -> Iterator[Entitlement]:
    for charge in lifecycle.accepted:
        end = min(charge.end, lifecycle.ended_early_at or FOREVER, charge.reversed_at or FOREVER)
        yield Entitlement(lifecycle.begins(charge), end, charge.tier, "paid", lifecycle.subscription.id)


def _grace(lifecycle: SubscriptionLifecycle, dunning: DunningPeriod) -> Iterator[Entitlement]:
    """From the period's end until the next charge, the end of grace or of the subscription, but for pauses."""
    if dunning.paused:
        return
    end = min(dunning.grace_end, dunning.paid_at, lifecycle.ended_at)
    whole = Entitlement(dunning.end, end, dunning.tier, "grace", lifecycle.subscription.id)
    yield from _without(whole, lifecycle.pauses)


def _trial(lifecycle: SubscriptionLifecycle) -> Iterator[Entitlement]:
    """The trial, with the tier of the first charge; it lasts until that charge, which is delayed as every charge is.

    A trial that the user cancels lasts to its end, though the provider has to end the subscription sooner.
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
            lifecycle.accepted[0].tier if lifecycle.accepted else lifecycle.tier,
            "trial",
            lifecycle.subscription.id,
        )


def trial_ends(lifecycle: SubscriptionLifecycle) -> datetime | None:
    """When a granted trial is over at the latest."""
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


def _highest(tiers: Iterator[str]) -> str:
    return max(tiers, key=tier_rank, default=FREE)


def later(moment: datetime, by: timedelta) -> datetime:
    """So much later, or FOREVER."""
    return FOREVER if moment > FOREVER - by else moment + by
