"""The routes of a model by the operator's own keys: OpenRouter, and the model's provider where it has a key.

`OPENAI_API_KEY`, `ANTHROPIC_API_KEY` and `GEMINI_API_KEY` make an outage of OpenRouter survivable. A model has a direct
route where the table of prices knows it, because what an answer costs is not known otherwise.
"""

import hashlib
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from oneai import settings
from oneai.errors import ModelBusy, UpstreamUnavailable
from oneai.models import direct_prices
from oneai.models.completion import Completion
from oneai.models.endpoint import Endpoint, ProviderName
from oneai.models.provider_addresses import base_url_of
from oneai.models.route import Route

# The vendors in the ids of OpenRouter's models, as their providers are named here.
VENDORS: dict[str, ProviderName] = {"openai": "openai", "anthropic": "anthropic", "google": "gemini"}
# Models may think for a minute without a piece. OpenRouter's client waits as long.
PIECE_SECONDS = 120.0
# The longest wait until OpenRouter starts to respond, if another route is open. It usually responds within a second or
# two, and writes comments while the model is silent. After `PATIENCE_SECONDS` the other route is asked beside it. A
# direct provider may send no headers while the model thinks, so the next route is asked beside it only after
# `HEAD_SECONDS`.
HEAD_SECONDS, PATIENCE_SECONDS = 20.0, 4.0
# Of a request, what only OpenRouter has.
ONLY_OPENROUTERS = frozenset({"plugins", "transforms"})


@dataclass(frozen=True, slots=True)
class DirectSettings:
    """The operator's keys for direct providers. A provider without a key has no route."""

    openai_api_key: str = ""
    anthropic_api_key: str = ""
    gemini_api_key: str = ""


def direct_endpoints() -> dict[ProviderName, Endpoint]:
    """The providers that the operator has a key for."""
    config = settings.read(DirectSettings)
    given: list[tuple[ProviderName, str]] = [
        ("openai", config.openai_api_key),
        ("anthropic", config.anthropic_api_key),
        ("gemini", config.gemini_api_key),
    ]
    return {
        name: Endpoint(base_url_of(name), key, key_id=_key_id(key), is_operators=True, piece_seconds=PIECE_SECONDS)
        for name, key in given
        if key
    }


def direct_route(model_id: str) -> Route | None:
    """The route of a model of OpenRouter at its own provider; None where there is none, or its price is unknown."""
    vendor, _, name = model_id.partition("/")
    provider = VENDORS.get(vendor)
    if provider is None or ":" in name:
        return None  # a variant, such as `:free`, is OpenRouter's own
    known = direct_prices.table()
    # OpenRouter writes versions with a dot, Anthropic with a dash.
    return next(
        (Route(provider, each) for each in (name, name.replace(".", "-")) if known.find(provider, each) is not None),
        None,
    )


def is_for_openrouter(request: dict[str, Any]) -> bool:
    """Whether a request has something that only OpenRouter does, such as its search of the web."""
    tools = [each for each in request.get("tools") or () if str(each.get("type")).startswith("openrouter:")]
    return bool(tools or ONLY_OPENROUTERS & request.keys())


def complete(
    route: Route, endpoint: Endpoint, request: dict[str, Any], held_tokens: int | None
) -> AbstractAsyncContextManager[Completion, bool | None]:
    """A completion at a direct provider, with its own name of the model. The client is imported when it is used."""
    body = {**request, "model": route.model}
    body.pop("models", None)
    body.pop("provider", None)
    if route.provider == "openai":
        from oneai.clients import openai

        return openai.complete(body, endpoint, held_tokens=held_tokens)
    if route.provider == "anthropic":
        from oneai.clients import anthropic

        return anthropic.complete(body, endpoint, held_tokens=held_tokens)
    from oneai.clients import gemini

    return gemini.complete(body, endpoint, held_tokens=held_tokens)


async def reach(provider: ProviderName) -> None:
    """Raises UpstreamUnavailable where this provider does not answer, or does not accept the operator's key. It is
    asked for its list of models, which costs nothing."""
    endpoint = direct_endpoints()[provider]
    problem = (await import_module(f"oneai.clients.{provider}.models").check_key(endpoint)).problem
    if problem is not None and not isinstance(problem, ModelBusy):
        raise UpstreamUnavailable from problem


def _key_id(key: str) -> str:
    """A name for a key that does not reveal it, as keys of OpenRouter have."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
