"""A stack whose workspaces have keys of their own, at stand-ins of the providers that fail on request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from oneai import settings
from oneai.chat.turn import answer, own_key
from oneai.models.endpoint import Endpoint
from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.canaries import CANARY
from tests.provider_keys.keys import PATH
from tests.served import served
from tests.world import World

KEY = f"sk-proj-{CANARY}-own"
# OpenRouter's name of a model that the stand-in of OpenAI has too, under its own name.
MODEL = "openai/gpt-4.1-mini"
# A key that no stand-in accepts for an answer; OpenRouter's accepts all others.
UNKNOWN = MANAGEMENT_KEY


@dataclass
class Provider:
    """A provider's stand-in, before which a failure may stand."""

    app: ASGIApp
    address: str = ""
    failure: tuple[int, dict[str, Any]] | None = None
    """What it answers instead of its own to requests with `key`."""
    spared: int = 0
    """How many requests it still answers before it fails."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The headers of each request for an answer with `key`."""
    key: str = ""
    """Empty: any."""
    is_revoked: bool = False
    """Whether the key is one that it never gave out, in the requests that it gets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = any(self.key.encode() in value for _, value in scope.get("headers", ()))
        if self.is_revoked and self.key:
            others = [(name, value.replace(self.key.encode(), UNKNOWN.encode())) for name, value in scope["headers"]]
            scope = {**scope, "headers": others}
        if is_ours and scope["type"] == "http" and scope["method"] == "POST":
            self.asked.append({name.decode(): value.decode() for name, value in scope["headers"]})
            if self.failure is not None and len(self.asked) > self.spared:
                status, error = self.failure
                await JSONResponse({"error": error}, status)(scope, receive, send)
                return
        await self.app(scope, receive, send)


@asynccontextmanager
async def provider(
    environment: pytest.MonkeyPatch, setting: str, app: ASGIApp, *, key: str = "", base: str = ""
) -> AsyncIterator[Provider]:
    """The stand-in `app` at the address of this setting, whose API begins with the path `base`. Requests are repeated
    without a wait. Only requests with `key` fail and are recorded."""
    made = Provider(app, key=key)
    async with served(lambda _: made) as address:
        environment.setenv(setting, f"{address}{base}")
        environment.setenv("TRUSTED_ENDPOINT_ORIGINS", address)
        environment.setattr(own_key, "Endpoint", partial(Endpoint, retry_seconds=0.001))
        settings.reset_cache()
        made.address = address
        yield made
    settings.reset_cache()


async def with_key(world: World, who: str, **fields: Any) -> UUID:
    """Gives the user's workspace a key of OpenAI, or as `fields` say; its id."""
    body = {"provider": "openai", "name": "Ours", "key": KEY, **fields}
    added: httpx.Response = await world.post(PATH, body, who)
    assert added.status_code == 201, added.text
    return UUID(added.json()["id"])


async def shown(world: World, who: str, key: UUID) -> dict[str, Any]:
    """The key as the API shows it."""
    items = (await world.get(PATH, who)).json()["items"]
    found: dict[str, Any] = next(each for each in items if each["id"] == str(key))
    return found


async def receipt(world: World, who: str, start: dict[str, Any]) -> dict[str, Any]:
    """The receipt of an answer that has ended."""
    await over()
    path = f"/conversations/{start['conversation_id']}/messages/{start['message_id']}/receipt"
    found = await world.get(path, who)
    assert found.status_code == 200, found.text
    bill: dict[str, Any] = found.json()
    return bill


async def over() -> None:
    """Waits until no answer has anything left to do."""
    if tasks := [each.task for each in answer.running.values() if each.task]:
        await asyncio.wait(tasks)
