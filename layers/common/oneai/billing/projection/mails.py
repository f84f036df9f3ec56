"""Mails that follow from the state: receipts, reminders, refused trials, and payments that came back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from oneai.billing.facts import Payment
from oneai.billing.projection import bought_credits, offers, orders, payments, prepaid, trials
from oneai.billing.projection.dunning import DunningPeriod
from oneai.billing.projection.entitlements import EntitlementTimeline
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.policy import (
    CREDITS_LAST_MONTHS,
)
from oneai.billing.projection.spans import add_months
from oneai.billing.projection.status import is_past_due
from oneai.billing.providers.capabilities import Capabilities
from oneai.billing.record import FOREVER, BillingRecord


@dataclass(frozen=True)
class Mail:
    """A mail that is queued once for its cause."""

    kind: Literal[
        "payment_receipt", "credit_receipt", "payment_reminder", "trial_refused", "payment_reversed", "period_ending"
    ]
    cause: str
    data: dict[str, Any]


def mails(timeline: EntitlementTimeline, now: datetime) -> Iterator[Mail]:
    """A receipt for each newly valid payment, a reminder for the newest failed attempt, and a mail about a refused
    trial or a payment that came back."""
    yield from _seat_receipts(timeline.record)
    yield from _offer_receipts(timeline.record)
    yield from _credit_receipts(timeline.record)
    for lifecycle in timeline.lifecycles.all():
        yield from _trial_refused_mail(lifecycle, now)
        yield from _payment_reversed_mail(lifecycle, timeline.record.lowest_tier)
        yield from _period_ending_mail(lifecycle, now)
        for charge in lifecycle.own:
            if charge.payment.id not in timeline.record.payments_with_receipt:
                yield Mail("payment_receipt", str(charge.payment.id), _receipt(charge))
        dunning = timeline.dunning.open(lifecycle.subscription.id)
        if (
            dunning is None
            or not is_past_due(lifecycle, dunning)
            or lifecycle.ended_at != FOREVER
            or not (dunning.attempts or _waits_for_yes(lifecycle))
        ):
            continue
        if (
            now < dunning.grace_end + lifecycle.subscription.law.debited_early
            and lifecycle.subscription.cancel_requested_at is None
        ):
            trial_pending = not lifecycle.accepted and lifecycle.subscription.id in timeline.dunning.after_trial
            has_access = not trial_pending and not dunning.paused
            waits = _waits_for_yes(lifecycle) and dunning.attempts < lifecycle.subscription.law.max_attempts
            # A charge that waits for the payer's yes has one mail, however often the provider tries.
            attempt = 1 if waits else dunning.attempts
            cause = f"{lifecycle.subscription.id}:{dunning.end:%Y-%m-%dT%H:%M:%SZ}:{attempt}"
            subscription = lifecycle.subscription
            yield Mail(
                "payment_reminder",
                cause,
                {
                    "plan": lifecycle.tier.capitalize(),
                    "amount": (subscription.amount or 0) * subscription.quantity,
                    "currency": subscription.currency or "INR",
                    "attempt": attempt,
                    "last_day": _access_ends(dunning, subscription.law).isoformat()
                    if dunning.grace_end > now and has_access
                    else None,
                    "ended_at": dunning.grace_end.isoformat() if dunning.grace_end <= now and has_access else None,
                    "pay_url": subscription.short_url,
                    **({"waits_for_yes": True} if waits else {}),
                },
            )


def _period_ending_mail(lifecycle: SubscriptionLifecycle, now: datetime) -> Iterator[Mail]:
    """The reminder before a prepaid plan ends; none for a plan that its payer has cancelled."""
    subscription = lifecycle.subscription
    last = max(lifecycle.own, key=lambda each: each.end, default=None)
    if last is None or last.windows is None or subscription.cancel_requested_at is not None:
        return
    if not prepaid.reminded_at(last) <= now < min(prepaid.ends(last), lifecycle.ended_at):
        return
    yield Mail(
        "period_ending",
        f"{subscription.id}:{last.end:%Y-%m-%dT%H:%M:%SZ}",
        {
            "plan": last.tier,
            "amount": (subscription.amount or 0) * last.seats,
            "currency": last.payment.currency,
            "ends_at": last.end.isoformat(),
        },
    )


def _waits_for_yes(lifecycle: SubscriptionLifecycle) -> bool:
    """Whether the payer's bank asks them about each charge of the subscription."""
    subscription = lifecycle.subscription
    amount = (subscription.amount or 0) * subscription.quantity
    return subscription.law.is_confirmed_each_time(amount, subscription.currency or "INR")


