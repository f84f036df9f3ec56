"""Lists captured payments, refunds and disputes of our account at Stripe, and finds what a payment pays."""

from datetime import datetime
from urllib.parse import quote

from oneai import log
from oneai.billing.facts import Dispute, Observation, Refund
from oneai.billing.providers.face import Fetch, ListedPayment
from oneai.billing.providers.stripe import checkouts, entities
from oneai.billing.providers.stripe import values as read
from oneai.billing.providers.stripe.reading import fetch, fetch_order, pages
from oneai.billing.providers.stripe.values import Entity
from oneai.clients import stripe


async def list_payments(since: datetime, until: datetime) -> tuple[ListedPayment, ...]:
    """The captured payments that were made between these seconds, both included, with their fees.

    They are found by their charges: a payment intent keeps its date while it is tried for weeks.
    """
    found = []
    async for charge in pages("/charges", created=_span(since, until), expand=["data.balance_transaction"]):
        if charge.get("status") != "succeeded" or charge.get("captured") is False:
            continue
        try:
            found.append(_listed(charge))
        except ValueError as error:
            log.warning("a listed payment cannot be read", payment=read.word(charge.get("id")), error=str(error))
    return tuple(found)


async def list_refunds(since: datetime, until: datetime) -> tuple[Refund, ...]:
    """The refunds that were made between these seconds, both included."""
    found = []
    async for each in pages("/refunds", created=_span(since, until)):
        try:
            found.append(entities.refund(each))
        except ValueError as error:
            log.warning("a listed refund cannot be read", refund=read.word(each.get("id")), error=str(error))
    return tuple(found)


async def list_disputes(since: datetime, at: datetime) -> tuple[Dispute, ...]:
    """The disputes that were opened from this second on, in the statuses that they have at `at`."""
    found = []
    async for each in pages("/disputes", created={"gte": int(since.timestamp())}):
        try:
            found.append(entities.dispute(each, at))
        except ValueError as error:
            log.warning("a listed dispute cannot be read", dispute=read.word(each.get("id")), error=str(error))
    return tuple(found)


async def fetch_paid(ref: str) -> Observation:
    """What a payment pays, with all payments of it: its subscription or its order. Empty if it pays neither."""
    if not ref.startswith("pi_"):
        return Observation()  # a charge without a payment intent, which no request of ours makes
    async for each in pages("/invoice_payments", payment={"type": "payment_intent", "payment_intent": ref}):
        bill = await stripe.get(f"/invoices/{quote(read.required(each, 'invoice'), safe='')}")
        subscription = entities.subscription_of(bill)
        if subscription is not None:
            return await fetch(Fetch(subscription, with_payments=True))
    async for session in pages("/checkout/sessions", payment_intent=ref):
        order = checkouts.order(session)
        if order is not None:
            return await fetch_order(order.ref)
    intent = await stripe.get(f"/payment_intents/{quote(ref, safe='')}")
    is_debit = read.DEBIT in read.metadata(intent) and checkouts.order(intent) is not None
    return await fetch_order(ref) if is_debit else Observation()


def _listed(charge: Entity) -> ListedPayment:
    """A captured charge. Raises ValueError."""
    currency = read.required(charge, "currency").upper()
    captured, refunded = read.number(charge.get("amount_captured")), read.number(charge.get("amount_refunded")) or 0
    if captured is None:
        raise ValueError("amount_captured is missing")
    ref = read.word(charge.get("payment_intent")) or read.required(charge, "id")
    amount = read.our_amount(captured, currency)
    return ListedPayment(ref, read.created_at(charge), amount, currency, refunded >= captured, entities.fee(charge))


def _span(since: datetime, until: datetime) -> dict[str, int]:
    return {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
