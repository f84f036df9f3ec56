"""A stack whose operator has two routes to OpenAI's models."""

from collections.abc import AsyncIterator

import pytest

from oneai import health, settings
from oneai.clients import http, s3
from oneai.clients.openrouter import lookup
from oneai.models import providers
from oneai.models.set_aside import SetAside
from stand_ins import openai as openai_stand_in
from stand_ins import openrouter as openrouter_stand_in
from stand_ins.openai.app import KEY
from tests.door import Door
from tests.models.operator import Routes
from tests.patience import PATIENCE
from tests.served import served
from tests.world import World


@pytest.fixture
async def routes(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Routes]:
    """OpenRouter and OpenAI, both with a key of the operator."""
    for module, name in ((health, "SECONDS_ALLOWED"), (s3, "REACH_SECONDS"), (lookup, "REACH_SECONDS")):
        monkeypatch.setattr(module, name, PATIENCE)
    found = Routes(world, monkeypatch, Door(openrouter_stand_in.create(pause=0)), Door(openai_stand_in.create()))
    monkeypatch.setattr(providers, "_set_aside", SetAside(lambda: found.now))
    async with served(lambda _: found.openrouter) as openrouter, served(lambda _: found.openai) as openai:
        for name, value in {
            "OPENROUTER_BASE_URL": f"{openrouter}/api/v1",
            "OPENROUTER_RETRY_SECONDS": "0.001",
            "OPENAI_BASE_URL": f"{openai}/v1",
            "OPENAI_API_KEY": KEY,
        }.items():
            monkeypatch.setenv(name, value)
        settings.reset_cache()
        providers.reset_catalogue()
        yield found
        http.close()
        await providers.close()
    monkeypatch.undo()
    settings.reset_cache()
    health.reset_cache()
    providers.reset_catalogue()
