"""While OpenRouter is away, models that the operator has another route to are listed and answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from oneai import health, settings
from oneai.clients import http, s3
from oneai.clients.openrouter import lookup
from oneai.models import providers
from oneai.models.set_aside import SECONDS, SetAside
from stand_ins import openai as openai_stand_in
from stand_ins.openai.app import KEY
from tests.admin.staff import make_staff
from tests.patience import PATIENCE
from tests.provider_keys.answering import over
from tests.served import served
from tests.world import World

MODEL = "openai/gpt-4.1-mini"
NOWHERE = "http://127.0.0.1:9/v1"


@dataclass
class Routes:
    """The operator's two routes. `now` is the time by which a provider is set aside, in seconds."""

    world: World
    patch: pytest.MonkeyPatch
    openrouter: str
    openai: str
    now: float = 0.0

    async def at(self, **addresses: str) -> None:
        """Moves providers: `openrouter` or `openai` to another address."""
        for name, address in addresses.items():
            self.patch.setenv(f"{name.upper()}_BASE_URL", address)
        settings.reset_cache()
        health.reset_cache()
        await providers.close()

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


@pytest.fixture
async def routes(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Routes]:
    """OpenRouter and OpenAI, both with a key of the operator."""
    for module, name in ((health, "SECONDS_ALLOWED"), (s3, "REACH_SECONDS"), (lookup, "REACH_SECONDS")):
        monkeypatch.setattr(module, name, PATIENCE)
    async with served(lambda _: openai_stand_in.create()) as address:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        found = Routes(world, monkeypatch, f"{world.upstream}/api/v1", f"{address}/v1")
        monkeypatch.setattr(providers, "_set_aside", SetAside(lambda: found.now))
        await found.at(openai=found.openai)
        providers.reset_catalogue()
        yield found
        http.close()
    monkeypatch.undo()
    settings.reset_cache()
    health.reset_cache()
    providers.reset_catalogue()


async def test_an_outage_of_openrouter_is_degraded_while_another_route_works(routes: Routes) -> None:
    assert await routes.status() == ("operational", "operational")
    await routes.at(openrouter=NOWHERE)

    assert await routes.status() == ("degraded", "degraded_performance")
    assert (await routes.world.get("/health", None, deep=True)).status_code == 200
    checks = await routes.checks()
    assert {name: each["ok"] for name, each in checks.items()} == {
        "database": True,
        "storage": True,
        "upstream": False,
        "openai": True,
    }


@pytest.mark.sampled(0.5)
async def test_no_route_at_all_is_an_outage(routes: Routes) -> None:
    await routes.at(openrouter=NOWHERE, openai=NOWHERE)

    assert await routes.status() == ("outage", "major_outage")
    assert (await routes.world.get("/health", None, deep=True)).status_code == 503


@pytest.mark.sampled(0.5)
async def test_a_refused_key_of_a_direct_provider_is_a_route_that_does_not_work(routes: Routes) -> None:
    routes.patch.setenv("OPENAI_API_KEY", "sk-proj-another")
    await routes.at()

    assert await routes.status() == ("operational", "operational")
    assert not (await routes.checks())["openai"]["ok"]
    await routes.at(openrouter=NOWHERE)
    assert await routes.status() == ("outage", "major_outage")


async def test_a_provider_that_failed_is_shown_as_set_aside_until_it_answers(routes: Routes) -> None:
    await routes.listed()
    await routes.at(openrouter=NOWHERE)
    result = await routes.world.ask("What is a cat?", model=MODEL)
    await over()
    await routes.at(openrouter=routes.openrouter)

    assert (result.last["state"], result.last["provider"]) == ("complete", "openai")
    # OpenRouter can be reached again. Nothing has asked it for an answer, so it is still set aside.
    assert await routes.status() == ("degraded", "degraded_performance")
    listed = await routes.listed()
    assert listed[MODEL] == {"openrouter": "set_aside", "openai": None}
    assert listed["meta-llama/llama-3.3-70b-instruct:free"] == {"openrouter": None}
    shown = (await routes.checks())["upstream"]
    assert (shown["ok"], shown["set_aside"]["times"], shown["set_aside"]["code"]) == (True, 1, "upstream_unavailable")

    routes.now += SECONDS + 1
    again = await routes.world.ask("What is a dog?", model=MODEL)
    await over()

    assert (again.last["state"], again.last["provider"] != "openai") == ("complete", True)
    assert await routes.status() == ("operational", "operational")
    assert (await routes.listed())[MODEL] == {"openrouter": None, "openai": None}
    assert (await routes.checks())["upstream"]["set_aside"] is None


async def test_models_of_another_route_are_listed_and_answer_without_openrouter(routes: Routes) -> None:
    await routes.at(openrouter=NOWHERE)
    providers.reset_catalogue()

    alone = await routes.listed()
    result = await routes.world.ask("What is a cat?", model=MODEL)
    other = await routes.world.ask("What is a cat?", model="meta-llama/llama-3.3-70b-instruct:free")
    await over()

    assert {name.partition("/")[0] for name in alone} == {"openai"}
    assert all(list(ways) == ["openai"] for ways in alone.values())
    assert (result.last["state"], result.last["provider"]) == ("complete", "openai")
    assert other.status == 422
    assert routes.world.quota() == (1, 0)

    await routes.at(openrouter=routes.openrouter)
    providers.reset_catalogue()
    both = await routes.listed()

    # One entry for each model, whichever way leads to it.
    assert set(alone) <= set(both)
    assert set(both[MODEL]) == {"openrouter", "openai"}
