"""Paying for plans in rupiah ahead, on the pages of the stand-in for Midtrans."""

from typing import Any

import httpx

from oneai.billing.subscriptions import price_list
from tests.billing.subscriptions.buyers import Buyers
from tests.billing.subscriptions.subscribing import create_checkout
from tests.patience import PATIENCE
from tests.world import World

BUDI = {"legal_name": "Budi Santoso", "address": "Jl. Melati 7\nBandung 40111", "state": "JB", "country": "ID"}


async def move_to_bandung(world: World) -> None:
    """Gives Pro and Enterprise prices in rupiah, and Asha an address in Bandung."""
    for tier, amount in (("pro", 99_000), ("enterprise", 396_000)):
        plan = f"{tier}.monthly.IDR.{amount}"
        world.database.rows(
            "select oneai.set_price('midtrans', %s, 'monthly', 'IDR', %s, %s, %s)", tier, amount, plan, amount
        )
    price_list.reset()
    saved = await world.http.put("/subscription/billing-details", json=BUDI, headers=world.headers())
    assert saved.is_success, saved.text


async def open_page(world: World, **terms: Any) -> dict[str, Any]:
    """The session of a checkout in rupiah."""
    created = await create_checkout(world, **{"currency": "IDR", **terms})
    assert created.status_code in (200, 201), created.text
    session: dict[str, Any] = created.json()
    return session


async def choose(session: dict[str, Any], method: str) -> None:
    """The payer chooses how to pay on the page."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        assert (await browser.post(session["checkout_url"], data={"method": method})).is_success


async def pay(world: World, session: dict[str, Any], method: str = "gopay", *, heard: bool = True) -> None:
    """Chooses and pays; the notification arrives if it is `heard`."""
    await choose(session, method)
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        assert (await browser.post(session["checkout_url"], data={"outcome": "pay"})).is_success
    if heard:
        await world.midtrans.catch_up()


async def prepaid_team(buyers: Buyers, seats: int = 3, method: str = "gopay") -> None:
    """The team pays for thirty days ahead, at Rp 129.000 a seat."""
    buyers.world.database.rows(
        "select oneai.set_price('midtrans', 'team', 'monthly', 'IDR', 129000, 'team.IDR', 129000)"
    )
    price_list.reset()
    assert (await buyers.send("PUT", "/subscription/billing-details", BUDI)).is_success
    created = await buyers.create(seats=seats, currency="IDR")
    assert created.json()["charged_amount"] == seats * 129_000
    await pay(buyers.world, created.json(), method)
    assert buyers.seats == seats
