"""Opens the orders of automatic recharges that are due, in rupees with the notice that a debit needs.

An order is stored before it is opened at the provider. A run that was interrupted in between opens the same one later.
"""

import json
from collections.abc import Callable
from uuid import UUID

from oneai import log
from oneai.billing import processing
from oneai.billing.credit_purchase import order_terms, store_order
from oneai.billing.projection.policy import CONFIRMED_WITHIN, DEBIT_NOTICE, DEBIT_TAKES
from oneai.billing.providers import razorpay
from oneai.billing.providers.errors import ProviderRefused, translate_errors
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.postgres import db

BATCH = 20


async def open_due(seconds_left: Callable[[], float]) -> int:
    """Opens the recharges that are due until `seconds_left()` is used up; returns how many were opened."""
    done: list[str] = []
    opened = 0
    while seconds_left() > 0:
        (due,) = await db.call("select oneai.recharges_due(%s, %s::uuid[])", [BATCH, done], idempotent=True)
        for each in due:
            opened += await _open(UUID(each["workspace_id"]), each["currency"])
        done += [each["workspace_id"] for each in due]
        if not due:
            break
    return opened


async def _open(workspace_id: UUID, currency: str) -> bool:
    """Stores the recharge of a workspace and opens it at the provider, which tells the payer of the debit."""
    confirmed_above = razorpay.CAPABILITIES.confirmed_above.get(currency)
    terms = order_terms(razorpay.NAME, currency) | {"key": None, "confirmed_above": confirmed_above}
    (order,) = await db.call("select oneai.start_credit_recharge(%s, %s)", [workspace_id, json.dumps(terms)])
    if order is None:
        return False
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    charge_at = None if order["confirm"] else now + DEBIT_NOTICE if currency == "INR" else now
    expires_at = now + CONFIRMED_WITHIN if charge_at is None else charge_at + DEBIT_TAKES
    await db.call("select oneai.schedule_recharge(%s, %s, %s)", [order["id"], charge_at, expires_at])
    notice = razorpay.notified(order["token_ref"], charge_at) if charge_at is not None and currency == "INR" else {}
    try:
        async with translate_errors(razorpay.NAME, order["id"], throttled=False):
            ref, _ = await store_order(razorpay, workspace_id, order, notice)
    except (ProviderRefused, PaymentProviderUnavailable):
        return False
    await processing.reproject(workspace_id)
    log.info("a recharge was opened", order=ref)
    return True
