"""Reads Stripe's Checkout Sessions: a subscription that waits for its first payment, or an order."""

from datetime import datetime

from oneai.billing.facts import Order, Snapshot
from oneai.billing.providers.stripe.entities import NAME
from oneai.billing.providers.stripe.values import (
    ORDER,
    PRICE,
    QUANTITY,
    SUBSCRIPTION,
    WORKSPACE,
    Entity,
    created_at,
    identifier,
    metadata,
    moment,
    number,
    our_amount,
    required,
    word,
)


def checkout_snapshot(entity: Entity, at: datetime, *, fetched: bool = False) -> Snapshot | None:
    """The checkout of a subscription, which stands for it until it is paid; None if it is not ours."""
    ours, price = identifier(entity, SUBSCRIPTION), metadata(entity).get(PRICE)
    if ours is None or not isinstance(price, str):
        return None
    expired = entity.get("status") == "expired"
    return Snapshot(
        NAME,
        ref=required(entity, "id"),
        our_id=ours,
        plan_ref=price,
        status="none",
        at=at,
        fetched=fetched,
        ended=expired,
        ended_at=moment(entity.get("expires_at")) if expired else None,
        expired=expired,
        expires_at=moment(entity.get("expires_at")),
        quantity=_quantity(entity),
        short_url=word(entity.get("url")),
        provisional=True,
    )


def started_snapshot(entity: Entity) -> Snapshot | None:
    """The subscription that a completed checkout made, as far as the checkout shows it: it exists. It is dated to when
    the checkout was opened, so that everything else that is known of it is newer."""
    ours, price, ref = identifier(entity, SUBSCRIPTION), metadata(entity).get(PRICE), word(entity.get("subscription"))
    if ours is None or ref is None or not isinstance(price, str):
        return None
    return Snapshot(
        NAME, ref=ref, our_id=ours, plan_ref=price, status="none", at=created_at(entity), quantity=_quantity(entity)
    )


def order(entity: Entity) -> Order | None:
    """What a checkout in payment mode, or a payment without a checkout, sells; None if it is not ours."""
    description, workspace_id = metadata(entity).get(ORDER), identifier(entity, WORKSPACE)
    if workspace_id is None or not isinstance(description, str) or not description:
        return None
    currency = required(entity, "currency").upper()
    sold = number(entity.get("amount_total") if entity.get("object") == "checkout.session" else entity.get("amount"))
    if sold is None:
        raise ValueError("amount is missing")
    url = word(entity.get("url")) if entity.get("object") == "checkout.session" else None
    ref = required(entity, "id")
    return Order(NAME, ref, workspace_id, our_amount(sold, currency), currency, word(description), url)


def _quantity(entity: Entity) -> int:
    value = metadata(entity).get(QUANTITY)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7 else 1
