"""The automatic recharge of credits: its switch, and the orders that it opens.

Its debits are operations at the provider (`credit_debits.py`). docs/decisions/credits.md has the reasons.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing import credit_debits, credit_packages, providers
from oneai.billing.credit_purchase import CreditCheckout, added_tax, order_terms, store_order
from oneai.billing.facts import Currency
from oneai.billing.providers import choice
from oneai.billing.providers.capabilities import Capabilities, capabilities_of
from oneai.billing.providers.errors import translate_errors
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS, SignUpSettings
from oneai.billing_errors import BillingDetailsRequired
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal

RechargeState = Literal["off", "authorization_required", "active", "pending", "confirmation_required", "paused"]
RechargeProblem = Literal[
    "refused", "month_spent", "not_allowed", "not_sold", "not_authorized", "over_limit", "day_spent"
]
RechargeOrderKind = Literal["mandate", "debit", "confirmation"]

# A recharge can be opened when credits fall below this much: from ten cents to ten thousand dollars.
LEAST_BELOW, MOST_BELOW = 100_000, 10_000_000_000
# If no payment provider can debit.
_NONE = Capabilities(name="", renewal="mandate", checkout="redirect", currencies=frozenset())
# The notice that payers in India get before each debit, from us or from the provider.
_NOTICE_HOURS = 25


class AutoRechargeRequest(BaseModel):
    """The body of `PUT /api/credits/auto-recharge`. All but `on` are needed to turn it on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    on: bool = Field(description="Whether credits are bought automatically.")
    below_micro_usd: Annotated[int, Field(ge=LEAST_BELOW, le=MOST_BELOW)] | None = Field(
        default=None, description="A recharge starts when less than this is left."
    )
    package_id: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        default=None, description="The package that is bought, an id from `GET /credits/packages`."
    )
    per_month: Annotated[int, Field(ge=1, le=10**12)] | None = Field(
        default=None,
        description="The most that recharges of a month cost, with tax, in the smallest unit of `currency` (paise, "
        "cents).",
    )


class RechargeCheckout(CreditCheckout):
    """The data for the provider's checkout in the browser. Its payment may also authorize later debits."""

    customer_id: str | None = Field(description="`customer_id` of Razorpay's checkout; null if it authorizes nothing.")
    recurring: bool = Field(description="`recurring` of Razorpay's checkout; false elsewhere.")


class RechargeOrder(BaseModel):
    """An order of the automatic recharge that can still be paid."""

    order_id: UUID = Field(description="Our id of the order.")
    kind: RechargeOrderKind = Field(
        description="`mandate`: pay it to authorize later debits; `debit`: it is debited at `debited_at`; "
        "`confirmation`: it is not debited, because a charge of this amount must be confirmed: pay it."
    )
    amount: int = Field(description="The charge with tax.")
    currency: Currency = Field(description="Its currency.")
    debited_at: datetime | None = Field(description="From when it is debited, after the payer's notice.")
    expires_at: datetime = Field(description="Until when it can be paid.")
    payment_provider: str = Field(description="Who takes the payment: `razorpay` or `stripe`.")
    checkout: RechargeCheckout | None = Field(
        description="How it is paid: the options of Razorpay's checkout, or Stripe's page in `short_url`; null for "
        "a debit."
    )


class AutoRecharge(BaseModel):
    """The automatic recharge of a workspace."""

    on: bool = Field(description="Whether credits are bought automatically.")
    below_micro_usd: int | None = Field(description="A recharge starts when less than this is left; null: never set.")
    package_id: str | None = Field(description="The package that is bought.")
    per_month: int | None = Field(description="The most that recharges of a month cost, with tax.")
    payment_provider: str | None = Field(
        description="Who debits: `razorpay` or `stripe`. It remains until the recharge is turned off and on; null if "
        "it was never set."
    )
    currency: Currency | None = Field(
        description="The currency of `per_month`, `amount` and `spent_this_month`; null without billing details."
    )
    amount: int | None = Field(description="The charge of one recharge, with tax.")
    spent_this_month: int = Field(description="What recharges of this month cost, with the one that is not paid yet.")
    state: RechargeState = Field(
        description="`authorization_required`: pay the order in `pending` to authorize debits; `pending`: a debit "
        "follows; `confirmation_required`: pay the order in `pending`; `paused` until `paused_until`, for `problem`."
    )
    problem: RechargeProblem | None = Field(
        description="Why it is paused or was turned off: `refused` debits, `month_spent`, `not_allowed` (its holder "
        "may not spend now), `not_sold`, `not_authorized`, `over_limit` (of what may be bought), or `day_spent` (ten "
        "were paid within a day)."
    )
    paused_until: datetime | None = Field(description="When it may start again.")
    refusals: int = Field(description="Refused debits in a row. The third one turns it off.")
    held_by: UUID | None = Field(description="The owner whose card or account is debited, who alone can turn it on.")
    notice_hours: int = Field(
        description="How long before a debit the payer gets its notice: 25 in rupees, as in India each one needs "
        "a day; 0 in dollars."
    )
    confirmed_above: int | None = Field(
        description="In rupees, a larger charge is not debited: its holder confirms each one (1,500,000 paise). "
        "Everywhere, the holder also confirms the next one if the bank asked for that at the last debit."
    )
    confirmed_each_time: bool = Field(description="Whether `amount` is above it.")
    pending: RechargeOrder | None = Field(description="The order that can still be paid.")


