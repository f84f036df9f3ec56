"""What automatic recharges do at their payment providers: they read mandates, and debit orders.

Each step can be interrupted anywhere and made again. An order is debited once: `oneai.begin_charge` marks it before the
request is sent, and after a lost answer the order's payments say what became of it. If the provider makes
a debit that is sent twice only once (`Capabilities.debits_once`), it is sent again.
"""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from oneai.billing import processing, providers
from oneai.billing.processing import ChangeSource
from oneai.billing.providers.errors import ProviderRefused, translate_errors
from oneai.billing.providers.face import Debit, DebitRefused, DebitsOrders, Fetch, Mandate
from oneai.billing_errors import PaymentProviderUnavailable, ProviderError
from oneai.postgres import db

BATCH = 20


async def read_mandates(workspace_id: UUID | None = None, seconds: float | None = None) -> int:
    """Reads the tokens of mandates that were paid for, of one workspace or of all; returns how many were read. Each may
    take `seconds`."""
    (due,) = await db.call("select oneai.mandates_to_read(%s, %s)", [BATCH, workspace_id], idempotent=True)
    read = 0
    for each in due:
        provider = providers.that_debits(each["payment_provider"])
        try:
            async with translate_errors(provider.NAME, each["payment_ref"], throttled=False, seconds=seconds):
                mandate = await provider.fetch_mandate(each["payment_ref"])
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
        provider = providers.that_debits(each["payment_provider"])
        try:
            async with translate_errors(provider.NAME, each["token_ref"], throttled=False):
                await provider.end_mandate(each["customer_ref"], each["token_ref"])
        except (ProviderRefused, PaymentProviderUnavailable):
            continue
        await db.call("select oneai.forget_mandate(%s, %s)", [provider.NAME, each["token_ref"]], idempotent=True)
        ended += 1
    return ended


async def charge(operation_id: UUID, source: ChangeSource) -> Literal["succeeded", "failed", "cancelled"]:
    """Debits the order of an operation, once. Raises what the provider's client raises; a refusal of the debit itself
    is stored and not raised."""
    terms = await _terms(operation_id, send=False)
    provider = providers.that_debits(terms["payment_provider"])
    if _may_send(provider, terms):
        payer = await provider.fetch_mandate(terms["mandate_ref"])
        terms = await _terms(operation_id, send=True)
        if _may_send(provider, terms) and not await _debit(provider, operation_id, terms, payer):
            return "failed"
    if terms["state"] == "withdrawn":
        return "cancelled"
    await processing.ingest(await provider.fetch(Fetch(terms["ref"], "order")), source=source)
    return "succeeded"


def _may_send(provider: DebitsOrders, terms: Mapping[str, Any]) -> bool:
    """Whether a debit that was not sent is sent now, or one whose answer was lost is sent again."""
    sent_before = terms["state"] == "sent" and terms["again"] and provider.CAPABILITIES.debits_once
    return terms["state"] == "open" or sent_before


async def _terms(operation_id: UUID, *, send: bool) -> dict[str, Any]:
    terms: dict[str, Any]
    (terms,) = await db.call("select oneai.begin_charge(%s, %s)", [operation_id, send])
    return terms


async def _debit(provider: DebitsOrders, operation_id: UUID, terms: Mapping[str, Any], payer: Mandate) -> bool:
    """Sends the debit; False if it was refused."""
    try:
        if payer.token_ref is None:
            raise DebitRefused("not_authorized")
        await provider.debit(
            Debit(
                terms["ref"],
                Mandate(terms["customer_ref"], terms["token_ref"], payer.email, payer.contact),
                amount=terms["amount"],
                currency=terms["currency"],
                description=terms["description"],
                workspace_id=UUID(terms["workspace_id"]),
                operation_id=operation_id,
            )
        )
    except DebitRefused as refused:
        await db.call("select oneai.refuse_charge(%s, %s)", [operation_id, refused.why], idempotent=True)
        return False
    except ProviderError:
        # The provider did not look at it.
        await db.call("select oneai.unsend_charge(%s)", [operation_id], idempotent=True)
        raise
    return True
