"""Dunning: what follows if the next charge after a paid period fails or does not come, and how long access
continues."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from oneai.billing.facts import LifecycleEvent
from oneai.billing.projection import payments, prepaid
from oneai.billing.projection.lifecycle import Lifecycles, SubscriptionLifecycle
from oneai.billing.projection.policy import BillingPolicy, tier_rank
from oneai.billing.providers.capabilities import Capabilities
from oneai.billing.record import FOREVER, BillingRecord, Subscription


@dataclass(frozen=True)
class DunningPeriod:
    """The time from the `end` of a paid period, or of a trial, to the next charge (`paid_at`; FOREVER if there is
    none).

    `tier` and `seats` are what continues. `failed_at` is the first failed attempt, None if none is known; `attempts` is
    the number of the last one; `halted_at` is when the provider gave up. Access continues until `grace_end`, unless the
    subscription ends first. It does not continue if the subscription was `paused` when the period ended: no charge was
    due then, and access returns with the next one. `refunded`: grace ended because the paid period was reversed.
    """

    end: datetime
    tier: str
    paid_at: datetime
    failed_at: datetime | None
    attempts: int
    halted_at: datetime | None
    grace_end: datetime
    seats: int = 1
    paused: bool = False
    refunded: bool = False


@dataclass(frozen=True)
class Dunning:
    """The dunning periods of each subscription of a user.

    `renewals` follow paid periods. `before_replacement`, keyed by the replacement whose first charge is awaited,
    follows the last period of the subscription that it replaces. `after_trial` follows a trial and gives no access,
    because no payment was made yet.
    """

    lifecycles: Lifecycles
    renewals: Mapping[UUID, tuple[DunningPeriod, ...]]
    before_replacement: Mapping[UUID, DunningPeriod]
    after_trial: Mapping[UUID, DunningPeriod]

    def of(self, ours: UUID) -> list[DunningPeriod]:
        """All dunning periods of one subscription."""
        once = (self.before_replacement.get(ours), self.after_trial.get(ours))
        return [*self.renewals[ours], *(each for each in once if each is not None)]

    def open(self, ours: UUID) -> DunningPeriod | None:
        """The dunning period that no charge has ended."""
        return next((each for each in self.of(ours) if each.paid_at == FOREVER), None)


def find_dunning(lifecycles: Lifecycles, policy: BillingPolicy) -> Dunning:
    """All dunning periods."""
    record = lifecycles.record
    before_replacement = {
        ours: _before_replacement(record, replaced, lifecycle, policy)
        for ours, lifecycle in lifecycles.by_id.items()
        if (replaced := lifecycles.replaced_by(lifecycle)) is not None
    }
    after_trial = {ours: _after_trial(record, each, policy) for ours, each in lifecycles.by_id.items()}
    return Dunning(
        lifecycles,
        {ours: tuple(_after_periods(record, each, policy)) for ours, each in lifecycles.by_id.items()},
        {ours: each for ours, each in before_replacement.items() if each is not None},
        {ours: each for ours, each in after_trial.items() if each is not None},
    )


def _after_periods(
    record: BillingRecord, lifecycle: SubscriptionLifecycle, policy: BillingPolicy
) -> Iterator[DunningPeriod]:
    """One for each paid period that another charge was due to follow, whether it came in time or not. None was due
    after a prepaid one."""
    if prepaid.is_prepaid(lifecycle.subscription):
        return
    for charge, following in _renewals(lifecycle):
        paid_at = FOREVER if following is None else following.at
        pause = next((each for each in lifecycle.pauses if each.start <= charge.end < each.end), None)
        dunning = _dunning_period(
            record,
            lifecycle.subscription,
            charge.end,
            charge.at,
            charge.tier,
            seats=charge.seats,
            paid_at=paid_at,
            policy=policy,
            paused_then=pause is not None,
        )
        if pause is not None and (dunning.failed_at is None or dunning.failed_at >= pause.end):
            dunning = replace(
                dunning, paused=True, grace_end=dunning.end if dunning.failed_at is None else dunning.grace_end
            )
        yield _until_reversed(dunning, charge)


def _before_replacement(
    record: BillingRecord, before: SubscriptionLifecycle, after: SubscriptionLifecycle, policy: BillingPolicy
) -> DunningPeriod | None:
    """The time between a subscription's last period and the first charge of the scheduled replacement."""
    authorized_at = after.subscription.snapshot_history.authorized_at
    if not before.accepted or authorized_at is None or after.subscription.replaces != before.subscription.id:
        return None
    charge = max(before.own, key=lambda each: each.end)
    refunded = charge.reversed_at is not None and charge.reversed_at <= charge.end
    if authorized_at > charge.end or refunded or before.end_reason in ("requested", "duplicate"):
        return None
    tier = min(charge.tier, after.first_tier, key=tier_rank)
    seats, paid_at = min(charge.seats, after.first_seats), after.began_at or FOREVER
    dunning = _dunning_period(
        record, after.subscription, charge.end, charge.at, tier, seats=seats, paid_at=paid_at, policy=policy
    )
    return _until_reversed(dunning, charge)


