"""The stand-in for Stripe over HTTP, by the clock of a database, with an endpoint that takes its events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from local.clock import Clock
from oneai import settings
from stand_ins import stripe
from tests.patience import PATIENCE
from tests.served import served
from tests.world import Database

SECRET = "whsec_local"


@dataclass
class Endpoint:
    """Takes events, and answers with `status`."""

    status: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        """One delivery."""
        self.came.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status)


@dataclass
class Place:
    """One stand-in, its endpoint, the merchant's client, and the control API."""

    simulator: stripe.Simulator
    endpoint: Endpoint
    http: httpx.AsyncClient
    switches: httpx.AsyncClient
    database: Database

    async def post(self, path: str, form: dict[str, Any], key: str | None = None) -> httpx.Response:
        """`POST /v1/…`."""
        return await self.http.post(f"/v1/{path}", data=form, headers={"idempotency-key": key} if key else {})

    async def order(self, **more: str) -> dict[str, Any]:
        """A checkout of fifty dollars."""
        form = {
            "mode": "payment",
            "success_url": "https://app.example/paid?checkout={CHECKOUT_SESSION_ID}",
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "5000",
            "line_items[0][price_data][product_data][name]": "Credits",
        }
        made: dict[str, Any] = (await self.post("checkout/sessions", form | more)).raise_for_status().json()
        return made


@asynccontextmanager
async def stripe_place(database: Database, folder: Path, environment: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A stand-in that is served until the `async with` ends; the client's settings name it."""
    endpoint = Endpoint()
    settings.reset_cache()
    for name, value in stripe.keys_of("").items():
        environment.setenv(name, value)
    simulator = stripe.Simulator(folder, Clock(database.url("oneai_app")), "", "", seed="tests")

    def make(address: str) -> Starlette:
        simulator.webhook = f"{address}/hook"
        simulator.engine.account.address = f"{address}/stripe"
        return Starlette(
            routes=[
                Route("/hook", endpoint.take, methods=["POST"]),
                Mount("/local/stripe", stripe.control_api.create(simulator)),
                Mount("/stripe", stripe.create(simulator)),
            ]
        )

    async with served(make) as address:
        environment.setenv("STRIPE_BASE_URL", f"{address}/stripe")
        settings.reset_cache()
        bearer = {"authorization": f"Bearer {simulator.keys.secret_key}"}
        async with (
            httpx.AsyncClient(base_url=f"{address}/stripe", headers=bearer, timeout=PATIENCE) as http,
            httpx.AsyncClient(base_url=f"{address}/local/stripe", timeout=PATIENCE) as switches,
        ):
            yield Place(simulator, endpoint, http, switches, database)
        await simulator.close()
    settings.reset_cache()
