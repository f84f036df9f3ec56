"""The routes of a model by a workspace's own keys, with what each costs, and the completion of one of them.

A model of a vendor that is a provider has a route there, also where the table of prices does not know it.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from oneai.models import direct_prices, own_models
from oneai.models.catalogue import Model
from oneai.models.completion import Completion
from oneai.models.direct_prices import Prices
from oneai.models.embeddings import UpstreamBill
from oneai.models.endpoint import Endpoint, ProviderName
from oneai.models.operator_routes import ONLY_OPENROUTERS, VENDORS
from oneai.models.operator_routes import complete as complete_directly
from oneai.models.route import Route

UNKNOWN_PRICE = "unknown"
_PER_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """The most that a token costs, in micro-dollars."""

    prompt: Decimal
    completion: Decimal


@dataclass(frozen=True, slots=True)
class KeyRoute:
    """A way to a model by a key of this provider, or by the key `key_id` alone. `prices` are None where they are not
    known, and `long_prices` those of prompts of more than `above_tokens`."""

    provider: ProviderName
    model: str
    price_version: str
    prices: TokenPrices | None = None
    above_tokens: int | None = None
    long_prices: TokenPrices | None = None
    key_id: str | None = None


def routes_of(models: list[Model]) -> list[KeyRoute]:
    """The routes of an answer by the first of these models, the best first: its own provider's, then OpenRouter's,
    which may ask the others too."""
    first = models[0]
    vendor, _, name = first.id.partition("/")
    if (key_id := own_models.key_of(first.id)) is not None:
        return [KeyRoute("custom", name.partition("/")[2], UNKNOWN_PRICE, key_id=str(key_id))]
    direct: ProviderName | None = "replicate" if vendor == own_models.REPLICATE else VENDORS.get(vendor)
    routes = [_direct_route(direct, name)] if direct is not None and ":" not in name else []
    return [*routes, _openrouter_route(models)] if first.by_openrouter else routes


def priced(models: list[Model], provider: ProviderName, name: str) -> list[Model]:
    """The models that this route asks, with its prices instead of OpenRouter's."""
    if provider == "openrouter":
        return models
    entry = direct_prices.table().find(provider, name)
    version = direct_prices.price_version(provider, name) or UNKNOWN_PRICE
    return [_with_prices(models[0], None if entry is None else entry.prices, version)]


def complete(
    provider: ProviderName, model: str, endpoint: Endpoint, request: dict[str, Any], held_tokens: int | None
) -> AbstractAsyncContextManager[Completion, bool | None]:
    """A completion by this provider's name of the model. The client is imported when it is used."""
    if provider == "openrouter":
        from oneai.clients.openrouter import own_key

        return own_key.complete(request, endpoint, held_tokens=held_tokens)
    body = {name: value for name, value in request.items() if name not in ONLY_OPENROUTERS}
    if provider in ("openai", "anthropic", "gemini"):
        return complete_directly(Route(provider, model), endpoint, body, held_tokens)
    body = {**body, "model": model}
    body.pop("models", None)
    body.pop("provider", None)
    if provider == "replicate":
        from oneai.clients import replicate

        return replicate.complete(body, endpoint, held_tokens=held_tokens)
    from oneai.clients import custom

    return custom.complete(body, endpoint, held_tokens=held_tokens)


def headers_of_server(endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers with which a compatible server is shown the key, as in `complete`."""
    from oneai.clients import custom

    return custom.headers(endpoint)


async def ask_for_a_token(model: str, endpoint: Endpoint) -> None:
    """Asks a compatible server for one token, as `complete` does. Raises the OneAIError of a server that does not
    answer."""
    from oneai.clients import custom

    await custom.ask_for_a_token(model, endpoint)


def embedding_route(provider: ProviderName, model_id: str, listed: Model | None) -> KeyRoute | None:
    """How a key of this provider embeds by a model; None where the provider does not have it. `listed` is the model in
    OpenRouter's catalogue."""
    if provider == "openrouter":
        return None if listed is None else _openrouter_route([listed])
    vendor, _, name = model_id.partition("/")
    if provider not in ("openai", "gemini") or VENDORS.get(vendor) != provider:
        return None
    return _direct_route(provider, name)


async def create_embeddings(
    route: KeyRoute, endpoint: Endpoint, request: dict[str, Any], bill: UpstreamBill
) -> list[str]:
    """A vector for each text of `request`, as `providers.create_embeddings` returns them, by this route. The client is
    imported when it is used. Fills `bill`; raises UpstreamError if the response lacks vectors, and other
    OneAIErrors."""
    body = {**request, "model": route.model}
    if route.provider == "openrouter":
        from oneai.clients.openrouter import own_key

        return await own_key.create_embeddings(body, endpoint, bill)
    if route.provider == "gemini":
        from oneai.clients.gemini import embeddings as of_gemini

        return await of_gemini.create_embeddings(body, endpoint, bill)
    from oneai.clients.openai import embeddings as of_openai

    return await of_openai.create_embeddings(body, endpoint, bill)


def _direct_route(provider: ProviderName, name: str) -> KeyRoute:
    # OpenRouter writes versions with a dot, Anthropic with a dash.
    names = [name, name.replace(".", "-")]
    known = direct_prices.table()
    for each in names:
        entry = known.find(provider, each)
        if entry is not None:
            return KeyRoute(
                provider,
                each,
                f"direct-{known.version}",
                _most(entry.prices),
                entry.above,
                None if entry.long_prices is None else _most(entry.long_prices),
            )
    return KeyRoute(provider, names[1] if provider == "anthropic" else name, UNKNOWN_PRICE)


def _openrouter_route(models: list[Model]) -> KeyRoute:
    first = models[0]
    prices = [(each.prompt_price, each.completion_price) for each in models]
    is_known = all(each.pricing not in ("missing", "variable") for each in models)
    known = [(prompt, completion) for prompt, completion in prices if prompt is not None and completion is not None]
    if not is_known or len(known) < len(prices):
        return KeyRoute("openrouter", first.id, UNKNOWN_PRICE)
    most = TokenPrices(max(each[0] for each in known) * _PER_MILLION, max(each[1] for each in known) * _PER_MILLION)
    return KeyRoute("openrouter", first.id, first.price_version, most)


def _most(prices: Prices) -> TokenPrices:
    return TokenPrices(max(prices.input, prices.cache_write or prices.input), prices.output)


def _with_prices(model: Model, prices: Prices | None, version: str) -> Model:
    return replace(
        model,
        prompt_price=None if prices is None else prices.input / _PER_MILLION,
        completion_price=None if prices is None else prices.output / _PER_MILLION,
        price_version=version,
    )
