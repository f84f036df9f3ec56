"""Every provider that a workspace can have a key for, with the models by which it is asked."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from stand_ins import anthropic, custom, gemini, openai, openrouter, replicate
from tests.canaries import CANARY
from tests.provider_keys.answering import Provider, provider
from tests.world import World


@dataclass(frozen=True)
class Case:
    """One provider.

    `model` answers questions, and `looping` calls tools and signs what it thinks, where the provider has such models.
    `is_sold`: the operator offers `model` too, so that credits can pay for it.
    """

    name: str
    create: Callable[..., Any]
    setting: str
    key: str
    header: str
    model: str
    looping: str | None = None
    is_sold: bool = True
    has_price: bool = True
    base: str = ""

    def id_of(self, model: str, key: object) -> str:
        """The id of a model here; that of a workspace's own server has the id of its key."""
        return f"custom/{key}/{model}" if self.name == "custom" else model

    def fields(self, running: Provider) -> dict[str, Any]:
        """The body of a new key."""
        address = {"base_url": f"{running.address}/v1"} if self.name == "custom" else {}
        return {"provider": self.name, "key": self.key, **address}


CASES = {
    each.name: each
    for each in (
        Case(
            *("openai", openai.create, "OPENAI_BASE_URL", f"sk-proj-{CANARY}-a1b2", "authorization"),
            *("openai/gpt-4.1-mini", "openai/gpt-5.6"),
        ),
        Case(
            *("anthropic", anthropic.create, "ANTHROPIC_BASE_URL", f"sk-ant-{CANARY}-c3d4", "x-api-key"),
            *("anthropic/claude-opus-4.5", "anthropic/claude-sonnet-5.5"),
        ),
        Case(
            *("gemini", gemini.create, "GEMINI_BASE_URL", f"AIza{CANARY}-e5f6", "x-goog-api-key"),
            *("google/gemini-2.5-flash-lite", "google/gemini-3.8-flash"),
        ),
        Case(
            *("openrouter", openrouter.create, "OPENROUTER_BASE_URL", f"sk-or-v1-{CANARY}-g7h8"),
            *("authorization", "meta-llama/llama-3.3-70b-instruct", "local/signs-its-thoughts"),
            base="/api/v1",
        ),
        Case(
            *("replicate", replicate.create, "REPLICATE_BASE_URL", f"r8_{CANARY}-i9j0", "authorization"),
            "replicate/meta/llama-3-70b-instruct",
            is_sold=False,
        ),
        Case(
            *("custom", custom.create, "UNUSED_BASE_URL", f"key-{CANARY}-k1l2", "authorization"),
            *("llama", "deepseek"),
            is_sold=False,
            has_price=False,
        ),
    )
}


@asynccontextmanager
async def running(case: Case, environment: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """The stand-in of this provider, which accepts one key."""
    app = case.create() if case.name == "openrouter" else case.create(key=case.key)
    async with provider(environment, case.setting, app, key=case.key, base=case.base) as found:
        yield found


def paid(world: World, who: str) -> list[tuple[str, str]]:
    """What paid each use of a workspace, and at which provider."""
    return world.database.rows(
        "select paid_by::text, provider from oneai.usage_events where workspace_id = %s order by id",
        world.people[who],
    )
