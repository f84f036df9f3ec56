"""Which tier a person has when: paid periods, the grace after them, trials and what operators gave, laid together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from oneai.billing.projection.dunning import DunningPeriod, after_trial, bridge, spells
from oneai.billing.projection.lifecycle import Pause, SubscriptionLifecycle
from oneai.billing.projection.policy import CHARGE_TAKES, FREE, BillingPolicy, order
from oneai.billing.record import FOREVER, BillingRecord


@dataclass(frozen=True)
class Entitlement:
    """A tier from `start` to `end`, and what gives it; no subscription where an operator does."""

    start: datetime
    end: datetime
    tier: str
    by: Literal["paid", "grace", "trial", "grant"]
    subscription_id: UUID | None


@dataclass(frozen=True)
class EntitlementTimeline:
    """All access a person has or had, with the spells it was held up by."""

    access: tuple[Entitlement, ...]
    spells: Mapping[UUID, tuple[DunningPeriod, ...]]
    # The subscription whose first charge is awaited, with the end of the one it replaces.
    bridges: Mapping[UUID, DunningPeriod]
    # The time after a trial until the first charge, in which nobody has access: nothing has been paid yet.
    tries: Mapping[UUID, DunningPeriod]

    def at(self, moment: datetime) -> str:
        """The tier from this moment on."""
        return _highest(each.tier for each in self.access if each.start <= moment < each.end)

    def before(self, moment: datetime) -> str:
        """The tier up to this moment."""
        return _highest(each.tier for each in self.access if each.start < moment <= each.end)

    def giving(self, moment: datetime) -> list[Entitlement]:
        """What gives access then, the highest tier first, and what is paid before what is not."""
        ways = ("paid", "grace", "trial", "grant")
        found = [each for each in self.access if each.start <= moment < each.end]
        return sorted(found, key=lambda each: (-order(each.tier), ways.index(each.by), -each.start.timestamp()))


def timeline(
    known: BillingRecord, courses: Mapping[UUID, SubscriptionLifecycle], rules: BillingPolicy
) -> EntitlementTimeline:
    """Lays everything over each other."""
    found: list[Entitlement] = []
    held_up: dict[UUID, tuple[DunningPeriod, ...]] = {}
    bridges: dict[UUID, DunningPeriod] = {}
    tries: dict[UUID, DunningPeriod] = {}
    for course in courses.values():
        held_up[course.subscription.id] = tuple(spells(known, course, rules))
        found += _paid(course)
        for spell in held_up[course.subscription.id]:
            found += _grace(course, spell)
        found += _tried(course)
        if (tried := after_trial(known, course, rules)) is not None:
            tries[course.subscription.id] = tried
        before = courses.get(course.subscription.replaces) if course.subscription.replaces else None
        awaited = None if before is None else bridge(known, before, course, rules)
        if awaited is not None:
            bridges[course.subscription.id] = awaited
            found += _grace(course, awaited)
    found += [
        Entitlement(each.start, each.end, each.tier, "grant", None) for each in known.grants if each.start < each.end
    ]
    return EntitlementTimeline(tuple(each for each in found if each.start < each.end), held_up, bridges, tries)


def _paid(course: SubscriptionLifecycle) -> Iterator[Entitlement]:
    for charge in course.kept:
        end = min(charge.end, course.cut_at or FOREVER, charge.taken_back_at or FOREVER)
        yield Entitlement(course.begins(charge), end, charge.tier, "paid", course.subscription.id)


def _grace(course: SubscriptionLifecycle, spell: DunningPeriod) -> Iterator[Entitlement]:
    """From the period's end until the next charge, the end of grace or of the subscription, but for pauses."""
    if spell.paused:
        return
    end = min(spell.grace_end, spell.paid_at, course.over_at)
    whole = Entitlement(spell.end, end, spell.tier, "grace", course.subscription.id)
    yield from _without(whole, course.pauses)


def _tried(course: SubscriptionLifecycle) -> Iterator[Entitlement]:
    """A trial of what was first paid for; that charge takes its time, as every charge does.

    One that its owner cancels goes on to its end, though the provider has to end it sooner.
    """
    end = trial_ends(course)
    if course.trial is not None and end is not None:
        over_at = course.over_at if course.last_day is None else min(course.cut_at or FOREVER, course.last_day)
        yield Entitlement(
            course.trial.started_at,
            min(end, over_at, course.began_at or FOREVER),
            course.kept[0].tier if course.kept else course.tier,
            "trial",
            course.subscription.id,
        )


def trial_ends(course: SubscriptionLifecycle) -> datetime | None:
    """When a granted trial is over at the latest."""
    end = course.subscription.trial_end
    return None if course.trial is None or end is None else end + CHARGE_TAKES


def _without(access: Entitlement, pauses: Sequence[Pause]) -> list[Entitlement]:
    parts = [access]
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
    return max(tiers, key=order, default=FREE)


def later(moment: datetime, by: timedelta) -> datetime:
    """So much later, or FOREVER."""
    return FOREVER if moment > FOREVER - by else moment + by
