"""Reads a subscription, with its payments, or an order from Razorpay."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from oneai import log
from oneai.billing.facts import (
    Dispute,
    LifecycleEvent,
    Observation,
    ObservedInvoice,
    Payment,
    Refund,
    Snapshot,
)
from oneai.billing.providers.face import ListedPayment
from oneai.billing.providers.razorpay import entities as parse
from oneai.billing.providers.razorpay import mandates
from oneai.billing.providers.razorpay.entities import Entity
from oneai.clients import razorpay
from oneai.postgres import db

PAGE_SIZE = 100
# Concurrent requests about one subscription.
CONCURRENCY = 4


async def fetch_subscription(
    ref: str,
    *,
    with_payments: bool,
    closed_invoices: Collection[str] = (),
    payments_with_pending_refund: Collection[str] = (),
    with_mandate: bool = False,
    at: datetime | None = None,
) -> Observation:
    """Fetches the subscription; `with_payments` also its invoices, all attempts to pay them, and their refunds.

    Of `closed_invoices` only the invoices themselves. `payments_with_pending_refund`: payments to check, because a
    refund that failed no longer shows at its payment. `with_mandate`: also what the mandate was authorized for, while
    the first charge is due. `at`: as in `Fetch`.
    """
    at = at or await now()
    entity = await razorpay.get(path_of(ref))
    observation = as_observation(entity, at)
    if with_mandate and observation.snapshots[0].status == "trial":
        observation = replace(observation, instruments=await mandates.of_subscription(entity, at))
    if not with_payments:
        return observation
    bills = [each async for each in pages("/invoices", subscription_id=ref)]
    open_bills = [each for each in bills if each.get("id") not in closed_invoices]
    payments, refunds = await _payments_and_refunds(open_bills, ref, payments_with_pending_refund)
    invoices: tuple[ObservedInvoice, ...] = tuple(parse.invoice(each) for each in bills)
    return replace(observation, payments=payments, invoices=invoices, refunds=refunds)


async def fetch_order(ref: str) -> Observation:
    """Fetches an order, with all attempts to pay it and their refunds."""
    order = parse.order(await razorpay.get(f"/orders/{quote(ref, safe='')}"))
    payments, refunds = await _payments_and_refunds([{"order_id": ref}], None)
    return Observation(payments=payments, refunds=refunds, orders=(order,) if order is not None else ())


async def fetch_payment(ref: str, subscription_ref: str) -> Observation:
    """Fetches a payment of this subscription, with its instrument. The small amount that authorizes a mandate does not
    reference the subscription, and is in no list of the subscription's payments."""
    at, entity = await now(), await read_payment(ref)
    payment = parse.payment(entity, subscription_ref=subscription_ref)
    if payment is None or payment.status == "failed":
        return Observation(payments=(payment,) if payment is not None else ())
    return Observation(payments=(payment,), instruments=await mandates.of_payment(entity, subscription_ref, at))


async def list_payments(since: datetime, until: datetime) -> tuple[ListedPayment, ...]:
    """All captured payments that were made between these seconds, both included."""
    span = {"from": int(since.timestamp()), "to": int(until.timestamp())}
    found = [_listed(each) async for each in pages("/payments", **span)]
    return tuple(each for each in found if each is not None)


async def list_refunds(since: datetime, until: datetime) -> tuple[Refund, ...]:
    """All refunds that were made between these seconds, both included."""
    span = {"from": int(since.timestamp()), "to": int(until.timestamp())}
    found = []
    async for each in pages("/refunds", **span):
        try:
            found.append(parse.refund(each))
        except ValueError as error:
            log.warning("a listed refund cannot be read", refund=parse.word(each.get("id")), error=str(error))
    return tuple(found)


async def list_disputes(since: datetime, at: datetime) -> tuple[Dispute, ...]:
    """All disputes that were opened from this second on, in the statuses that they have at `at`."""
    found = []
    async for each in pages("/disputes", **{"from": int(since.timestamp())}):
        try:
            found.append(parse.dispute(each, "", at))
        except ValueError as error:
            log.warning("a listed dispute cannot be read", dispute=parse.word(each.get("id")), error=str(error))
    return tuple(found)


def _listed(entity: Entity) -> ListedPayment | None:
    """A payment in the list of all; None if it is not captured, or cannot be read."""
    try:
        found = parse.payment(entity)
    except ValueError as error:
        log.warning("a listed payment cannot be read", payment=parse.word(entity.get("id")), error=str(error))
        return None
    if found is None or found.status != "captured":
        return None
    refunded = found.amount_refunded >= found.amount
    return ListedPayment(found.ref, found.at, found.amount, found.currency, refunded, found.fee)


