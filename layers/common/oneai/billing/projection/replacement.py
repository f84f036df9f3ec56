"""The courses of all subscriptions of a person: of several that are paid, the newest takes the others' place."""

from datetime import datetime
from uuid import UUID

from oneai.billing.projection import payments
from oneai.billing.projection.lifecycle import EndReason, SubscriptionLifecycle, course
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.record import FOREVER, BillingRecord


def courses(known: BillingRecord) -> dict[UUID, SubscriptionLifecycle]:
    """Every subscription's course, those that were replaced cut where the newer one begins."""
    found = {each.id: course(known, each) for each in known.subscriptions.values()}
    done: set[UUID] = set()
    while (newer := _next(found, done)) is not None:
        done.add(newer.subscription.id)
        for older in list(found.values()):
            at = _takes_over_at(known, older, newer)
            if at is not None and _gives_way(older, newer, at):
                why: EndReason = "replaced" if _chosen(older, newer) else "duplicate"
                found[older.subscription.id] = course(known, older.subscription, at, why)
    return found


def _next(found: dict[UUID, SubscriptionLifecycle], done: set[UUID]) -> SubscriptionLifecycle | None:
    """The one that was paid first of those that have not been looked at."""
    left = [each for each in found.values() if each.began_at is not None and each.subscription.id not in done]
    return min(left, key=_age, default=None)


def _age(one: SubscriptionLifecycle) -> tuple[datetime, datetime, str]:
    """Several may be paid within one second, which is all the provider tells."""
    return one.began_at or FOREVER, one.subscription.created_at, str(one.subscription.id)


def _takes_over_at(known: BillingRecord, older: SubscriptionLifecycle, newer: SubscriptionLifecycle) -> datetime | None:
    """When `newer` takes the place of `older`: when what was first paid for it begins.

    Payments that were given back take nobody's place, unless it was chosen to, or something of `older` was given back
    for it already.
    """
    if not newer.kept or _chosen(older, newer) or _given_back_for(known, older, newer.kept[0]):
        return newer.begins_at
    return min((newer.begins(each) for each in newer.kept if each.taken_back_at is None), default=None)


def _chosen(older: SubscriptionLifecycle, newer: SubscriptionLifecycle) -> bool:
    """Whether somebody chose to have `newer` instead of `older`."""
    return newer.subscription.replaces == older.subscription.id


def _given_back_for(known: BillingRecord, older: SubscriptionLifecycle, first: PaidPeriod) -> bool:
    """Whether something of what ran when another's `first` charge came was given back since, and before that was."""
    running = [each for each in older.kept if each.start <= first.at < each.end]
    moments = [back.at for each in running for back in payments.refunds(known, each.payment)]
    return any(first.at <= at <= (first.taken_back_at or FOREVER) for at in moments)


def _gives_way(older: SubscriptionLifecycle, newer: SubscriptionLifecycle, at: datetime) -> bool:
    """Whether `older` lived when `newer` took over: paid before, or authorized to be charged later."""
    if older.subscription.id == newer.subscription.id or not _leaves_something(older, newer, at):
        return False
    if _chosen(newer, older):
        return False
    if older.began_at is not None and _age(older) < _age(newer):
        return True
    authorized_at = older.subscription.seen.authorized_at
    waiting = older.began_at is None or older.began_at > at
    return authorized_at is not None and authorized_at <= at and waiting


def _leaves_something(older: SubscriptionLifecycle, newer: SubscriptionLifecycle, at: datetime) -> bool:
    """Whether `older` was not over, or was paid for longer: who chose another meanwhile has the rest given back, though
    their bank ended it first."""
    if older.over_at > at:
        return True
    if not _chosen(older, newer) or (older.cut_at or FOREVER) <= at:
        return False
    return any(each.end > at for each in older.kept if each.taken_back_at is None)
