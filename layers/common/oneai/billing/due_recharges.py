"""Opens the orders of automatic recharges that are due, in rupees with the notice that a debit needs.

An order is stored before it is opened at the provider. A run that was interrupted in between opens the same one later.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from oneai import log
from oneai.billing import processing, providers
from oneai.billing.credit_purchase import order_terms, store_order
from oneai.billing.projection.policy import CONFIRMED_WITHIN, DEBIT_TAKES, RECHARGES_OF_A_DAY
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
            opened += await _open(UUID(each["workspace_id"]), each["currency"], each["payment_provider"])
        done += [each["workspace_id"] for each in due]
        if not due:
            break
    return opened


async def _open(workspace_id: UUID, currency: str, payment_provider: str) -> bool:
    """Stores the recharge of a workspace and opens it at its provider, which notifies the payer of the debit."""
    provider = providers.that_debits(payment_provider)
    able = provider.CAPABILITIES
    limits = {"confirmed_above": able.confirmed_above.get(currency), "per_day": RECHARGES_OF_A_DAY}
    terms = order_terms(provider.NAME, currency) | limits | {"key": None}
    (order,) = await db.call("select oneai.start_credit_recharge(%s, %s)", [workspace_id, json.dumps(terms)])
    if order is None:
        return False
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    charge_at = None if order["confirm"] else now + able.debit_notice.get(currency, timedelta())
    page_lasts = min(CONFIRMED_WITHIN, able.page_lasts or CONFIRMED_WITHIN)
    expires_at = now + page_lasts if charge_at is None else charge_at + DEBIT_TAKES
    await db.call("select oneai.schedule_recharge(%s, %s, %s)", [order["id"], charge_at, expires_at])
    opened = {**order, "expires_at": expires_at.isoformat()}
    debited = (
        provider.debited(order["customer_ref"], order["token_ref"], charge_at, currency)
        if charge_at is not None
        else None
    )
    try:
        async with translate_errors(provider.NAME, order["id"], throttled=False):
            ref, _ = await store_order(provider, workspace_id, opened, debited)
    except (ProviderRefused, PaymentProviderUnavailable):
        return False
    await processing.reproject(workspace_id)
    log.info("a recharge was opened", order=ref)
    return True
