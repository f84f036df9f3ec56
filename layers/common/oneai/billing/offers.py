"""Offers as the owners of a workspace see them: what is offered, accepting it, and how it is paid.

Operators make offers in `oneai/admin/offers.py`. What a paid one brings is in `projection/offers.py`.
"""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID, uuid5

from pydantic import BaseModel, Field

from oneai import log, settings
from oneai.billing import processing, providers
from oneai.billing.facts import Currency, Observation
from oneai.billing.providers import choice
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import OrderCheckout, PaymentProvider
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS, SignUpSettings, is_payable, paid_address
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

type OfferMethod = Literal["checkout", "bank_transfer"]
type OfferState = Literal["open", "paid", "withdrawn", "expired"]

# Of a workspace; older ones are in its invoices.
LISTED = 50


class BankAccount(BaseModel):
    """Where a bank transfer goes."""

    holder: str = Field(description="The account's holder.")
    bank: str = Field(description="The bank.")
    account_number: str = Field(description="The account's number.")
    code: str = Field(description="The bank's code: IFSC for rupees, else SWIFT/BIC.")


class Offer(BaseModel):
    """An offer to the workspace. Amounts are in the currency's smallest unit."""

    id: UUID = Field(description="Its id.")
    plan_id: str = Field(description="The plan.")
    seats: int = Field(description="The seats of a team; 1 for a personal workspace.")
    limits: dict[str, int] = Field(
        description="What the whole workspace has: each quota, `storage_bytes` and `document_pages`."
    )
    amount: int = Field(description="The price of all months together, with taxes.")
    currency: Currency = Field(description="The currency of the amount.")
    months: int = Field(description="How many months it pays for.")
    method: OfferMethod = Field(description="How it is paid: `checkout`, or `bank_transfer`.")
    state: OfferState = Field(description="`open`: it can be accepted and paid.")
    created_at: datetime = Field(description="When it was made.")
    starts_at: datetime | None = Field(
        description="When its period starts if it is paid before; null: with the payment."
    )
    valid_until: datetime = Field(description="Until when it can be paid.")
    accepted_at: datetime | None = Field(description="When an owner accepted it first.")
    withdrawn_at: datetime | None = Field(description="When it was withdrawn.")
    paid_at: datetime | None = Field(description="When it was paid.")
    period_start: datetime | None = Field(description="The start of the paid period.")
    period_end: datetime | None = Field(description="Its end.")
    reference: str = Field(description="What to write into a bank transfer.")
    account: BankAccount | None = Field(description="Where a bank transfer goes; null for a checkout.")


class OfferList(BaseModel):
    """The offers to a workspace."""

    items: list[Offer] = Field(description=f"The newest first, {LISTED} at most.")


class OfferOrder(BaseModel):
    """The order of an offer, to be paid at `short_url`, or at Razorpay by its checkout."""

    key_id: str | None = Field(
        default=None, description="`key` of Razorpay's checkout; null where the payer goes to `short_url`."
    )
    order_id: str | None = Field(
        default=None,
        description="`order_id` of Razorpay's checkout: Razorpay's id of the order; null as `key_id`.",
    )
    amount: int = Field(description="The amount, in the smallest unit.")
    currency: Currency = Field(description="The currency of the amount.")
    short_url: str | None = Field(
        description="The provider's payment page of the order; null at Razorpay, which has none for an order."
    )


class AcceptedOffer(BaseModel):
    """An offer that was accepted, and how it is paid now."""

    offer: Offer = Field(description="The offer.")
    order: OfferOrder | None = Field(description="What to pay by checkout; null for a bank transfer.")


async def list_offers(principal: Principal) -> OfferList:
    """The offers to the workspace, the newest first."""
    rows = await db.as_service(
        f"select {COLUMNS} from {JOINED} where o.workspace_id = %s order by o.created_at desc, o.id desc limit %s",
        [principal.workspace_id, LISTED],
        Offer,
    )
    return OfferList(items=rows)


async def find_offer(principal: Principal, offer_id: UUID) -> Offer:
    """One of them. Raises NotFound."""
    rows = await db.as_service(
        f"select {COLUMNS} from {JOINED} where o.workspace_id = %s and o.id = %s",
        [principal.workspace_id, offer_id],
        Offer,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def accept_offer(principal: Principal, offer_id: UUID) -> AcceptedOffer:
    """Accepts an open offer, and returns what to pay; idempotent.

    Raises NotFound, OfferNotOpen, AccountSuspended, EmailNotConfirmed, BillingDetailsRequired, InvalidRequest for
    dollars within India, RateLimited, and PaymentProviderUnavailable, after which the same request continues.
    """
    confirmed = settings.read(SignUpSettings).require_confirmed_email
    (found,) = await db.call(
        "select oneai.accept_offer(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, offer_id, confirmed],
    )
    order = None
    if found["method"] == "checkout":
        provider = providers.of(found["payment_provider"] or await _chosen(principal, found["currency"]))
        ref, page_url = found["ref"], found["page_url"]
        # An offer is open for weeks. Only a page that is never paid later is replaced, as one order pays an offer.
        ends = provider.CAPABILITIES.page_lasts is not None
        if ref is None or (ends and not await is_payable(principal, provider.NAME, ref)):
            ref, page_url = await _create_order(provider, found)
        terms = {"amount": found["amount"], "currency": found["currency"], "short_url": page_url}
        order = OfferOrder.model_validate({**terms, **provider.order_options(ref)})
    return AcceptedOffer(offer=await find_offer(principal, offer_id), order=order)


async def _chosen(principal: Principal, currency: str) -> str:
    """The provider that the operator's table names. Raises PaymentProviderUnavailable without one."""
    (country,) = await db.call("select oneai.billing_country(%s)", [principal.workspace_id], idempotent=True)
    for payment_provider in await choice.chosen(country, currency):
        return payment_provider
    log.warning("no payment provider takes an offer's currency", currency=currency)
    raise PaymentProviderUnavailable(retry_after=60)


async def _create_order(provider: PaymentProvider, found: dict[str, Any]) -> tuple[str, str | None]:
    """Creates the order at the provider and stores it, before it is shown, in place of one whose page has ended.
    Returns the stored one and its page."""
    contents, ended = (found["amount"], found["currency"], found["description"]), found["ref"]
    offer_id = UUID(found["id"])
    async with translate_errors(provider.NAME, "open", seconds=PROVIDER_SECONDS):
        order = await provider.open_order(
            OrderCheckout(
                offer_id if ended is None else uuid5(offer_id, ended),
                UUID(found["workspace_id"]),
                *contents,
                expires_at=datetime.fromisoformat(found["valid_until"]),
                return_url=paid_address(f"/checkout/offer/{found['id']}", provider.NAME),
            )
        )
    (ref,) = await db.call(
        "select oneai.save_offer_order(%s, %s, %s, %s)", [offer_id, provider.NAME, order.ref, ended], idempotent=True
    )
    if ref == order.ref:
        await processing.ingest(Observation(orders=(order,)), source="request")
    return str(ref), order.page_url if ref == order.ref else None


COLUMNS: LiteralString = """
    o.id, o.plan_id, o.seats, o.limits, o.amount, o.currency, o.months, o.method, oneai.offer_state(o) as state,
    o.created_at, o.starts_at, o.valid_until, o.accepted_at, o.withdrawn_at, o.paid_at, o.period_start, o.period_end,
    o.reference, case when o.method = 'bank_transfer' then to_jsonb(b) - 'currency' - 'updated_at' end as account
"""
JOINED: LiteralString = "oneai.offers as o left join oneai.bank_accounts as b on b.currency = o.currency"
