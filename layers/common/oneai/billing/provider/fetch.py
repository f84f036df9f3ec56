"""What we ask of Razorpay: a subscription as it is now, and all that was paid for it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from oneai.billing.facts import InvoiceSeen, Mark, Observation, PaymentSeen, RefundSeen, Snapshot
from oneai.billing.provider import entities as facts_of
from oneai.billing.provider import mandates
from oneai.billing.provider.entities import Entity
from oneai.clients import razorpay
from oneai.postgres import db

PAGE = 100
# So many questions about one subscription at once.
AT_ONCE = 4


async def look(
    subscription_ref: str,
    *,
    deep: bool,
    over: Collection[str] = (),
    pending: Collection[str] = (),
    mandate: bool = False,
) -> Observation:
    """The subscription as it is now; `deep` with its invoices, all attempts to pay them, and what was given back.

    Of invoices that are `over` only themselves. `pending`: payments of which something was on its way back; a refund
    that failed is not to be seen at its payment any more. `mandate`: with what the mandate was given for, where the
    first charge is to come.
    """
    at = await now()
    entity = await razorpay.get(path_of(subscription_ref))
    seen = as_asked(entity, at)
    if mandate and seen.snapshots[0].status == "trial":
        seen = replace(seen, instruments=await mandates.of_subscription(entity, at))
    if not deep:
        return seen
    bills = [each async for each in pages("/invoices", subscription_id=subscription_ref)]
    asked = [each for each in bills if each.get("id") not in over]
    payments, refunds = await _money(asked, subscription_ref, pending)
    invoices: tuple[InvoiceSeen, ...] = tuple(facts_of.invoice(each) for each in bills)
    return replace(seen, payments=payments, invoices=invoices, refunds=refunds)


async def look_payment(ref: str, subscription_ref: str) -> Observation:
    """A payment of this subscription, as it is now, and since now what it was made with: the small sum that proves a
    mandate names no subscription, and no list of the subscription's has it."""
    at, entity = await now(), await _payment(ref)
    seen = facts_of.payment(entity, subscription_ref=subscription_ref)
    if seen is None or seen.status == "failed":
        return Observation(payments=(seen,) if seen is not None else ())
    return Observation(payments=(seen,), instruments=await mandates.of_payment(entity, subscription_ref, at))


async def is_international(payment_ref: str) -> bool:
    """Whether a payment was made with a card of another country, which has no mandate: only then a plan is changed in
    place at once."""
    return (await _payment(payment_ref)).get("international") is True


async def find_opened(our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:
    """The subscription that was opened for `our_id` since then, where nobody heard the answer to its opening."""
    at = await now()
    # A minute for clocks that differ.
    since_seconds = int(since.timestamp()) - 60
    async for entity in pages("/subscriptions", plan_id=plan_ref, **{"from": since_seconds}):
        if facts_of.our_id(entity) == our_id:
            return facts_of.snapshot(entity, at, asked=True)
    return None


async def _money(
    bills: list[Entity], subscription_ref: str, pending: Collection[str]
) -> tuple[tuple[PaymentSeen, ...], tuple[RefundSeen, ...]]:
    """Every payment of these invoices, failed ones too, and every refund of those."""
    few = asyncio.Semaphore(AT_ONCE)

    async def paid(bill: Entity) -> list[PaymentSeen]:
        async with few:
            return await _payments_of(bill, subscription_ref)

    async def given_back(ref: str) -> list[RefundSeen]:
        async with few:
            return [facts_of.refund(each) async for each in pages(f"/payments/{quote(ref, safe='')}/refunds")]

    payments = [each for some in await asyncio.gather(*(paid(bill) for bill in bills)) for each in some]
    sent = [each.ref for each in payments if each.amount_refunded or each.ref in pending]
    back = await asyncio.gather(*(given_back(each) for each in sent))
    return tuple(payments), tuple(each for some in back for each in some)


async def _payments_of(bill: Entity, subscription_ref: str) -> list[PaymentSeen]:
    """The attempts to pay an invoice: its order has them all."""
    billed = facts_of.billed(bill) if bill.get("status") == "paid" else None
    payments = []
    for entity in await _attempts(bill):
        named = {**entity, "invoice_id": entity.get("invoice_id") or bill.get("id")}
        seen = facts_of.payment(named, subscription_ref=subscription_ref, period=billed, period_from="invoice")
        if seen is not None:
            payments.append(seen)
    return payments


async def _attempts(bill: Entity) -> list[Entity]:
    if order := facts_of.word(bill.get("order_id")):
        found = (await razorpay.get(f"/orders/{quote(order, safe='')}/payments")).get("items")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    ref = facts_of.word(bill.get("payment_id"))
    return [await _payment(ref)] if ref else []


async def _payment(ref: str) -> Entity:
    return await razorpay.get(f"/payments/{quote(ref, safe='')}", {"expand[]": "card"})


def as_asked(entity: Entity, at: datetime) -> Observation:
    """The subscription an answer shows, which was asked for at `at`."""
    seen = facts_of.snapshot(entity, at, asked=True)
    paused_at = facts_of.moment(entity.get("paused_at")) if seen.status == "paused" else None
    return Observation((seen,), marks=(Mark(seen.ref, "paused", paused_at),) if paused_at else ())


async def pages(path: str, **params: str | int) -> AsyncIterator[Entity]:
    """All items of a list, page by page."""
    skip = 0
    while True:
        page = await razorpay.get(path, {**params, "count": PAGE, "skip": skip})
        items = page.get("items")
        items = items if isinstance(items, list) else []
        for each in items:
            if isinstance(each, dict):
                yield each
        skip += len(items)
        if len(items) < PAGE:
            return


async def now() -> datetime:
    """The stack's one clock, before asking: what is seen is at least as new."""
    (clock,) = await db.call("select oneai.now()", [], idempotent=True)
    moment: datetime = clock
    return moment


def path_of(ref: str) -> str:
    """Where the API has a subscription."""
    return f"/subscriptions/{quote(ref, safe='')}"
