"""Asks a provider whether it accepts a key, by a request that costs nothing there, or one token at a custom server
that lists no models.

What the provider says is never shown: only one of our words for it, and the ids of models.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from pydantic import SecretStr

from oneai.clients import chosen_address, http
from oneai.clients.chosen_address import AddressRefused
from oneai.clients.http import ConnectionLost, ReadTimedOut, RequestHead, ResponseTooLarge
from oneai.errors import ModelBusy, OneAIError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import own_key_routes
from oneai.models.completion import ProviderCreditExhausted, ProviderKeyRefused
from oneai.models.endpoint import Endpoint
from oneai.models.provider_addresses import base_url_of
from oneai.provider_keys.fields import MAX_MODELS, MODEL_CHARACTERS, Problem, ProviderKeyTest
from oneai.provider_keys.providers import Provider

TOTAL_SECONDS = 12.0
# Until a new address is stored as it was written.
FIND_SECONDS = 5.0
IDLE_SECONDS = 8.0
MAX_BYTES = 4_000_000
ANTHROPIC_VERSION = b"2023-06-01"
# Statuses of a server that has no list of models.
NO_LIST = frozenset({404, 405})
# Azure has the model in the address, and ignores the one of the request.
_DEPLOYMENT = re.compile(r"/deployments/([A-Za-z0-9._-]+)")
# Some servers have one model and ignore its name too.
ANY_MODEL = "default"


class _Answer(NamedTuple):
    status: int
    content: bytes


# Where each provider is asked. OpenRouter's list of models is the same for everyone, so it is asked about the key.
_PATHS: dict[Provider, str] = {
    "openrouter": "/key",
    "openai": "/models",
    "anthropic": "/models?limit=200",
    "gemini": "/models?pageSize=200",
    "replicate": "/account",
    "custom": "/models",
}


async def ask(
    provider: Provider, own_address: str | None, secret: SecretStr, models: Sequence[str] = ()
) -> ProviderKeyTest:
    """Sends a request with the key to the provider, or to its own address if it is a custom one. A custom server
    without a list of models is asked for one token, of the first of its `models` that are known."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            endpoint = await _endpoint(provider, base_url_of(provider, own_address), secret)
            answer = await _get(provider, endpoint, headers_of(provider, endpoint))
            if provider == "custom" and answer.status in NO_LIST:
                return await _ask_for_a_token(endpoint, models)
    except AddressRefused:
        return _bad("address_refused")
    except (TimeoutError, ReadTimedOut):
        return _bad("too_slow")
    except ResponseTooLarge:
        return _bad("wrong_address" if provider == "custom" else "provider_failed")
    except ConnectionLost:
        return _bad("unreachable")
    return _read(provider, answer)


async def find_address(written: str) -> str:
    """Where the API of a custom provider is: the address as it was written, or the same with or without `/v1` at its
    end, if only that one answers as an API does.

    The servers are asked without the key, so a new address neither gets it nor shows whether it is good.
    """
    with suppress(AddressRefused, ConnectionLost, ResponseTooLarge, TimeoutError, ReadTimedOut):
        async with asyncio.timeout(FIND_SECONDS):
            found = _read("custom", await _get_without_key(written))
            if found.problem in ("wrong_address", "redirected"):
                other = _with_or_without_version(written)
                found = _read("custom", await _get_without_key(other))
                return other if found.ok or found.problem == "key_refused" else written
    return written


