"""What the seats of a team bring together: their number, and one pool of units, storage and pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor

from oneai.billing.projection.entitlements import Entitlement, EntitlementTimeline
from oneai.plans.limits_and_prices import FREE_SEATS, MAX_SEATS, PLANS, TRIAL_SEATS, Plan


@dataclass(frozen=True)
class Pool:
    """The `seats` of a workspace, and its `limits` by key where its seats decide them: each quota, `storage_bytes` and
    `document_pages`, `chatbots`; None: the tier's own numbers."""

    seats: int = FREE_SEATS
    limits: dict[str, int] | None = None


def pool(timeline: EntitlementTimeline, now: datetime) -> Pool:
    """The pool at the moment `now`.

    Of several entitlements that each give the tier, the one with the most seats counts; added seats bring their share
    of the period besides it, rounded down. A trial brings the units of three seats at most. An offer brings its own
    seats and limits.
    """
    tier = timeline.at(now)
    plan = PLANS.get(tier)
    active = [each for each in timeline.active_at(now) if each.tier == tier]
    offered = [each for each in active if each.limits is not None]
    if offered:
        others = [each for each in active if each.limits is None]
        return _with_offers(_pool_of(timeline, tier, others) if others else None, offered, plan)
    return _pool_of(timeline, tier, active)


def _with_offers(pool: Pool | None, offered: Sequence[Entitlement], plan: Plan | None) -> Pool:
    """What offers bring, each of it the most that one of them or the `pool` besides them has."""
    found = [each.limits for each in offered if each.limits is not None]
    if pool is not None:
        found.append(pool.limits if pool.limits is not None else limits_of_seat(plan) if plan is not None else {})
    limits = {key: max(each.get(key, 0) for each in found) for key in sorted({key for each in found for key in each})}
    return Pool(max([each.seats for each in offered] + ([] if pool is None else [pool.seats])), limits)


def _pool_of(timeline: EntitlementTimeline, tier: str, active: Sequence[Entitlement]) -> Pool:
    plan = PLANS.get(tier)
    if plan is None or not plan.per_seat:
        # Without an offer, the seats of Enterprise are not limited.
        return Pool(MAX_SEATS if timeline.record.kind == "team" and tier == "enterprise" else FREE_SEATS)
    begun, added = [each for each in active if not each.added], [each for each in active if each.added]
    seats = max((each.seats for each in begun), default=0)
    with_units = max((_seats_with_units(each) for each in begun), default=0)
    limits = {
        key: of_seat * with_units + sum(units_of_added(of_seat, each.seats, each.share) for each in added)
        for key, of_seat in limits_of_seat(plan).items()
    }
    return Pool(min(seats + sum(each.seats for each in added), MAX_SEATS), limits)


def units_of_added(of_seat: int, seats: int, share: Fraction) -> int:
    """The units that added seats bring, rounded down. `of_seat`: what one seat has of a whole window."""
    return floor(of_seat * seats * share)


def limits_of_seat(plan: Plan) -> dict[str, int]:
    """What one seat of a plan has: each quota, `storage_bytes`, `document_pages` and `chatbots`."""
    quotas: dict[str, int] = {key: quota.limit for key, quota in plan.quotas.items()}
    others = {"storage_bytes": plan.storage_bytes, "document_pages": plan.document_pages, "chatbots": plan.chatbots}
    return {**quotas, **others}


def _seats_with_units(entitlement: Entitlement) -> int:
    return min(entitlement.seats, TRIAL_SEATS) if entitlement.source == "trial" else entitlement.seats