async def read_recharge(principal: Principal) -> AutoRecharge:
    """The automatic recharge of the request's workspace. A mandate that was just paid for is read first."""
    found = await _read(principal.workspace_id)
    if found["unread"]:
        # A provider's page does not report its payment to us. What the provider does not show now, the job reads later.
        await credit_debits.read_mandates(principal.workspace_id, PROVIDER_SECONDS)
        found = await _read(principal.workspace_id)
    return _shown(found, await _listed(), await _law(principal.workspace_id, found))


async def set_recharge(principal: Principal, request: AutoRechargeRequest) -> AutoRecharge:
    """Turns it on or off. Who turns it on without a mandate gets an order to pay, whose payment authorizes debits.

    Raises InvalidRequest with the field's name, BillingDetailsRequired, NotTheHolder if another owner's card or account
    is debited, what `buy_credits` raises for the order, and PaymentProviderUnavailable, after which the same request
    continues.
    """
    if not request.on:
        await db.call("select oneai.set_credit_recharge(%s, %s, null)", [principal.user_id, principal.workspace_id])
        return await read_recharge(principal)
    # The payer must not be asked again for a mandate that was just paid for.
    await credit_debits.read_mandates(principal.workspace_id, PROVIDER_SECONDS)
    terms = await _checked(principal, request)
    (needs_mandate,) = await db.call(
        "select oneai.set_credit_recharge(%s, %s, %s)",
        [principal.user_id, principal.workspace_id, json.dumps(terms)],
    )
    if needs_mandate:
        await _open_mandate(principal, terms)
    return await read_recharge(principal)


async def _checked(principal: Principal, request: AutoRechargeRequest) -> dict[str, Any]:
    """The terms of a switch that is turned on."""
    wanted = request.model_dump(exclude={"on"})
    for name, value in wanted.items():
        if value is None:
            raise invalid(name, "required", "This is needed to turn it on.")
    currency = await _currency(principal.workspace_id)
    await credit_packages.check_sold(request.package_id, None, currency)
    amount = _charge(await _listed(), request.package_id, currency)
    if amount is not None and (request.per_month or 0) < amount:
        raise invalid("per_month", "too_small", "One recharge costs more than this.")
    return wanted | {
        "currency": currency,
        "payment_providers": await _providers(principal.workspace_id, amount or 0, currency),
        "confirmed": settings.read(SignUpSettings).require_confirmed_email,
    }


async def _providers(workspace_id: UUID, amount: int, currency: str) -> dict[str, Any]:
    """Who may debit it, as `oneai.set_credit_recharge` takes it. Raises InvalidRequest if no provider can."""
    chosen = await _debiting(workspace_id, currency)
    if not chosen:
        raise invalid("on", "not_sold", "Credits cannot be bought automatically in your country.")
    able = {each: capabilities_of(each) for each in choice.available()}
    return {
        "chosen": chosen[0],
        "needs_mandate": {
            name: not each.is_confirmed_each_time(amount, currency)
            for name, each in able.items()
            if each.debits_orders and currency in each.currencies
        },
    }


async def _debiting(workspace_id: UUID, currency: str) -> list[str]:
    """The providers that could debit a recharge that is turned on now. The first one is chosen."""
    (country,) = await db.call("select oneai.billing_country(%s)", [workspace_id], idempotent=True)
    return [each for each in await choice.chosen(country, currency) if capabilities_of(each).debits_orders]


async def _law(workspace_id: UUID, found: Mapping[str, Any]) -> Capabilities:
    """What the provider of a recharge allows; of one that is off, the provider that would be chosen now."""
    if found["on"]:
        return capabilities_of(found["payment_provider"])
    chosen = await _debiting(workspace_id, found["currency"]) if found["currency"] else []
    return capabilities_of(chosen[0]) if chosen else _NONE


