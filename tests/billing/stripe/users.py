"""Stripe takes the payments of people outside India, over HTTP and at its stand-in's pages."""

import os
from typing import Any

import httpx
import pytest

from oneai import settings
from stand_ins import stripe
from stand_ins.stripe.keys import Keys
from tests.patience import PATIENCE
from tests.world import World

CAROL = {"legal_name": "Carol Jones", "address": "5 Main St\nAustin 78701", "state": "TX", "country": "US"}
OK, DECLINED = "4242424242424242", "4000000000009995"


def sold_at_stripe(world: World, environment: pytest.MonkeyPatch) -> None:
    """Sets Stripe's keys, and fills its price list."""
    for name, value in stripe.keys_of(f"{world.address}/stripe").items():
        environment.setenv(name, value)
    settings.reset_cache()
    world.stripe.keys = world.stripe.rules.keys = Keys.from_environment(os.environ)
    stripe.fill_price_list(world.database.connection)


async def live_in(world: World, details: dict[str, str], workspace: str | None = None) -> None:
    """Saves the billing details of a workspace of asha's."""
    headers = world.headers(**({"oneai-workspace": workspace} if workspace else {}))
    saved = await world.http.put("/subscription/billing-details", json=details, headers=headers)
    assert saved.is_success, saved.text


async def pay(world: World, page: str, card: str = OK, *, heard: bool = True) -> httpx.Response:
    """Pays on a page of Stripe's; its events arrive if they are `heard`."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        answer = await browser.post(page, data={"card": card})
    if heard:
        await world.stripe.catch_up()
    return answer


async def subscription(world: World) -> dict[str, Any]:
    """`GET /subscription` of asha."""
    answer = await world.get("/subscription")
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
