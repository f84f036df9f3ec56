"""Writes to Midtrans: opens Snap's payment pages, ends them, and refunds payments."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from oneai.billing.facts import Observation, Order, Snapshot
from oneai.billing.providers.face import NotChangeable, OrderCheckout, RefundPayment, SubscriptionCheckout
from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.references import NAME
from oneai.billing.providers.midtrans.status_api import now
from oneai.billing.providers.midtrans.transactions import (
    METADATA_AMOUNT,
    METADATA_ORDER,
    METADATA_TEXT,
    METADATA_WORKSPACE,
    WIB,
    method_of,
    observation_of,
    required,
)
from oneai.clients import midtrans
from oneai.clients.midtrans import MidtransError
from oneai.postgres import db

# What Snap offers. Cards and tokens of GoPay may recur where the merchant may, which is off.
ENABLED = (
    *("other_qris", "gopay", "shopeepay", "dana", "ovo"),
    *("bca_va", "bni_va", "bri_va", "cimb_va", "permata_va", "echannel", "credit_card"),
)
# Methods whose refund is made at the issuer, at once.
DIRECT = frozenset({"gopay", "shopeepay", "qris", "qris_gopay", "qris_shopee", "kredivo", "akulaku"})
# Of an item's name.
NAME_LENGTH = 50
# The shortest page: the batch that ends transactions is not exact.
SHORTEST = timedelta(minutes=15)


async def open_checkout(checkout: SubscriptionCheckout) -> Snapshot:
    """Opens a page for the first period of a subscription, or for one more."""
    ref, at = references.of_subscription(checkout.our_id), await now()
    amount = checkout.amount * checkout.quantity
    (number,) = await db.call("select oneai.add_payment_page(%s)", [checkout.our_id])
    text = f"{checkout.plan_ref.partition('.')[0].capitalize()}, {checkout.period}"
    page = await midtrans.create_transaction(
        snap_request(
            references.page(ref, number),
            amount,
            text,
            workspace_id=checkout.workspace_id,
            at=at,
            expires_at=checkout.expires_at,
            return_url=checkout.return_url,
        )
    )
    return Snapshot(
        NAME,
        ref,
        checkout.our_id,
        checkout.plan_ref,
        "none",
        at,
        fetched=True,
        start_at=checkout.start_at,
        expires_at=checkout.expires_at,
        quantity=checkout.quantity,
        short_url=page.redirect_url,
    )


async def open_order(checkout: OrderCheckout) -> Order:
    """Opens a page for an order."""
    ref, at = references.of_order(checkout.order_id), await now()
    page = await midtrans.create_transaction(
        snap_request(
            ref,
            checkout.amount,
            checkout.description,
            workspace_id=checkout.workspace_id,
            at=at,
            expires_at=checkout.expires_at,
            return_url=checkout.return_url,
        )
    )
    return Order(
        NAME, ref, checkout.workspace_id, checkout.amount, checkout.currency, checkout.description, page.redirect_url
    )


def snap_request(
    ref: str,
    amount: int,
    text: str,
    *,
    workspace_id: UUID,
    at: datetime,
    expires_at: datetime | None = None,
    return_url: str = "",
) -> Mapping[str, Any]:
    """The body that opens a page for `amount` rupiah, with one item that is all of it."""
    left = max((expires_at - at) if expires_at is not None else timedelta(days=1), SHORTEST)
    return {
        "transaction_details": {"order_id": ref, "gross_amount": amount},
        "item_details": [{"id": ref[:NAME_LENGTH], "price": amount, "quantity": 1, "name": text[:NAME_LENGTH]}],
        "enabled_payments": list(ENABLED),
        "expiry": {
            "start_time": at.astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S +0700"),
            "duration": int(left.total_seconds() // 60),
            "unit": "minute",
        },
        "metadata": {
            METADATA_ORDER: ref,
            METADATA_WORKSPACE: str(workspace_id),
            METADATA_AMOUNT: str(amount),
            METADATA_TEXT: text,
        },
        **({"callbacks": {"finish": return_url}} if return_url else {}),
    }


async def end_pages(subscription_ref: str) -> None:
    """Ends the open pages of a subscription, so that they cannot be paid; what is paid or over stays as it is."""
    our_id = references.our_id(subscription_ref)
    (opened,) = await db.call("select oneai.count_payment_pages(%s)", [our_id], idempotent=True)
    for number in range(opened):
        try:
            await midtrans.act(references.page(subscription_ref, number + 1), "expire")
        except MidtransError as error:
            if error.status not in (404, 407, 412):
                raise


async def refund(operation: RefundPayment) -> Observation:
    """Refunds a part of a payment, once for the operation. Raises MidtransError (412 and 414: not possible, or not any
    more), which an operator sees."""
    key, at = str(operation.operation_id), await now()
    transaction = await midtrans.read_status(operation.payment_ref)
    if transaction is None:
        raise NotChangeable("Midtrans does not know this payment.")
    direct = method_of(transaction) in DIRECT
    await midtrans.refund(operation.payment_ref, key=key, amount=operation.amount, reason="requested", direct=direct)
    after = await midtrans.read_status(operation.payment_ref)
    metadata = transaction.get("metadata")
    given = metadata.get(METADATA_ORDER) if isinstance(metadata, dict) else None
    reference = references.read(given or required(transaction, "order_id"))
    if after is None or reference is None:
        raise NotChangeable("Midtrans does not say which order this payment paid.")
    return observation_of(after, reference, at)