def _until_reversed(dunning: DunningPeriod, charge: payments.PaidPeriod) -> DunningPeriod:
    """Ends the grace when the paid period is reversed."""
    if charge.reversed_at is None or charge.reversed_at >= dunning.grace_end:
        return dunning
    return replace(dunning, grace_end=max(dunning.end, charge.reversed_at), refunded=True)


def _after_trial(
    record: BillingRecord, lifecycle: SubscriptionLifecycle, policy: BillingPolicy
) -> DunningPeriod | None:
    """The time between a trial, granted or not, and the first charge. The charge is attempted as long as any other, but
    without access."""
    end, began_at = lifecycle.subscription.trial_end, lifecycle.subscription.snapshot_history.authorized_at
    if end is None or began_at is None or lifecycle.no_trial == "checkout_cancelled":
        return None
    paid_at = lifecycle.began_at or FOREVER
    return _dunning_period(
        record, lifecycle.subscription, end, began_at, lifecycle.tier, paid_at=paid_at, policy=policy
    )


def _renewals(lifecycle: SubscriptionLifecycle) -> Iterator[tuple[payments.PaidPeriod, payments.PaidPeriod | None]]:
    """Each charge with its renewal. A charge within a period renews nothing, but a charge for its higher tier
    follows; added seats end with their period."""
    renewals: list[payments.PaidPeriod] = []
    last: list[payments.PaidPeriod] = []
    for charge in lifecycle.own:
        if not renewals or charge.end > renewals[-1].end:
            renewals.append(charge)
            last.append(charge)
        elif charge.end == renewals[-1].end:
            last[-1] = max(last[-1], charge, key=_rank_at_end)
    yield from zip(last, [*renewals[1:], None], strict=False)


def _rank_at_end(charge: payments.PaidPeriod) -> tuple[bool, int]:
    """Orders charges: not reversed within its period first, then by tier."""
    return charge.reversed_at is None or charge.reversed_at > charge.end, tier_rank(charge.tier)


def _dunning_period(
    record: BillingRecord,
    subscription: Subscription,
    end: datetime,
    began_at: datetime,
    tier: str,
    *,
    paid_at: datetime,
    policy: BillingPolicy,
    paused_then: bool = False,
    seats: int = 1,
) -> DunningPeriod:
    """The dunning after the period from `began_at` to `end`, until `subscription` was charged at `paid_at`.
    `paused_then`: no charge was due when the period ended."""
    law = subscription.law
    since = max(began_at, end - law.debited_early)
    events = [
        each
        for each in record.lifecycle_events.values()
        if each.subscription_key == subscription.key
        and each.kind in ("attempt_failed", "halted")
        and since < each.at < paid_at
    ]
    failed = sorted(
        each.at
        for each in payments.payments(record, subscription)
        if each.status == "failed" and since < each.at < paid_at
    )
    failed_at = min([each.at for each in events] + failed, default=None)
    halted_at = _halted_at(subscription, events, _separate_attempts(failed, law), began_at, paid_at)
    # A failure long after access ended starts no new grace.
    in_time = failed_at is not None and (paused_then or failed_at <= end + policy.grace)
    counts_from = failed_at if failed_at is not None and in_time else end
    grace_end = max(end, min(halted_at or FOREVER, counts_from + policy.grace))
    numbered = [each.n for each in events if each.kind == "attempt_failed" and each.n is not None]
    counted = [len(_separate_attempts(failed, law)), len({each.at for each in events if each.kind == "attempt_failed"})]
    attempts = law.max_attempts if halted_at is not None else max(numbered + counted)
    return DunningPeriod(end, tier, paid_at, failed_at, min(attempts, law.max_attempts), halted_at, grace_end, seats)


def _halted_at(
    subscription: Subscription,
    events: Sequence[LifecycleEvent],
    attempts: Sequence[datetime],
    after: datetime,
    paid_at: datetime,
) -> datetime | None:
    """When the provider gave up: its event or its last attempt, whichever is earlier."""
    most = subscription.law.max_attempts
    moments = [each.at for each in events if each.kind == "halted" or (each.n or 0) >= most]
    snapshot = subscription.snapshot
    shown = paid_at == FOREVER and snapshot is not None and snapshot.status == "unpaid" and snapshot.at > after
    given_up = moments or shown or paid_at != FOREVER or subscription.ended
    if given_up and len(attempts) >= most:
        moments.append(attempts[most - 1])
    if not moments and shown and snapshot is not None:
        moments.append(snapshot.at)
    return min(moments, default=None)


def _separate_attempts(moments: Sequence[datetime], law: Capabilities) -> list[datetime]:
    """The provider's attempts among failed payments: users may make any number in between."""
    attempts: list[datetime] = []
    for at in moments:
        if not attempts or at - attempts[-1] >= law.between_attempts:
            attempts.append(at)
    return attempts