async def fetch_paid(ref: str) -> Observation:
    """Fetches what a payment pays, with all payments of it: its subscription or its order. Empty if it pays neither."""
    entity = await read_payment(ref)
    if invoice := parse.word(entity.get("invoice_id")):
        bill = await razorpay.get(f"/invoices/{quote(invoice, safe='')}")
        subscription = parse.word(bill.get("subscription_id"))
        return Observation() if subscription is None else await fetch_subscription(subscription, with_payments=True)
    order = parse.word(entity.get("order_id"))
    return Observation() if order is None else await fetch_order(order)


async def changes_in_place(payment_ref: str) -> bool:
    """Whether a payment was made with a foreign card, which has no mandate."""
    return (await read_payment(payment_ref)).get("international") is True


async def find_checkout(our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:
    """Finds the subscription that was created for `our_id` since then by its notes."""
    at = await now()
    # A minute for clock differences.
    since_seconds = int(since.timestamp()) - 60
    async for entity in pages("/subscriptions", plan_id=plan_ref, **{"from": since_seconds}):
        if parse.our_id(entity) == our_id:
            return parse.snapshot(entity, at, fetched=True)
    return None


async def _payments_and_refunds(
    bills: list[Entity], subscription_ref: str | None, payments_with_pending_refund: Collection[str] | None = None
) -> tuple[tuple[Payment, ...], tuple[Refund, ...]]:
    """All payments of these invoices or orders, including failed ones, and the refunds of payments that may have one:
    of all payments if it is unknown which have a pending refund (None)."""
    slots = asyncio.Semaphore(CONCURRENCY)

    async def payments_of(bill: Entity) -> list[Payment]:
        async with slots:
            return await _payments_of(bill, subscription_ref)

    async def refunds_of(ref: str) -> list[Refund]:
        async with slots:
            return [parse.refund(each) async for each in pages(f"/payments/{quote(ref, safe='')}/refunds")]

    payments = [each for some in await asyncio.gather(*(payments_of(bill) for bill in bills)) for each in some]
    pending = payments_with_pending_refund
    refunded = [each.ref for each in payments if each.amount_refunded or pending is None or each.ref in pending]
    refunds = await asyncio.gather(*(refunds_of(each) for each in refunded))
    return tuple(payments), tuple(each for some in refunds for each in some)


async def _payments_of(bill: Entity, subscription_ref: str | None) -> list[Payment]:
    """The attempts to pay an invoice, which its order has."""
    period = parse.billing_period(bill) if bill.get("status") == "paid" else None
    payments = []
    for entity in await _attempts(bill):
        if subscription_ref is None and entity.get("method") == "card" and not isinstance(entity.get("card"), dict):
            # The list has no cards, and what a card may buy is limited.
            entity = await read_payment(str(entity["id"]))  # noqa: PLW2901
        with_invoice = {**entity, "invoice_id": entity.get("invoice_id") or bill.get("id")}
        payment = parse.payment(with_invoice, subscription_ref=subscription_ref, period=period, period_from="invoice")
        if payment is not None:
            payments.append(payment)
    return payments


async def _attempts(bill: Entity) -> list[Entity]:
    if order := parse.word(bill.get("order_id")):
        items = (await razorpay.get(f"/orders/{quote(order, safe='')}/payments")).get("items")
        return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
    ref = parse.word(bill.get("payment_id"))
    return [await read_payment(ref)] if ref else []


async def read_payment(ref: str) -> Entity:
    """The payment's entity, with its card."""
    return await razorpay.get(f"/payments/{quote(ref, safe='')}", {"expand[]": "card"})


def as_observation(entity: Entity, at: datetime) -> Observation:
    """The subscription in the answer to a request that was sent at `at`."""
    snapshot = parse.snapshot(entity, at, fetched=True)
    paused_at = parse.moment(entity.get("paused_at")) if snapshot.status == "paused" else None
    events = (LifecycleEvent(*snapshot.key, "paused", paused_at),) if paused_at else ()
    return Observation((snapshot,), lifecycle_events=events)


async def pages(path: str, **params: str | int) -> AsyncIterator[Entity]:
    """All items of a list, page by page."""
    skip = 0
    while True:
        page = await razorpay.get(path, {**params, "count": PAGE_SIZE, "skip": skip})
        items = page.get("items")
        items = items if isinstance(items, list) else []
        for each in items:
            if isinstance(each, dict):
                yield each
        skip += len(items)
        if len(items) < PAGE_SIZE:
            return


async def now() -> datetime:
    """The time of the stack's clock before the request; the answer is at least as new."""
    (clock,) = await db.call("select oneai.now()", [], idempotent=True)
    moment: datetime = clock
    return moment


def path_of(ref: str) -> str:
    """The subscription's path in the API."""
    return f"/subscriptions/{quote(ref, safe='')}"
