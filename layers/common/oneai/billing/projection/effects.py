"""What else follows from a standing: what the provider is told, mail, documents, and what operators are told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from oneai.billing.merge import Changes
from oneai.billing.projection import payments, trials
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import ATTEMPTS, BEFORE_DUPLICATES_END, EARLY_DEBIT, REFUNDS_AGAIN, BillingPolicy
from oneai.billing.projection.summary import failing, open_spell
from oneai.billing.record import FOREVER, BillingRecord, Payment

type Lifecycles = Mapping[UUID, SubscriptionLifecycle]


@dataclass(frozen=True)
class ProviderOperation:
    """What the provider is to be told, once. `alert`: what operators hear when it is first decided."""

    dedupe_key: str
    kind: Literal["cancel", "refund"]
    reason: Literal["replaced", "duplicate", "requested", "slipped_through"]
    subscription_id: UUID
    payment_id: UUID | None = None
    amount: int | None = None
    as_of: datetime | None = None
    due_at: datetime | None = None
    alert: str | None = None


@dataclass(frozen=True)
class Mail:
    """A letter, posted once for its cause."""

    kind: Literal["payment_receipt", "payment_reminder", "trial_refused"]
    cause: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Alert:
    """What operators should know."""

    kind: Literal["payment_quarantined", "payment_disputed", "payment_refunded", "provider_call_failed"]
    subject: str
    detail: dict[str, Any]


def calls(
    known: BillingRecord, courses: Lifecycles, now: datetime, rules: BillingPolicy
) -> Iterator[ProviderOperation]:
    """Subscriptions that another took the place of are cancelled and the rest of their period given back, what slipped
    through after an end in full. Who ended one at once asked for the rest of it themselves, but for what nobody had
    heard of then. What goes on charging after its end is cancelled for every charge."""
    for course in courses.values():
        ours, ref = course.subscription.id, course.subscription.ref
        for charge in course.slipped:
            left = charge.payment.amount - payments.given_back(known, charge.payment)
            # What its payer's bank may take back, or has, must not go back twice.
            if left > 0 and not payments.disputed(known, charge.payment):
                yield ProviderOperation(
                    f"refund:{charge.payment.id}:slipped",
                    "refund",
                    "slipped_through",
                    ours,
                    charge.payment.id,
                    left,
                    alert="payment_slipped_through",
                )
        yield from _failed_before(known, course)
        living = ref is not None and not course.subscription.ended
        if living and course.over_at <= now:
            for charge in course.slipped:
                yield ProviderOperation(f"cancel:{ours}:{charge.payment.id}", "cancel", "slipped_through", ours)
        if course.why in ("replaced", "duplicate") and course.cut_at is not None:
            yield from _superseded(course, course.why, course.cut_at, now, living=living)
        elif course.subscription.ended_by_owner and course.why == "requested" and course.cut_at is not None:
            for charge in _running(course, course.cut_at):
                if charge.at >= course.cut_at - timedelta(days=rules.refund_days):
                    paid = charge.payment.id
                    yield ProviderOperation(f"refund:{paid}", "refund", "requested", ours, paid, as_of=course.cut_at)


def _running(course: SubscriptionLifecycle, at: datetime) -> list[payments.PaidPeriod]:
    """What was paid for then, and not given back."""
    return [each for each in course.kept if each.start <= at < each.end and each.taken_back_at is None]


def _failed_before(known: BillingRecord, course: SubscriptionLifecycle) -> Iterator[ProviderOperation]:
    """Refunds of ours that the provider took and could not make: made again under another key, a few times, but for
    what somebody gave back by hand meanwhile."""
    slipped = {charge.payment.id for charge in course.slipped}
    for payment in payments.payments(known, course.subscription):
        failed = payments.failed_of_ours(known, payment)
        if len(failed) > REFUNDS_AGAIN or payments.disputed(known, payment):
            continue
        for lost in failed:
            since = [
                each.amount for each in payments.refunds(known, payment) if not each.call_id and each.at >= lost.at
            ]
            owed = min(lost.amount - sum(since), payment.amount - payments.given_back(known, payment))
            reason: Literal["slipped_through", "requested"] = "requested"
            if payment.id in slipped:
                reason = "slipped_through"
            if owed > 0:
                dedupe_key = f"refund:{payment.id}:again:{lost.ref}"
                yield ProviderOperation(dedupe_key, "refund", reason, course.subscription.id, payment.id, owed)


def _superseded(
    course: SubscriptionLifecycle, why: Literal["replaced", "duplicate"], at: datetime, now: datetime, *, living: bool
) -> Iterator[ProviderOperation]:
    ours = course.subscription.id
    # Of two that live, one may have ended without our having heard of it: its word comes first.
    due_at = now + BEFORE_DUPLICATES_END if why == "duplicate" else None
    running = _running(course, at)
    if living:
        alert = "two_subscriptions" if running and why == "duplicate" else None
        yield ProviderOperation(f"cancel:{ours}", "cancel", why, ours, due_at=due_at, alert=alert)
    for charge in running:
        paid = charge.payment.id
        yield ProviderOperation(f"refund:{paid}", "refund", why, ours, paid, as_of=at, due_at=due_at)


def mails(known: BillingRecord, courses: Lifecycles, timeline: EntitlementTimeline, now: datetime) -> Iterator[Mail]:
    """A receipt for each payment that was not known to be in order before, a reminder for the newest attempt that
    failed, and word of a trial that does not begin."""
    for course in courses.values():
        yield from _no_trial(course, now)
        for charge in course.kept:
            if charge.payment.id not in known.receipted:
                yield Mail("payment_receipt", charge.payment.ref, _receipt(charge))
        spell = open_spell(course, timeline)
        if spell is None or not failing(course, spell) or course.over_at != FOREVER or not spell.attempts:
            continue
        if now < spell.grace_end + EARLY_DEBIT and course.subscription.cancel_requested_at is None:
            tried = not course.kept and course.subscription.id in timeline.tries
            going_on = not tried and not spell.paused
            cause = f"{course.subscription.id}:{spell.end:%Y-%m-%dT%H:%M:%SZ}:{spell.attempts}"
            subscription = course.subscription
            yield Mail(
                "payment_reminder",
                cause,
                {
                    "plan": course.tier.capitalize(),
                    "amount": subscription.amount or 0,
                    "currency": subscription.currency or "INR",
                    "attempt": spell.attempts,
                    "last_day": _last_day(spell).isoformat() if spell.grace_end > now and going_on else None,
                    "ended_at": spell.grace_end.isoformat() if spell.grace_end <= now and going_on else None,
                    "pay_url": subscription.short_url,
                },
            )


def _last_day(spell: DunningPeriod) -> datetime:
    """When access ends unless a payment comes: with the provider's last attempt, or before that with the grace.

    Cards and UPI are tried once a day, ATTEMPTS times in all, after which the provider gives up (Razorpay,
    Subscriptions, retries). An e-mandate may be tried later, and access then goes on for longer than was promised,
    never shorter.
    """
    if spell.failed_at is None:
        return spell.grace_end
    return max(spell.end, min(spell.grace_end, spell.failed_at + timedelta(days=ATTEMPTS - 1)))


def _no_trial(course: SubscriptionLifecycle, now: datetime) -> Iterator[Mail]:
    """That there is no trial, while there is time to cancel before the first charge."""
    subscription = course.subscription
    due = subscription.trial_end
    late = course.no_trial == "unknown" and trials.asked_until(subscription, now) <= now
    if due is None or not (late or course.no_trial == "used") or course.kept or not now < min(due, course.over_at):
        return
    yield Mail(
        "trial_refused",
        str(subscription.id),
        {
            "plan": course.tier,
            "amount": (subscription.amount or 0) * subscription.quantity,
            "currency": subscription.currency or "INR",
            "reason": course.no_trial,
            "first_charge_at": due.isoformat() if subscription.cancel_requested_at is None else None,
        },
    )


def _receipt(charge: payments.PaidPeriod) -> dict[str, Any]:
    return {
        "plan": charge.tier.capitalize(),
        "amount": charge.payment.amount,
        "currency": charge.payment.currency,
        "payment_id": charge.payment.ref,
        "paid_at": charge.at.isoformat(),
        "period_end": charge.end.isoformat(),
    }


def alerts(known: BillingRecord, noted: Changes) -> Iterator[Alert]:
    """What became known just now and somebody should look at."""
    for payment in known.payments.values():
        subscription = known.subscriptions[payment.subscription_id]
        heard = payment.quarantined_at is None or payment.ref in noted.payments
        odd = heard and payments.in_quarantine(known, subscription, payment)
        if odd and not payments.awaits_invoice(known, subscription, payment):
            yield Alert("payment_quarantined", payment.ref, _about(payment))
    by_id = {each.id: each for each in known.payments.values()}
    for ref in sorted(noted.disputes):
        dispute = known.disputes[ref]
        paid = by_id[dispute.payment_id]
        yield Alert("payment_disputed", paid.ref, {**_about(paid), "dispute": ref, "status": dispute.status})
    for ref in sorted(noted.new_refunds | noted.failed_refunds):
        refund = known.refunds[ref]
        paid = by_id[refund.payment_id]
        about = {**_about(paid), "refund": ref, "refunded": refund.amount, "status": refund.status}
        if refund.call_id is not None:
            if ref in noted.failed_refunds:
                given_up = len(payments.failed_of_ours(known, paid)) > REFUNDS_AGAIN
                yield Alert("provider_call_failed", paid.ref, {**about, "given_up": given_up})
        elif not payments.is_token(known, known.subscriptions[paid.subscription_id], paid):
            yield Alert("payment_refunded", paid.ref, about)


def _about(payment: Payment) -> dict[str, Any]:
    return {
        "subscription": str(payment.subscription_id),
        "amount": payment.amount,
        "currency": payment.currency,
    }