async def _currency(workspace_id: UUID) -> Currency:
    """The currency of the workspace's billing details. Raises BillingDetailsRequired."""
    (country,) = await db.call("select oneai.billing_country(%s)", [workspace_id], idempotent=True)
    if country is None:
        raise BillingDetailsRequired
    return "INR" if country == "IN" else "USD"


async def _open_mandate(principal: Principal, terms: Mapping[str, Any]) -> None:
    """Opens the order whose payment authorizes debits: one package, so that no money moves for nothing."""
    found = await _read(principal.workspace_id)
    provider = providers.that_debits(found["payment_provider"])
    customer = found["customer_ref"]
    if customer is None:
        (email,) = await db.call("select oneai.email_of_user(%s)", [principal.user_id], idempotent=True)
        async with translate_errors(provider.NAME, "open", seconds=PROVIDER_SECONDS):
            customer = await provider.customer_of(principal.workspace_id, email)
    asked = order_terms(provider.NAME, terms["currency"]) | {
        "key": str(uuid4()),
        "package_id": terms["package_id"],
        "currency": terms["currency"],
        "kind": "mandate",
    }
    (order,) = await db.call(
        "select oneai.start_credit_order(%s, %s, %s)", [principal.user_id, principal.workspace_id, json.dumps(asked)]
    )
    await db.call(
        "select oneai.save_mandate_order(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, order["id"], customer],
    )
    async with translate_errors(provider.NAME, "open", seconds=PROVIDER_SECONDS):
        await store_order(provider, principal.workspace_id, order, provider.authorizing(customer, terms["currency"]))


async def _read(workspace_id: UUID) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = await db.call("select oneai.read_credit_recharge(%s)", [workspace_id], idempotent=True)
    return found


async def _listed() -> dict[tuple[str, str], int]:
    sold = await credit_packages.list_packages()
    return {(each.id, currency): amount for each in sold.items for currency, amount in each.prices.items()}


def _charge(listed: Mapping[tuple[str, str], int], package_id: str | None, currency: str | None) -> int | None:
    """The charge of a package with tax, as `oneai.start_credit_order` computes it; None if it is not sold."""
    price = listed.get((package_id or "", currency or ""))
    if price is None:
        return None
    return price + (price * added_tax(currency or "") + 5_000) // 10_000


def _shown(found: Mapping[str, Any], listed: Mapping[tuple[str, str], int], able: Capabilities) -> AutoRecharge:
    currency, order = found["currency"], found["pending"]
    amount = _charge(listed, found["package_id"], currency)
    pending = None if order is None else _order(order, found["customer_ref"])
    problem = found["problem"]
    return AutoRecharge(
        **{name: found[name] for name in ("on", "below_micro_usd", "package_id", "per_month", "spent_this_month")},
        **{name: found[name] for name in ("payment_provider", "paused_until", "refusals", "held_by")},
        currency=currency,
        amount=amount,
        state=_state(found, pending, confirmed=able.is_confirmed_each_time(amount or 0, currency or "")),
        problem=problem,
        notice_hours=_NOTICE_HOURS if currency == "INR" else 0,
        confirmed_above=able.confirmed_above.get(currency or ""),
        confirmed_each_time=able.is_confirmed_each_time(amount or 0, currency or ""),
        pending=pending,
    )


def _state(found: Mapping[str, Any], pending: RechargeOrder | None, *, confirmed: bool) -> RechargeState:
    if not found["on"]:
        return "off"
    if pending is not None and pending.kind != "mandate":
        return "pending" if pending.kind == "debit" else "confirmation_required"
    if not found["authorized"] and not confirmed:
        return "authorization_required"
    return "active" if found["paused_until"] is None else "paused"


def _order(order: Mapping[str, Any], customer: str | None) -> RechargeOrder | None:
    """The order as it is shown; None until the provider has it."""
    ref = order["ref"]
    if ref is None:
        return None
    is_mandate = order["kind"] == "mandate"
    kind: RechargeOrderKind = "mandate" if is_mandate else "confirmation" if order["charge_at"] is None else "debit"
    provider = providers.that_debits(order["payment_provider"])
    options: dict[str, Any] = {"customer_id": None, "recurring": False, **provider.order_options(ref)}
    if is_mandate and customer is not None:
        options |= provider.authorizing_options(ref, customer)
    return RechargeOrder(
        order_id=UUID(order["id"]),
        kind=kind,
        amount=order["amount"],
        currency=order["currency"],
        debited_at=order["charge_at"],
        expires_at=order["expires_at"],
        payment_provider=provider.NAME,
        checkout=None if kind == "debit" else RechargeCheckout(**options, short_url=order["page_url"]),
    )
