"""Asks a provider whether it accepts a key, by a request that costs nothing there.

What the provider says is never shown: only one of our words for it, and the ids of models.
"""

import asyncio
import json
from typing import Any, NamedTuple

from pydantic import SecretStr

from oneai.clients import chosen_address, http
from oneai.clients.chosen_address import AddressRefused
from oneai.clients.http import ConnectionLost, ReadTimedOut, RequestHead, ResponseTooLarge
from oneai.models.provider_addresses import base_url_of
from oneai.provider_keys.fields import Problem, ProviderKeyTest
from oneai.provider_keys.providers import Provider

TOTAL_SECONDS = 12.0
IDLE_SECONDS = 8.0
MAX_BYTES = 4_000_000
MAX_MODELS = 200
_MODEL_CHARACTERS = 200
ANTHROPIC_VERSION = b"2023-06-01"


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


async def ask(provider: Provider, own_address: str | None, secret: SecretStr) -> ProviderKeyTest:
    """Sends one request with the key to the provider, or to its own address if it is a custom one."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            answer = await _get(provider, base_url_of(provider, own_address), secret)
    except AddressRefused:
        return _bad("address_refused")
    except (TimeoutError, ReadTimedOut):
        return _bad("too_slow")
    except ResponseTooLarge:
        return _bad("wrong_address" if provider == "custom" else "provider_failed")
    except ConnectionLost:
        return _bad("unreachable")
    return _read(provider, answer)


def headers_of(provider: Provider, secret: SecretStr) -> dict[bytes, bytes]:
    """The headers with which the provider is shown the key. Never a part of the address, which logs have."""
    key = secret.get_secret_value().encode()
    if provider == "anthropic":
        return {b"x-api-key": key, b"anthropic-version": ANTHROPIC_VERSION}
    if provider == "gemini":
        return {b"x-goog-api-key": key}
    return {b"authorization": b"Bearer " + key}


async def _get(provider: Provider, base_url: str, secret: SecretStr) -> _Answer:
    """Raises AddressRefused, ConnectionLost, TimeoutError."""
    address = (await chosen_address.check(base_url)).address if provider == "custom" else None
    headers = {b"accept": b"application/json", **headers_of(provider, secret)}
    head = RequestHead.of_get(base_url + _PATHS[provider], headers, address=address)
    response = await http.get(head, idle_seconds=IDLE_SECONDS)
    try:
        return _Answer(response.status, await response.read_all(MAX_BYTES))
    finally:
        response.close()


def _read(provider: Provider, answer: _Answer) -> ProviderKeyTest:
    status = answer.status
    if 300 <= status < 400:
        return _bad("redirected")
    if status == 401 or (status == 403 and provider in ("gemini", "custom", "replicate", "openrouter", "anthropic")):
        return _bad("key_refused")
    if status == 403:
        # A key of OpenAI may be restricted to answers.
        return ProviderKeyTest(ok=True, problem="models_not_listed", models=None)
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
    if not isinstance(found, str) or not found.isprintable() or not 0 < len(found) <= _MODEL_CHARACTERS:
        return None
    return found.removeprefix("models/")


def _bad(problem: Problem) -> ProviderKeyTest:
    return ProviderKeyTest(ok=False, problem=problem, models=None)
