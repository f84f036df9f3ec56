"""What automatic recharges do at Razorpay, the one provider that debits orders: they read mandates, and debit orders.

Each step can be interrupted anywhere and made again. An order is debited once: `oneai.begin_charge` marks it before the
request is sent, and after a lost answer the order's payments say what became of it.
"""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from oneai.billing import processing
from oneai.billing.processing import ChangeSource
from oneai.billing.providers import razorpay
from oneai.billing.providers.errors import ProviderRefused, translate_errors
from oneai.billing.providers.face import Fetch
from oneai.billing.providers.razorpay import Mandate
from oneai.billing_errors import PaymentProviderUnavailable, ProviderError
from oneai.postgres import db

BATCH = 20


async def read_mandates(workspace_id: UUID | None = None) -> int:
    """Reads the tokens of mandates that were paid for, of one workspace or of all; returns how many were read."""
    (due,) = await db.call("select oneai.mandates_to_read(%s, %s)", [BATCH, workspace_id], idempotent=True)
    read = 0
    for each in due:
        try:
            async with translate_errors(razorpay.NAME, each["payment_ref"], throttled=False):
                mandate = await razorpay.fetch_mandate(each["payment_ref"])
        except (ProviderRefused, PaymentProviderUnavailable):
            continue
        await db.call(
            "select oneai.save_mandate(%s, %s, %s, %s)",
            [each["workspace_id"], each["order_id"], mandate.customer_ref, mandate.token_ref],
        )
        read += 1
    return read


async def end_mandates() -> int:
    """Ends at the provider what nothing debits any more; returns how many were ended. A later run tries the others."""
    (due,) = await db.call("select oneai.mandates_to_end(%s)", [BATCH], idempotent=True)
    ended = 0
    for each in due:
        try:
            async with translate_errors(razorpay.NAME, each["token_ref"], throttled=False):
                await razorpay.end_mandate(each["customer_ref"], each["token_ref"])
        except (ProviderRefused, PaymentProviderUnavailable):
            continue
        await db.call("select oneai.forget_mandate(%s)", [each["token_ref"]], idempotent=True)
        ended += 1
    return ended


async def charge(operation_id: UUID, source: ChangeSource) -> Literal["succeeded", "failed", "cancelled"]:
    """Debits the order of an operation, once. Raises what the provider's client raises; a refusal of the debit itself
    is stored and not raised."""
    terms = await _terms(operation_id, send=False)
    if terms["state"] == "open":
        payer = await razorpay.fetch_mandate(terms["mandate_ref"])
        terms = await _terms(operation_id, send=True)
        if terms["state"] == "open" and not await _debit(operation_id, terms, payer):
            return "failed"
    if terms["state"] == "withdrawn":
        return "cancelled"
    await processing.ingest(await razorpay.fetch(Fetch(terms["ref"], "order")), source=source)
    return "succeeded"


async def _terms(operation_id: UUID, *, send: bool) -> dict[str, Any]:
    terms: dict[str, Any]
    (terms,) = await db.call("select oneai.begin_charge(%s, %s)", [operation_id, send])
    return terms


async def _debit(operation_id: UUID, terms: Mapping[str, Any], payer: Mandate) -> bool:
    """Sends the debit; False if it was refused."""
    mandate = Mandate(terms["customer_ref"], terms["token_ref"], payer.email, payer.contact)
    try:
        await razorpay.debit(
            terms["ref"],
            mandate,
            amount=terms["amount"],
            currency=terms["currency"],
            description=terms["description"],
            workspace_id=UUID(terms["workspace_id"]),
        )
    except ProviderError as error:
        if error.status != 400:
            # The provider did not look at it.
            await db.call("select oneai.unsend_charge(%s)", [operation_id], idempotent=True)
            raise
        await db.call("select oneai.refuse_charge(%s)", [operation_id], idempotent=True)
        return False
    return True
