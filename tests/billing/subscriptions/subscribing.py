"""Saves billing details, subscribes, and pays on the stand-in's page, for tests of subscriptions."""

from typing import Any, cast

import httpx

from oneai.billing.facts import Currency, Period
from oneai.billing.subscriptions import Price, price_list
from stand_ins import razorpay
from tests.billing.invoices.issuing import ASHA
from tests.world import World

PRO: dict[str, Any] = {"plan_id": "pro", "period": "monthly", "currency": "INR"}


def set_price(world: World, key: str, amount: int) -> None:
    """An operator sells at this price (`pro.monthly.INR`), 0 for not at all; running functions read it when they next
    read the list."""
    tier, period, currency = key.split(".")
    price = Price("razorpay", tier, cast(Period, period), cast(Currency, currency), amount, None, amount)
    plan = razorpay.plan_of(price) if amount else None
    world.database.rows(
        "select oneai.set_price('razorpay', %s, %s, %s, %s, %s, %s)", tier, period, currency, amount, plan, amount
    )


def enterprise_for_sale(world: World, amount: int = 2_000_000) -> None:
    """Enterprise has a price too, by the month."""
    set_price(world, "enterprise.monthly.INR", amount)
    price_list.reset()


async def save_billing_details(world: World, who: str = "asha", *, abroad: bool = False) -> None:
    """Billing details, which are asked for before anything can be paid; `abroad`: with an address in Singapore."""
    details = ASHA | ({"country": "SG", "state": "", "gstin": None} if abroad else {})
    operations = await world.http.put("/subscription/billing-details", json=details, headers=world.headers(who))
    assert operations.is_success, operations.text


async def create_checkout(world: World, who: str = "asha", **terms: Any) -> httpx.Response:
    """`POST /subscription/create`, pro by the month and in rupees unless said otherwise."""
    return await world.post("/subscription/create", {**PRO, **terms}, who)


async def subscribe(world: World, who: str = "asha", *, method: str = "card", **terms: Any) -> dict[str, Any]:
    """All of it: what `create_checkout` answered, for a user who has paid by now, proven without any webhook. Who pays
    with a card of another country lives there."""
    await save_billing_details(world, who, abroad=method == "foreign_card")
    created = await create_checkout(world, who, **terms)
    assert created.status_code == 201, created.text
    await pay(world, created.json(), who, method=method)
    checkout: dict[str, Any] = created.json()
    return checkout


async def pay(world: World, checkout: dict[str, Any], who: str = "asha", *, method: str = "card") -> httpx.Response:
    """Pays on the page and hands over what the checkout handed over.

    A second later than all before: users do not pay twice within one, and the provider's times are no finer.
    """
    world.database.advance(1)
    proof = await world.check_out(checkout["short_url"], method=method)
    verified = await world.post("/subscription/verify", proof, who)
    assert verified.is_success, verified.text
    return verified


async def current_subscription(world: World, who: str = "asha") -> dict[str, Any]:
    """`GET /subscription`."""
    answer = await world.get("/subscription", who)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def status_and_code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def invalid_fields(answer: httpx.Response) -> list[str]:
    """The fields an `invalid_request` names."""
    assert status_and_code(answer) == (422, "invalid_request"), answer.text
    return [each["field"] for each in answer.json()["error"]["details"]]


async def set_fault(world: World, kind: str | None) -> None:
    """A bad day of the provider: `away`, `throttled`, `slow`, `lost`; None ends it."""
    world.razorpay.fault = kind


async def provider_subscriptions(world: World) -> list[dict[str, Any]]:
    """Every subscription there, the oldest first."""
    async with world.razorpay.session() as engine:
        return [dict(each) for each in reversed(list(engine.subscriptions()))]


async def at_provider(world: World, checkout: dict[str, Any]) -> dict[str, Any]:
    """A subscription as the stand-in has it, with what it does not send."""
    lever = f"{world.address}/local/razorpay/subscriptions/{checkout['razorpay']['subscription_id']}"
    async with httpx.AsyncClient() as client:
        found: dict[str, Any] = (await client.get(lever)).json()
    return found


async def set_outcome(world: World, checkout: dict[str, Any], outcome: str) -> None:
    """Sets the outcome of its later charges: `ok`, `fail`, `slips_through`."""
    lever = f"{world.address}/local/razorpay/subscriptions/{checkout['razorpay']['subscription_id']}"
    async with httpx.AsyncClient() as client:
        assert (await client.post(lever, json={"outcome": outcome})).is_success


def advance_days(world: World, count: float) -> None:
    """Lets time pass."""
    world.database.advance(count * 24 * 3600)


def advance_to_period_end(world: World, who: str = "asha", *, hours: float = 0) -> None:
    """Advances to `hours` before the end of the period, or after it if they are negative."""
    left = world.database.one(
        "select extract(epoch from max(current_period_end) - oneai.now())::float8 from oneai.subscriptions "
        "where workspace_id = %s and status <> 'none'",
        world.people[who],
    )
    world.database.advance(left - hours * 3600)


def advance_to_end_of(world: World, checkout: dict[str, Any], *, hours: float) -> None:
    """The same, of this subscription's period."""
    left = world.database.one(
        "select extract(epoch from current_period_end - oneai.now())::float8 from oneai.subscriptions where id = %s",
        checkout["subscription_id"],
    )
    world.database.advance(left - hours * 3600)


def operations(world: World) -> list[tuple[str, str, str]]:
    """Kind, reason and state of all provider operations."""
    rows: list[tuple[str, str, str]] = world.database.rows(
        "select kind, reason, state from oneai.provider_operations order by created_at, kind"
    )
    return rows


async def plan_history(world: World, who: str = "asha") -> list[tuple[str | None, str, str]]:
    """History, the oldest first: old tier, new tier, reason."""
    items = (await world.get("/subscription/history", who, limit=100)).json()["items"]
    return [(each["old_tier"], each["new_tier"], each["change_reason"]) for each in reversed(items)]


async def refunds(world: World) -> list[int]:
    """The amounts that the provider has refunded or is refunding."""
    async with world.razorpay.session() as engine:
        return [int(each["amount"]) for each in engine.account.refunds.values()]