def headers_of(provider: Provider, endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers with which the provider is shown the key. Never a part of the address, which logs have."""
    key = endpoint.key.encode()
    if provider == "anthropic":
        return {b"x-api-key": key, b"anthropic-version": ANTHROPIC_VERSION}
    if provider == "gemini":
        return {b"x-goog-api-key": key}
    if provider == "custom":
        return own_key_routes.headers_of_server(endpoint)
    return {b"authorization": b"Bearer " + key}


async def _endpoint(provider: Provider, base_url: str, secret: SecretStr) -> Endpoint:
    """Raises AddressRefused."""
    address = (await chosen_address.check(base_url)).address if provider == "custom" else None
    return Endpoint(base_url, secret.get_secret_value(), address=address, piece_seconds=IDLE_SECONDS)


async def _get(provider: Provider, endpoint: Endpoint, headers: dict[bytes, bytes]) -> _Answer:
    """Raises ConnectionLost, ResponseTooLarge, TimeoutError."""
    sent = {b"accept": b"application/json", **headers}
    head = RequestHead.of_get(endpoint.url(_PATHS[provider]), sent, address=endpoint.address)
    response = await http.get(head, idle_seconds=IDLE_SECONDS)
    try:
        return _Answer(response.status, await response.read_all(MAX_BYTES))
    finally:
        response.close()


async def _get_without_key(url: str) -> _Answer:
    """Raises AddressRefused, ConnectionLost, ResponseTooLarge, TimeoutError."""
    return await _get("custom", await _endpoint("custom", url, SecretStr("")), {})


async def _ask_for_a_token(endpoint: Endpoint, models: Sequence[str]) -> ProviderKeyTest:
    if (deployment := _DEPLOYMENT.search(endpoint.base_url)) is not None:
        models = [deployment[1]]
    try:
        await own_key_routes.ask_for_a_token(models[0] if models else ANY_MODEL, endpoint)
    except OneAIError as error:
        return _bad(_word_for(error))
    if not models:
        return ProviderKeyTest(ok=True, problem="models_not_listed", models=None)
    return ProviderKeyTest(ok=True, problem=None, models=list(models))


def _word_for(error: OneAIError) -> Problem:
    words: dict[type[OneAIError], Problem] = {
        ProviderKeyRefused: "key_refused",
        ProviderCreditExhausted: "no_credit",
        ModelBusy: "too_many_requests",
        UpstreamTimeout: "too_slow",
        UpstreamUnavailable: "provider_failed",
    }
    return next((word for kind, word in words.items() if isinstance(error, kind)), "wrong_address")


def _with_or_without_version(url: str) -> str:
    base, mark, query = url.partition("?")
    return (base.removesuffix("/v1") if base.endswith("/v1") else f"{base}/v1") + mark + query


def _read(provider: Provider, answer: _Answer) -> ProviderKeyTest:
    status = answer.status
    if 300 <= status < 400:
        return _bad("redirected")
    # Gemini refuses a key that was found in public with 403.
    if status == 401 or (status == 403 and (provider == "custom" or b"leaked" in answer.content)):
        return _bad("key_refused")
    if status == 403 and provider == "openai":
        # A key of OpenAI may be restricted to answers.
        return ProviderKeyTest(ok=True, problem="models_not_listed", models=None)
    if status == 403:
        return _bad("key_restricted")
    if status == 400 and provider == "gemini" and b"API_KEY_INVALID" in answer.content:
        return _bad("key_refused")
    if status == 402:
        return _bad("no_credit")
    if status == 429:
        return _bad("no_credit" if b"insufficient_quota" in answer.content else "too_many_requests")
    if status != 200:
        return _bad("wrong_address" if provider == "custom" and status < 500 else "provider_failed")
    return _read_models(provider, answer.content)


def _read_models(provider: Provider, content: bytes) -> ProviderKeyTest:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return _bad("wrong_address" if provider == "custom" else "provider_failed")
    if provider in ("openrouter", "replicate"):
        return ProviderKeyTest(ok=True, problem=None, models=None)
    listed = found.get("models" if provider == "gemini" else "data")
    if not isinstance(listed, list):
        return _bad("wrong_address" if provider == "custom" else "provider_failed")
    ids = [each for each in map(_model_id, listed) if each is not None]
    return ProviderKeyTest(ok=True, problem=None, models=ids[:MAX_MODELS])


def _model_id(listed: Any) -> str | None:
    """The id of a model; None for what is no id."""
    found = (listed.get("id") or listed.get("name")) if isinstance(listed, dict) else None
    if not isinstance(found, str) or not found.isprintable() or not 0 < len(found) <= MODEL_CHARACTERS:
        return None
    return found.removeprefix("models/")


def _bad(problem: Problem) -> ProviderKeyTest:
    return ProviderKeyTest(ok=False, problem=problem, models=None)
