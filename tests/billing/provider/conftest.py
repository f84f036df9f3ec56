"""A Razorpay with scripted answers, on a socket of its own, and the settings of a function that uses it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from oneai import settings
from oneai.clients import razorpay
from tests.billing.provider.hook import Hook, hooked
from tests.billing.provider.signing import KEY_ID, KEY_SECRET, WEBHOOK_SECRET
from tests.served import served
from tests.world import Database


@dataclass
class Says:
    """One response, sent `after` seconds."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0


@dataclass
class PendingEvent:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Upstream:
    """Gives its answers one after the other, and repeats the last one; an answer by path comes first."""

    def __init__(self) -> None:
        self.address = ""
        self.answers: list[Says] = [Says()]
        self.at: dict[str, Says] = {}
        self.heard: list[PendingEvent] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        sent = await request.body()
        self.heard.append(
            PendingEvent(
                request.method,
                request.url.path,
                dict(request.query_params),
                dict(request.headers),
                json.loads(sent) if sent else None,
            )
        )
        says = self.at.get(request.url.path)
        if says is None:
            says = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(says.after)
        body = says.body if isinstance(says.body, bytes) else json.dumps(says.body).encode()
        await Response(body, says.status, says.headers)(scope, receive, send)

    @property
    def asked(self) -> list[str]:
        """Method and path of every request."""
        return [f"{each.method} {each.path}" for each in self.heard]


@pytest.fixture
def environment() -> Iterator[pytest.MonkeyPatch]:
    """A function's that knows Razorpay."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAZORPAY_KEY_ID", KEY_ID)
        environment.setenv("RAZORPAY_KEY_SECRET", KEY_SECRET)
        environment.setenv("RAZORPAY_WEBHOOK_SECRET", WEBHOOK_SECRET)
        for name in ("PREVIOUS", "ROTATED_AT"):
            environment.delenv(f"RAZORPAY_WEBHOOK_SECRET_{name}", raising=False)
        environment.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
        settings.reset_cache()
        yield environment
    settings.reset_cache()
    razorpay.reset_cache()


@pytest.fixture
async def upstream(environment: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    """A Razorpay."""
    upstream = Upstream()
    async with served(lambda _: upstream) as address:
        upstream.address = address
        environment.setenv("RAZORPAY_BASE_URL", address)
        settings.reset_cache()
        yield upstream


@pytest.fixture
async def hook(database: Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Hook]:
    """The webhook."""
    async with hooked(database, environment) as hook:
        yield hook
