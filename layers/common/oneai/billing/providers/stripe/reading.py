"""Reads a subscription, with its payments, or an order from Stripe."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from oneai.billing.facts import Observation, ObservedInstrument, ObservedInvoice, Payment, Refund, Snapshot
from oneai.billing.providers.face import Fetch
from oneai.billing.providers.stripe import checkouts, entities
from oneai.billing.providers.stripe import values as read
from oneai.billing.providers.stripe.entities import NAME
from oneai.billing.providers.stripe.values import Entity
from oneai.clients import stripe
from oneai.postgres import db

PAGE_SIZE = 100
# Concurrent requests about one subscription.
CONCURRENCY = 4
# Of a checkout, whose subscription has another ref.
CHECKOUT = "cs_"


async def fetch(what: Fetch) -> Observation:
    """A subscription or an order as it is now."""
    if what.kind == "order":
        return await fetch_order(what.ref)
    at, ref = what.at or await now(), what.ref
    if ref.startswith(CHECKOUT):
        session = await read_checkout(ref)
        started = read.word(session.get("subscription"))
        if started is None:
            snapshot = checkouts.checkout_snapshot(session, at, fetched=True)
            return Observation(snapshots=(snapshot,) if snapshot is not None else ())
        ref = started
    bills: list[Entity] = []
    if what.with_payments:
        # Neither needs the other, and whose webhook this is waits for both.
        entity, bills = await asyncio.gather(stripe.get(path_of(ref)), _bills(ref))
    else:
        entity = await stripe.get(path_of(ref))
    observation = as_observation(entity, at)
    if what.with_mandate and observation.snapshots[0].status == "trial":
        observation = replace(observation, instruments=await _instruments(entity, at))
    if not what.with_payments:
        return observation
    payments, invoices = await _payments(bills, ref, what.closed_invoices)
    refunds = await _refunds(payments, what.payments_with_pending_refund)
    return replace(observation, payments=payments, invoices=invoices, refunds=refunds)


async def fetch_order(ref: str) -> Observation:
    """An order, with the newest attempt to pay it and its refunds."""
    if ref.startswith(CHECKOUT):
        session = await stripe.get(
            _checkout_path(ref), {"expand": ["payment_intent.latest_charge.balance_transaction"]}
        )
        order, intent = checkouts.order(session), session.get("payment_intent")
    else:
        intent = await stripe.get(
            f"/payment_intents/{quote(ref, safe='')}", {"expand": ["latest_charge.balance_transaction"]}
        )
        order = checkouts.order(intent)
    found = entities.payment(intent, order_ref=ref) if isinstance(intent, dict) else None
    payments = (found,) if found is not None else ()
    return Observation(
        payments=payments, refunds=await _refunds(payments, None), orders=(order,) if order is not None else ()
    )


async def find_checkout(our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:  # noqa: ARG001  as the face
    """The checkout that was opened for `our_id` since then, or the subscription that it made."""
    at = await now()
    # A minute for clock differences.
    created = {"gte": int(since.timestamp()) - 60}
    async for each in pages("/checkout/sessions", created=created):
        if read.identifier(each, read.SUBSCRIPTION) == our_id:
            started = checkouts.started_snapshot(each)
            return started or checkouts.checkout_snapshot(each, at, fetched=True)
    return None


async def read_checkout(ref: str) -> Entity:
    """A Checkout Session."""
    return await stripe.get(_checkout_path(ref))


def as_observation(entity: Entity, at: datetime) -> Observation:
    """The subscription in the answer to a request that was sent at `at`."""
    return Observation((entities.snapshot(entity, at, fetched=True),))


async def pages(path: str, **params: Any) -> AsyncIterator[Entity]:
    """All objects of a list, page by page, the newest first."""
    asked: Mapping[str, Any] = {**params, "limit": PAGE_SIZE}
    while True:
        page = await stripe.get(path, asked)
        data = page.get("data")
        items = [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []
        for each in items:
            yield each
        if not items or page.get("has_more") is not True:
            return
        asked = {**params, "limit": PAGE_SIZE, "starting_after": read.required(items[-1], "id")}


async def now() -> datetime:
    """The time of the stack's clock before the request; the answer is at least as new."""
    (clock,) = await db.call("select oneai.now()", [], idempotent=True)
    moment: datetime = clock
    return moment


def path_of(ref: str) -> str:
    """The subscription's path in the API."""
    return f"/subscriptions/{quote(ref, safe='')}"


def _checkout_path(ref: str) -> str:
    return f"/checkout/sessions/{quote(ref, safe='')}"


async def _bills(ref: str) -> list[Entity]:
    """All invoices of a subscription."""
    return [each async for each in pages("/invoices", subscription=ref)]


async def _payments(
    bills: list[Entity], subscription_ref: str, closed: Collection[str]
) -> tuple[tuple[Payment, ...], tuple[ObservedInvoice, ...]]:
    """All attempts to pay these invoices, and the invoices. Those of `closed` invoices are not read again."""
    slots = asyncio.Semaphore(CONCURRENCY)

    async def of(bill: Entity) -> tuple[list[Payment], ObservedInvoice]:
        ref = read.required(bill, "id")
        paid: list[Payment] = []
        if ref not in closed and bill.get("status") != "draft" and read.number(bill.get("amount_due")):
            async with slots:
                paid = await _payments_of(bill, ref, subscription_ref)
        captured = next((each.ref for each in paid if each.status == "captured"), None)
        return paid, entities.invoice(bill, captured)

    found = await asyncio.gather(*(of(bill) for bill in bills))
    return tuple(each for paid, _ in found for each in paid), tuple(invoice for _, invoice in found)


async def _payments_of(bill: Entity, ref: str, subscription_ref: str) -> list[Payment]:
    period = entities.service_period(bill) if bill.get("status") == "paid" else None
    expand = ["data.payment.payment_intent.latest_charge"]
    payments = []
    async for each in pages("/invoice_payments", invoice=ref, expand=expand):
        intent = read.inner(read.inner(each, "payment"), "payment_intent")
        if not intent:
            continue
        found = entities.payment(intent, subscription_ref=subscription_ref, invoice_ref=ref, period=period)
        if found is not None:
            payments.append(found)
    return payments


async def _refunds(payments: tuple[Payment, ...], pending: Collection[str] | None) -> tuple[Refund, ...]:
    """The refunds of payments that have one or may have a pending one; of all payments if that is unknown (None)."""
    slots = asyncio.Semaphore(CONCURRENCY)

    async def of(ref: str) -> list[Refund]:
        async with slots:
            return [entities.refund(each) async for each in pages("/refunds", payment_intent=ref)]

    captured = [each for each in payments if each.status == "captured"]
    wanted = [each.ref for each in captured if each.amount_refunded or pending is None or each.ref in pending]
    return tuple(each for some in await asyncio.gather(*map(of, wanted)) for each in some)


async def _instruments(entity: Entity, at: datetime) -> tuple[ObservedInstrument, ...]:
    """What a subscription's renewals debit."""
    ref = read.word(entity.get("default_payment_method"))
    if ref is None:
        return ()
    found = entities.instrument(await stripe.get(f"/payment_methods/{quote(ref, safe='')}"))
    return (ObservedInstrument(NAME, read.required(entity, "id"), found, at),) if found is not None else ()
