"""The door to model providers. No package above this one knows their clients.

OpenRouter is the operator's default. Where the operator has a key for a model's own provider too, one stands in for the
other (`operator_routes`, `chain`).
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from oneai import settings
from oneai.clients import openrouter
from oneai.clients.openrouter import keys
from oneai.errors import NotFound
from oneai.models.catalogue import Catalogue, Model
from oneai.models.completion import Completion, GenerationStats, KeySpend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneai.models.embeddings import UpstreamBill
    from oneai.models.endpoint import ProviderName
    from oneai.models.set_aside import RouteReport, SetAside

# The providers that failed, once a request had more than one route.
_set_aside: "SetAside | None" = None


@dataclass(frozen=True, slots=True)
class DirectKeys:
    """The operator's keys for direct providers; without any, nothing of these is imported."""

    openai_api_key: str = ""
    anthropic_api_key: str = ""
    gemini_api_key: str = ""

    def providers(self) -> "list[ProviderName]":
        """The providers that have a key."""
        given: list[tuple[ProviderName, str]] = [
            ("openai", self.openai_api_key),
            ("anthropic", self.anthropic_api_key),
            ("gemini", self.gemini_api_key),
        ]
        return [name for name, key in given if key]


async def _fetch_models() -> tuple[Model, ...]:
    """OpenRouter's models, then those that only another provider has."""
    listed = await openrouter.fetch_models()
    return (*listed, *_direct_models(listed))


def _direct_models(listed: tuple[Model, ...] = ()) -> tuple[Model, ...]:
    """The models of the direct providers that the operator has keys for, without those that are `listed`."""
    names = settings.read(DirectKeys).providers()
    if not names:
        return ()
    from oneai.models import own_models

    return tuple(own_models.direct_models(names, listed, by_operator=True))


def _source() -> str:
    return " ".join([openrouter.base_url(), *settings.read(DirectKeys).providers()])


_catalogue = Catalogue(_fetch_models, _source, _direct_models)


async def list_models() -> tuple[Model, ...]:
    """All models on offer, in the provider's order: cached five minutes, served stale while the provider is down.

    Raises UpstreamUnavailable if no catalogue was ever read, and the operator has no key for a direct provider.
    """
    return await _catalogue.models()


def is_catalogue_partial() -> bool:
    """Whether `list_models` has the models of direct providers alone, because OpenRouter's were never read."""
    return _catalogue.is_partial


def operators() -> "frozenset[ProviderName]":
    """The providers that the operator's own keys ask."""
    return frozenset(["openrouter", *settings.read(DirectKeys).providers()])


def reset_catalogue() -> None:
    """Empties the cache of `list_models`: its next call requests the catalogue."""
    _catalogue.reset()


def complete(
    request: dict[str, Any], *, held_tokens: int | None = None
) -> AbstractAsyncContextManager[Completion, bool | None]:
    """A completion that sends its request when first iterated over; its attributes can be read while it waits.

    `request` is the JSON body of a chat completion without `stream`. `held_tokens` are those that were held for its
    prompt: a request that is far larger fails as ContextTooLong and is not sent. Leaving the context closes the
    connection at once, which stops the generation and its cost where the provider supports that.
    """
    if settings.read(DirectKeys).providers():
        return _complete_by_routes(request, held_tokens)
    return openrouter.complete(request, held_tokens=held_tokens)


def _complete_by_routes(
    request: dict[str, Any], held_tokens: int | None
) -> AbstractAsyncContextManager[Completion, bool | None]:
    """A completion of OpenRouter, or of the model's own provider where OpenRouter fails."""
    from oneai.models import chain, operator_routes
    from oneai.models.route import Means, Route, candidates, usable

    endpoints = operator_routes.direct_endpoints()
    direct = operator_routes.direct_route(str(request.get("model")))
    by_openrouter = partial(openrouter.complete, request, held_tokens=held_tokens)
    if direct is None or direct.provider not in endpoints or operator_routes.is_for_openrouter(request):
        return by_openrouter()
    is_listed = all(each.by_openrouter for each in _catalogue.known if each.id == request.get("model"))
    routes = [*([Route("openrouter", str(request.get("model")))] if is_listed else []), direct]
    means = Means(order=("plan",), operator_routes=frozenset({"openrouter", direct.provider}))
    aside = set_aside()
    found = [each for each in candidates(routes, means, aside.current()) if each.source == "plan"]
    by_direct = partial(operator_routes.complete, direct, endpoints[direct.provider], request, held_tokens)
    first = usable(found)
    ordered = [*first, *(each for each in found if each not in first)]
    if ordered[-1].route.provider != "openrouter":
        by_openrouter = partial(by_openrouter, head_seconds=operator_routes.HEAD_SECONDS)
    attempts = [
        chain.Attempt(each, by_openrouter, operator_routes.PATIENCE_SECONDS)
        if each.route.provider == "openrouter"
        else chain.Attempt(each, by_direct, operator_routes.HEAD_SECONDS)
        for each in ordered
    ]
    # Its attributes are read alone, but for `earlier`.
    return cast("AbstractAsyncContextManager[Completion, bool | None]", chain.complete(attempts, aside))


def set_aside() -> "SetAside":
    """The providers of this process that are set aside."""
    from oneai.models.set_aside import SetAside

    global _set_aside
    if _set_aside is None:
        _set_aside = SetAside()
    return _set_aside


def learn_set_aside(seconds: "Mapping[ProviderName, float]") -> None:
    """Takes what other processes have reported: the providers that are set aside, and for how many seconds."""
    if seconds and settings.read(DirectKeys).providers():
        for provider, left in seconds.items():
            set_aside().learn(provider, left)


def take_route_reports() -> "list[RouteReport]":
    """What this process has learned of its providers since the last call: which are set aside, and which answer
    again."""
    return [] if _set_aside is None else _set_aside.take_reports()


async def create_embeddings(request: dict[str, Any], bill: "UpstreamBill") -> list[str]:
    """A vector for each text of `request`, the JSON body, in the order of its input: base64 of 32-bit floats, little
    endian. Fills `bill`. Raises UpstreamError if the response lacks vectors, and other OneAIErrors."""
    from oneai.clients.openrouter import embeddings

    return await embeddings.create_embeddings(request, bill)


async def fetch_generation_stats(generation_id: str) -> GenerationStats | None:
    """The provider's record of a generation; None in the moment before there is one. Raises OneAIError."""
    from oneai.clients.openrouter import generation

    return await generation.fetch_generation_stats(generation_id)


def key_ids() -> list[str]:
    """The names of our keys, the preferred one first, as they are stored with what was asked with them."""
    return [keys.key_id(key) for key in keys.configured() if key]


async def fetch_key_spend(key_id: str) -> KeySpend:
    """What the key of this name (of `key_ids`) has spent in all. Raises OneAIError."""
    from oneai.clients.openrouter import management

    for key in keys.configured():
        if keys.key_id(key) == key_id:
            return await management.fetch_spend(key)
    raise NotFound("This key is no longer configured.")


async def reach() -> None:
    """Raises UpstreamUnavailable where OpenRouter does not answer."""
    await openrouter.reach()


def direct_providers() -> "list[ProviderName]":
    """The direct providers that the operator has a key for."""
    return settings.read(DirectKeys).providers()


async def reach_directly(provider: "ProviderName") -> None:
    """Raises UpstreamUnavailable where a direct provider does not answer, or does not accept the operator's key."""
    from oneai.models import operator_routes

    await operator_routes.reach(provider)


async def close() -> None:
    """Closes the connections of the running loop; the next request opens new ones."""
    await openrouter.close()
