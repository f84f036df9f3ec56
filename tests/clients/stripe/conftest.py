"""A Stripe with scripted answers, on a socket of its own, and the settings of a function that uses it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from oneai import settings
from oneai.clients import stripe
from tests.canaries import CANARY
from tests.served import served

KEY = f"sk_test_{CANARY}"


@dataclass
class Says:
    """One response."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"id": "x"})
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ReceivedRequest:
    """One request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


class Upstream:
    """Gives its answers one after the other, and repeats the last one."""

    def __init__(self) -> None:
        self.address = ""
        self.answers: list[Says] = [Says()]
        self.heard: list[ReceivedRequest] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = (await request.body()).decode()
        self.heard.append(
            ReceivedRequest(request.method, request.url.path, request.url.query, dict(request.headers), body)
        )
        says = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        response = (
            Response(says.body, says.status, says.headers)
            if isinstance(says.body, bytes)
            else JSONResponse(says.body, says.status, says.headers)
        )
        await response(scope, receive, send)


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    """A Stripe."""
    upstream = Upstream()
    monkeypatch.setattr(stripe, "BACKOFF_SECONDS", 0.001)
    async with served(lambda _: upstream) as address:
        upstream.address = address
        monkeypatch.setenv("STRIPE_SECRET_KEY", KEY)
        monkeypatch.setenv("STRIPE_BASE_URL", address)
        settings.reset_cache()
        yield upstream
        await stripe.close()
    settings.reset_cache()
