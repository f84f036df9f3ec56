"""Reads from Midtrans' status API what became of our orders. It decides, not a notification."""

import asyncio
from dataclasses import replace
from datetime import datetime

from oneai.billing.facts import Observation
from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.transactions import REFUSED, observation_of, required
from oneai.clients import midtrans
from oneai.postgres import db

# What ends a page. One that is paid is open until its payment is known here.
OVER = REFUSED | {"expire", "expired"}
# Concurrent requests about one subscription.
CONCURRENCY = 4


async def fetch_subscription(ref: str, at: datetime | None = None) -> Observation:
    """The payments of all pages of a subscription that were opened. `at`: as in `Fetch`."""
    our_id = references.our_id(ref)
    if our_id is None:
        raise ValueError("not a subscription of ours")
    (opened,) = await db.call("select oneai.count_payment_pages(%s)", [our_id], idempotent=True)
    slots, moment = asyncio.Semaphore(CONCURRENCY), at or await now()

    async def one(number: int) -> Observation:
        async with slots:
            return await fetch_order(references.page(ref, number), moment)

    return joined(await asyncio.gather(*(one(number + 1) for number in range(opened))))


async def fetch_order(ref: str, at: datetime | None = None) -> Observation:
    """The result of one order; nothing while its page is open and no method was chosen. `at`: as in `Fetch`."""
    reference = references.read(ref)
    if reference is None:
        raise ValueError("not an order of ours")
    asked_at = at or await now()
    transaction = await midtrans.read_status(ref)
    return Observation() if transaction is None else observation_of(transaction, reference, asked_at)


async def is_payable(ref: str) -> bool:
    """Whether the page of an order, or the newest of a subscription's, can still be paid: no method was chosen, or one
    is waiting."""
    our_id = references.our_id(ref)
    if our_id is not None:
        (opened,) = await db.call("select oneai.count_payment_pages(%s)", [our_id], idempotent=True)
        ref = references.page(ref, opened)
    transaction = await midtrans.read_status(ref)
    return transaction is None or required(transaction, "transaction_status").lower() not in OVER


def joined(observations: list[Observation]) -> Observation:
    """All facts of several observations."""
    whole = Observation()
    for each in observations:
        whole = replace(
            whole,
            payments=whole.payments + each.payments,
            refunds=whole.refunds + each.refunds,
            disputes=whole.disputes + each.disputes,
            orders=whole.orders + each.orders,
        )
    return whole


async def now() -> datetime:
    """The time of the stack's clock before the request; the answer is at least as new."""
    (clock,) = await db.call("select oneai.now()", [], idempotent=True)
    moment: datetime = clock
    return moment