def _access_ends(dunning: DunningPeriod, law: Capabilities) -> datetime:
    """When access ends without a payment: at the provider's last attempt, or earlier with the grace.

    An e-mandate may be charged later than the provider says, so access may last longer than announced, but never
    shorter.
    """
    if dunning.failed_at is None:
        return dunning.grace_end
    return max(dunning.end, min(dunning.grace_end, dunning.failed_at + law.last_attempt_after))


def _trial_refused_mail(lifecycle: SubscriptionLifecycle, now: datetime) -> Iterator[Mail]:
    """The mail that there is no trial, while the user can still cancel before the first charge."""
    subscription = lifecycle.subscription
    due = subscription.trial_end
    late = lifecycle.no_trial == "unknown" and trials.instrument_deadline(subscription, now) <= now
    if (
        due is None
        or not (late or lifecycle.no_trial == "used")
        or lifecycle.accepted
        or not now < min(due, lifecycle.ended_at)
    ):
        return
    yield Mail(
        "trial_refused",
        str(subscription.id),
        {
            "plan": lifecycle.tier,
            "amount": (subscription.amount or 0) * subscription.quantity,
            "currency": subscription.currency or "INR",
            "reason": lifecycle.no_trial,
            "first_charge_at": due.isoformat() if subscription.cancel_requested_at is None else None,
        },
    )


def _payment_reversed_mail(lifecycle: SubscriptionLifecycle, lowest_tier: str) -> Iterator[Mail]:
    """The mail that a subscription is cancelled because a payment came back; none if the user had ended it before.
    `lowest_tier` is what the workspace has then."""
    reversal, ended_early_at = lifecycle.reversal, lifecycle.ended_early_at
    if reversal is None or reversal.inherited or (ended_early_at is not None and ended_early_at <= reversal.at):
        return
    yield Mail(
        "payment_reversed",
        str(lifecycle.subscription.id),
        {
            "plan": lifecycle.tier,
            "new_plan": lowest_tier,
            "amount": reversal.payment.amount,
            "currency": reversal.payment.currency,
            "payment_id": reversal.payment.ref,
            "by": reversal.by,
            "reversed_at": reversal.at.isoformat(),
            "ends_at": lifecycle.cancel_at.isoformat() if lifecycle.cancel_at not in (None, reversal.at) else None,
        },
    )


def _seat_receipts(record: BillingRecord) -> Iterator[Mail]:
    """A receipt for each newly valid payment of added seats, with its invoice, which needs nothing but its order. A
    second payment of an order has both too, and its refund a mail of its own."""
    purchases = orders.purchases(record) if record.seat_orders else ()
    for purchase in sorted(purchases, key=lambda each: (each.payment.at, each.payment.ref)):
        payment, order = purchase.payment, record.seat_orders.get(purchase.order.key)
        subscription = None if order is None else record.subscriptions.get(order.subscription_id)
        if order is None or subscription is None or payment.at > order.expires_at:
            continue
        if payment.id not in record.payments_with_invoice:
            tier = payments.subscription_tier(record, subscription)
            yield Mail("payment_receipt", str(payment.id), _receipt_data(payment, tier, order.period_end))


def _offer_receipts(record: BillingRecord) -> Iterator[Mail]:
    """A receipt for each newly paid offer, with its invoice."""
    for paid in offers.paid_offers(record):
        if paid.payment.id not in record.payments_with_invoice:
            data = _receipt_data(paid.payment, paid.offer.plan_id, paid.end)
            yield Mail("payment_receipt", str(paid.payment.id), data)


def _credit_receipts(record: BillingRecord) -> Iterator[Mail]:
    """A receipt for each newly bought package of credits, with its invoice."""
    purchases = offers.all_purchases(record) if record.credit_orders else ()
    for order, payment in bought_credits.bought(record, purchases):
        if payment.id not in record.payments_with_invoice and payment.id in order.judged:
            data = {
                "amount": payment.amount,
                "currency": payment.currency,
                "payment_id": payment.ref,
                "paid_at": payment.at.isoformat(),
                "credit_micro_usd": order.credit_micro_usd,
                "bonus_micro_usd": order.bonus_micro_usd,
                "expires_at": add_months(payment.at, CREDITS_LAST_MONTHS).isoformat(),
                "automatic": order.charge_at is not None,
            }
            yield Mail("credit_receipt", str(payment.id), data)


def _receipt(charge: payments.PaidPeriod) -> dict[str, Any]:
    return _receipt_data(charge.payment, charge.tier, charge.end)


def _receipt_data(payment: Payment, tier: str, period_end: datetime) -> dict[str, Any]:
    return {
        "plan": tier.capitalize(),
        "amount": payment.amount,
        "currency": payment.currency,
        "payment_id": payment.ref,
        "paid_at": payment.at.isoformat(),
        "period_end": period_end.isoformat(),
    }
