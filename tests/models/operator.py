"""The operator's two routes: OpenRouter and OpenAI, each behind a door that a test closes."""

from dataclasses import dataclass
from typing import Any

import pytest

from oneai import health
from tests.admin.staff import make_staff
from tests.door import Door
from tests.world import World

MODEL = "openai/gpt-4.1-mini"


@dataclass
class Routes:
    """The operator's two routes. `now` is the time by which a provider is set aside, in seconds."""

    world: World
    patch: pytest.MonkeyPatch
    openrouter: Door
    openai: Door
    now: float = 0.0

    def wait(self, seconds: float) -> None:
        """Lets this time pass, in Postgres too."""
        self.now += seconds
        self.world.database.advance(seconds)

    async def status(self) -> tuple[str, str]:
        """The overall status, and that of answers."""
        health.reset_cache()
        body = (await self.world.get("/status", None)).json()
        return body["status"], next(each["status"] for each in body["components"] if each["name"] == "chat")

    async def listed(self) -> dict[str, dict[str, str | None]]:
        """The operator's routes of each model that the plan pays: the provider, and why it is not open."""
        items = (await self.world.get("/chat/models")).json()["items"]
        assert len({each["id"] for each in items}) == len(items)
        return {
            each["id"]: {way["provider"]: way["reason"] for way in each["routes"] if way["source"] == "plan"}
            for each in items
        }

    async def checks(self) -> dict[str, Any]:
        """The deep check as support sees it, by name."""
        health.reset_cache()
        body = (await self.world.get("/health", make_staff(self.world, "support"), deep=True)).json()
        return {each["name"]: each for each in body.get("checks") or body["error"]["checks"]}
