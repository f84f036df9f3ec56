"""What comes after a paid period when the next charge does not: attempts that fail, and how long access goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oneai.billing.projection import payments
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import ATTEMPTS, BETWEEN_ATTEMPTS, EARLY_DEBIT, BillingPolicy, order
from oneai.billing.record import FOREVER, BillingRecord, MarkKept, Subscription


@dataclass(frozen=True)
class DunningPeriod:
    """The time after the `end` of a period that was paid, or of a trial, until the next charge (`paid_at`; FOREVER
    where none came).

    `failed_at` is the first attempt that failed, None where none is known to have; `attempts` the number of the last;
    `halted_at` when the provider gave up. Until `grace_end` access goes on, as far as the subscription does; not where
    it was `paused` when the period ended: then nothing was due, and nothing is given before the next charge.
    `given_back`: grace ended because what was paid went back.
    """

    end: datetime
    tier: str
    paid_at: datetime
    failed_at: datetime | None
    attempts: int
    halted_at: datetime | None
    grace_end: datetime
    paused: bool = False
    given_back: bool = False


def spells(known: BillingRecord, course: SubscriptionLifecycle, rules: BillingPolicy) -> list[DunningPeriod]:
    """One for each paid period after which another charge was due, whether it came in time or not."""
    found = []
    for charge, following in _renewals(course):
        paid_at = FOREVER if following is None else following.at
        pause = next((each for each in course.pauses if each.start <= charge.end < each.end), None)
        spell = _spell(
            known,
            course.subscription,
            charge.end,
            charge.at,
            charge.tier,
            paid_at=paid_at,
            rules=rules,
            paused_then=pause is not None,
        )
        if pause is not None and (spell.failed_at is None or spell.failed_at >= pause.end):
            spell = replace(spell, paused=True, grace_end=spell.end if spell.failed_at is None else spell.grace_end)
        found.append(_while_paid(spell, charge))
    return found


def bridge(
    known: BillingRecord, before: SubscriptionLifecycle, after: SubscriptionLifecycle, rules: BillingPolicy
) -> DunningPeriod | None:
    """The time between a subscription's last period and the first charge of the one that replaces it from then on."""
    authorized_at = after.subscription.seen.authorized_at
    if not before.kept or authorized_at is None or after.subscription.replaces != before.subscription.id:
        return None
    charge = max(before.kept, key=lambda each: each.end)
    given_back = charge.taken_back_at is not None and charge.taken_back_at <= charge.end
    if authorized_at > charge.end or given_back or before.why in ("requested", "duplicate"):
        return None
    tier = min(charge.tier, after.tier, key=order)
    paid_at = after.began_at or FOREVER
    spell = _spell(known, after.subscription, charge.end, charge.at, tier, paid_at=paid_at, rules=rules)
    return _while_paid(spell, charge)


def _while_paid(spell: DunningPeriod, charge: payments.PaidPeriod) -> DunningPeriod:
    """Who gets their money back has no grace any longer."""
    if charge.taken_back_at is None or charge.taken_back_at >= spell.grace_end:
        return spell
    return replace(spell, grace_end=max(spell.end, charge.taken_back_at), given_back=True)


def after_trial(known: BillingRecord, course: SubscriptionLifecycle, rules: BillingPolicy) -> DunningPeriod | None:
    """The time between a trial, had or not, and the first charge, which is tried for as long as any other; access does
    not go on."""
    end, began_at = course.subscription.trial_end, course.subscription.seen.authorized_at
    if end is None or began_at is None or course.no_trial == "withdrawn":
        return None
    paid_at = course.began_at or FOREVER
    return _spell(known, course.subscription, end, began_at, course.tier, paid_at=paid_at, rules=rules)


def _renewals(course: SubscriptionLifecycle) -> Iterator[tuple[payments.PaidPeriod, payments.PaidPeriod | None]]:
    """Every charge with the one that renewed it; one within a period renews nothing, but what it raised goes on."""
    renewals: list[payments.PaidPeriod] = []
    last: list[payments.PaidPeriod] = []
    for charge in course.kept:
        if not renewals or charge.end > renewals[-1].end:
            renewals.append(charge)
            last.append(charge)
        elif charge.end == renewals[-1].end:
            last[-1] = max(last[-1], charge, key=_had_at_end)
    yield from zip(last, [*renewals[1:], None], strict=False)


def _had_at_end(charge: payments.PaidPeriod) -> tuple[bool, int]:
    """Whether what was paid for was had to the end of its period, and how much that was."""
    return charge.taken_back_at is None or charge.taken_back_at > charge.end, order(charge.tier)


def _spell(
    known: BillingRecord,
    subscription: Subscription,
    end: datetime,
    began_at: datetime,
    tier: str,
    *,
    paid_at: datetime,
    rules: BillingPolicy,
    paused_then: bool = False,
) -> DunningPeriod:
    """The spell after the period until `end` that was paid or tried at `began_at`, until `subscription` was charged at
    `paid_at`; `paused_then`: nothing was due when the period ended."""
    since = max(began_at, end - EARLY_DEBIT)
    marks = [
        each
        for each in known.marks.values()
        if each.subscription_id == subscription.id
        and each.kind in ("attempt_failed", "halted")
        and since < each.at < paid_at
    ]
    failed = sorted(
        each.at
        for each in payments.payments(known, subscription)
        if each.status == "failed" and since < each.at < paid_at
    )
    failed_at = min([each.at for each in marks] + failed, default=None)
    halted_at = _halted_at(subscription, marks, _apart(failed), began_at, paid_at)
    # What fails when access was lost long since gives nothing back.
    in_time = failed_at is not None and (paused_then or failed_at <= end + rules.grace)
    counts_from = failed_at if failed_at is not None and in_time else end
    grace_end = max(end, min(halted_at or FOREVER, counts_from + rules.grace))
    numbered = [each.n for each in marks if each.kind == "attempt_failed" and each.n is not None]
    counted = [len(_apart(failed)), len({each.at for each in marks if each.kind == "attempt_failed"})]
    attempts = ATTEMPTS if halted_at is not None else max(numbered + counted)
    return DunningPeriod(end, tier, paid_at, failed_at, min(attempts, ATTEMPTS), halted_at, grace_end)


def _halted_at(
    subscription: Subscription,
    marks: Sequence[MarkKept],
    attempts: Sequence[datetime],
    after: datetime,
    paid_at: datetime,
) -> datetime | None:
    """When the provider gave up: when it said so, or its last attempt, whichever is known to be first."""
    told = [each.at for each in marks if each.kind == "halted" or (each.n or 0) >= ATTEMPTS]
    snapshot = subscription.snapshot
    shown = paid_at == FOREVER and snapshot is not None and snapshot.status == "unpaid" and snapshot.at > after
    given_up = told or shown or paid_at != FOREVER or subscription.ended
    if given_up and len(attempts) >= ATTEMPTS:
        told.append(attempts[ATTEMPTS - 1])
    if not told and shown and snapshot is not None:
        told.append(snapshot.at)
    return min(told, default=None)


def _apart(moments: Sequence[datetime]) -> list[datetime]:
    """The attempts among payments that failed: the provider makes one a day, people as many as they like."""
    found: list[datetime] = []
    for at in moments:
        if not found or at - found[-1] >= BETWEEN_ATTEMPTS:
            found.append(at)
    return found
