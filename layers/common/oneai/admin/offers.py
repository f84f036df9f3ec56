"""Offers: make, list and withdraw them, and record bank transfers and their refunds."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from oneai import billing
from oneai.admin import pages
from oneai.admin.act import Actor, ActReason, act
from oneai.admin.tier_fields import GrantedTier
from oneai.billing.facts import Currency, our_id
from oneai.billing.offers import COLUMNS, JOINED, Offer, OfferMethod, OfferState
from oneai.billing.projection.pool import limits_of_seat
from oneai.billing.record import BANK_TRANSFER
from oneai.errors import NotFound
from oneai.field_errors import InvalidValue, invalid
from oneai.plans.limits_and_prices import MAX_SEATS, PLANS, Plan, WorkspaceKind
from oneai.plans.wrong_kind import wrong_kind
from oneai.postgres import db
from oneai.times import Moment

MAX_MONTHS, MAX_AMOUNT, MAX_LIMIT = 36, 10**12, 10**15

type LimitKey = Literal[
    "small_messages", "large_messages", "image_generation", "web_searches", "storage_bytes", "document_pages"
]
# What a bank calls a transfer: UTR in India.
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=4, max_length=40, pattern=r"^[A-Za-z0-9/-]+$"),
]


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise InvalidValue("wrong_format", "This must be a day, such as 2026-11-21.") from None


Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]


class NewOffer(ActReason):
    """The body of `POST /api/admin/offers`."""

    workspace_id: UUID = Field(strict=False, description="The workspace that it is made to.")
    plan_id: GrantedTier = Field(description="The plan.")
    seats: int = Field(default=1, ge=1, le=MAX_SEATS, description="The seats of a team; 1 for a personal workspace.")
    limits: dict[LimitKey, Annotated[int, Field(ge=0, le=MAX_LIMIT)]] = Field(
        default_factory=dict,
        description="What the whole workspace has of each quota, of `storage_bytes` and of `document_pages`; a missing "
        "one is that of the plan, of all seats together if it is sold by the seat.",
    )
    amount: int = Field(ge=100, le=MAX_AMOUNT, description="The price of all months, with taxes, in the smallest unit.")
    currency: Currency = Field(default="INR", description="The currency of the amount.")
    months: int = Field(default=12, ge=1, le=MAX_MONTHS, description="How many months it pays for.")
    method: OfferMethod = Field(default="checkout", description="How it is paid: `checkout`, or `bank_transfer`.")
    starts_at: Moment | None = Field(
        default=None, strict=False, description="When its period starts if it is paid before; null: with the payment."
    )
    valid_until: Moment = Field(strict=False, description="Until when it can be paid.")


class Transfer(ActReason):
    """The body of `POST /api/admin/offers/{id}/paid`: a bank transfer that was received."""

    amount: Amount = Field(description="What was received, in the smallest unit. It must be the amount of the offer.")
    currency: Currency = Field(description="The currency of the amount. It must be that of the offer.")
    reference: Reference = Field(description="The bank's reference of the transfer, such as its UTR.")
    received_on: Annotated[date, BeforeValidator(_day)] = Field(
        description="The day on which it was received, in India."
    )


class TransferRefund(ActReason):
    """The body of `POST /api/admin/offers/{id}/refund`: what was sent back by bank."""

    amount: Amount = Field(description="What was sent back, in the smallest unit.")
    reference: Reference = Field(description="The bank's reference of that transfer.")


class AdminOffer(Offer):
    """An offer, with its workspace."""

    workspace_id: UUID | None = Field(description="The workspace; null after it was erased.")
    workspace_name: str | None = Field(description="The team's name; null for a personal workspace.")
    owner_id: UUID | None = Field(description="The id of its owner; of several, the first.")
    owner_email: str | None = Field(description="The owner's email address.")
    transfer: str | None = Field(description="The bank's reference of the transfer that paid it.")
    refunded: int = Field(description="What was refunded of its payment.")


class AdminOfferPage(BaseModel):
    """A page of offers."""

    items: list[AdminOffer] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def make_offer(actor: Actor, new: NewOffer) -> AdminOffer:
    """Makes an offer, and mails it to the owner and the billing address.

    Raises NotFound for an unknown workspace, InvalidRequest for a plan of another kind of workspace, for seats of a
    personal one, and for what `oneai.make_offer` refuses.
    """
    plan = PLANS[new.plan_id]
    async with act(actor, new.reason) as running:
        (kind, owner) = await running.call(
            "select (select kind from oneai.workspaces where id = %s), oneai.owner_of(%s)",
            [new.workspace_id, new.workspace_id],
        )
        if kind is None:
            raise NotFound
        _check(new, plan, kind)
        (offer_id,) = await running.call(
            "select oneai.make_offer(%s, %s, %s)", [new.workspace_id, json.dumps(_terms(new, plan)), actor.user_id]
        )
        await running.record(
            "offer.create",
            user_id=owner,
            target=("offer", offer_id),
            workspace=new.workspace_id,
            **new.model_dump(mode="json", include={"plan_id", "seats", "amount", "currency", "months", "method"}),
        )
    return await find_offer(offer_id)


def _check(new: NewOffer, plan: Plan, kind: WorkspaceKind) -> None:
    if kind not in plan.kinds:
        raise wrong_kind("plan_id", kind)
    if kind == "personal" and new.seats != 1:
        raise invalid("seats", "teams_only", "A personal workspace has one seat.")


def _terms(new: NewOffer, plan: Plan) -> dict[str, Any]:
    """The columns of the offer. Its limits are stored, so that what was agreed remains when the plan changes."""
    seats = new.seats if plan.per_seat else 1
    limits = {key: of_seat * seats for key, of_seat in limits_of_seat(plan).items()}
    people = f", {new.seats} seats" if "team" in plan.kinds and new.seats > 1 else ""
    months = "1 month" if new.months == 1 else f"{new.months} months"
    return {
        **new.model_dump(mode="json", exclude={"workspace_id", "reason", "limits"}),
        "limits": limits | new.limits,
        "description": f"{plan.name}{people}, {months}",
    }


async def withdraw_offer(actor: Actor, offer_id: UUID, reason: str) -> AdminOffer:
    """Withdraws an offer; idempotent. Raises NotFound, and OfferNotOpen for a paid one."""
    owner = (await find_offer(offer_id)).owner_id
    async with act(actor, reason) as running:
        (changed,) = await running.call("select oneai.withdraw_offer(%s)", [offer_id])
        if changed:
            await running.record("offer.withdraw", user_id=owner, target=("offer", offer_id))
    return await find_offer(offer_id)


async def record_transfer(actor: Actor, offer_id: UUID, transfer: Transfer) -> AdminOffer:
    """Records that a bank transfer paid the offer, and projects its workspace; idempotent.

    Raises NotFound, OfferNotOpen, and InvalidRequest for another amount or currency, a day in the future, and a
    transfer that is recorded for another offer.
    """
    found = await find_offer(offer_id)
    ids = {
        "order": str(our_id("order", BANK_TRANSFER, f"bank:{offer_id}")),
        "payment": str(our_id("payment", BANK_TRANSFER, f"bank:{transfer.reference}")),
    }
    async with act(actor, transfer.reason) as running:
        (changed,) = await running.call(
            "select oneai.record_transfer(%s, %s, %s, %s, %s, %s)",
            [offer_id, json.dumps(ids), transfer.reference, transfer.amount, transfer.currency, transfer.received_on],
        )
        if changed:
            await running.record(
                "offer.mark_paid",
                user_id=found.owner_id,
                target=("offer", offer_id),
                **transfer.model_dump(mode="json", exclude={"reason"}),
            )
    return await _projected(found)


async def record_refund(actor: Actor, offer_id: UUID, refund: TransferRefund) -> AdminOffer:
    """Records that part or all of an offer's transfer was sent back, and projects its workspace; idempotent. A full
    refund ends the plan.

    Raises NotFound for an offer that no transfer has paid, and InvalidRequest for more than is left of it.
    """
    found = await find_offer(offer_id)
    refund_id = our_id("refund", BANK_TRANSFER, f"bank:{refund.reference}")
    async with act(actor, refund.reason) as running:
        (changed,) = await running.call(
            "select oneai.record_transfer_refund(%s, %s, %s, %s)",
            [offer_id, refund_id, refund.reference, refund.amount],
        )
        if changed:
            await running.record(
                "offer.refund",
                user_id=found.owner_id,
                target=("offer", offer_id),
                **refund.model_dump(mode="json", exclude={"reason"}),
            )
    return await _projected(found)


async def _projected(offer: AdminOffer) -> AdminOffer:
    """The offer after its workspace was projected. Without it, the job projects within minutes."""
    if offer.workspace_id is not None:
        await billing.reproject(offer.workspace_id, source="operator")
    return await find_offer(offer.id)


async def find_offer(offer_id: UUID) -> AdminOffer:
    """One offer. Raises NotFound."""
    rows = await db.as_admin(f"select {_COLUMNS} from {_JOINED} where o.id = %s", [offer_id], AdminOffer)
    if not rows:
        raise NotFound
    return rows[0]


async def list_offers(
    state: OfferState | None, workspace_id: UUID | None, cursor: str | None, limit: int
) -> AdminOfferPage:
    """A page of offers, the newest first. Raises InvalidRequest for an invalid cursor."""
    at, last = pages.after_time(cursor)
    conditions: list[LiteralString] = ["true"]
    params: list[datetime | str | UUID | None] = []
    for value, condition in (
        (state, "oneai.offer_state(o) = %s"),
        (workspace_id, "o.workspace_id = %s"),
    ):
        if value is not None:
            conditions.append(condition)
            params.append(value)
    if at is not None:
        conditions.append("(o.created_at, o.id) < (%s, %s)")
        params += [at, last]
    rows = await db.as_admin(
        f"select {_COLUMNS} from {_JOINED} where {' and '.join(conditions)} "
        "order by o.created_at desc, o.id desc limit %s",
        [*params, limit + 1],
        AdminOffer,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return AdminOfferPage(items=items, next_cursor=following)


_COLUMNS: LiteralString = (
    COLUMNS
    + """,
    o.workspace_id, w.name as workspace_name, u.id as owner_id, u.email as owner_email,
    (select substr(p.provider_payment_id, 6) from oneai.payments as p join oneai.orders as t on t.id = p.order_id
      where t.payment_provider = 'bank_transfer' and t.provider_order_id = 'bank:' || o.id) as transfer,
    (select coalesce(sum(p.amount_refunded), 0)::bigint
      from oneai.payments as p join oneai.orders as t on t.id = p.order_id
      where t.workspace_id = o.workspace_id and (t.payment_provider, t.provider_order_id)
        in ((o.payment_provider, o.provider_order_id), ('bank_transfer', 'bank:' || o.id)))
      as refunded
"""
)
_JOINED: LiteralString = (
    JOINED
    + """ left join oneai.workspaces as w on w.id = o.workspace_id
    left join oneai.users as u on u.id = coalesce(w.personal_of, oneai.owner_of(w.id))
"""
)
