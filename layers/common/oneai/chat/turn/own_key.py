"""Answers that the workspace's own key pays: asked at its provider with the key, which is opened in this process alone.

It is imported with the first such answer. The data key is kept for minutes, so that an answer needs no round trip for
it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from oneai import log
from oneai.clients import chosen_address
from oneai.clients.chosen_address import AddressRefused
from oneai.errors import OneAIError
from oneai.models import Completion, own_key_routes, providers
from oneai.models.completion import ProviderAccessRefused, ProviderCreditExhausted, ProviderKeyRefused
from oneai.models.embeddings import UpstreamBill
from oneai.models.endpoint import Endpoint
from oneai.models.own_key_routes import KeyRoute
from oneai.models.provider_addresses import base_url_of
from oneai.postgres import db
from oneai.provider_key_errors import OwnCreditExhausted, OwnKeyRefused, ProviderAddressRefused
from oneai.provider_keys.stored import StoredKey


@asynccontextmanager
async def complete(row: dict[str, Any], request: dict[str, Any], held_tokens: int | None) -> AsyncIterator[Completion]:
    """A completion by the key of `row`, as `oneai.way_of_key` returns it. Its failures are raised in words for the
    key's owner: OwnKeyRefused, OwnCreditExhausted, ProviderAddressRefused, ProviderKeysUnavailable,
    ProviderKeyUnreadable, and what every completion raises."""
    key = StoredKey.of(row)
    async with _in_words(key):
        endpoint = await _endpoint(key)
        async with own_key_routes.complete(key.provider, row["model"], endpoint, request, held_tokens) as completion:
            yield completion
    if row["problem"] is not None and completion.has_answer:
        await _note(key, None, is_refused=False)


async def create_embeddings(row: dict[str, Any], request: dict[str, Any], bill: UpstreamBill) -> list[str]:
    """A vector for each text of `request`, as `providers.create_embeddings` returns them, by the key of `row`. Raises
    what `complete` does."""
    key = StoredKey.of(row)
    route = KeyRoute(key.provider, row["model"], own_key_routes.UNKNOWN_PRICE)
    async with _in_words(key):
        return await own_key_routes.create_embeddings(route, await _endpoint(key), request, bill)


@asynccontextmanager
async def _in_words(key: StoredKey) -> AsyncIterator[None]:
    """Raises the failures of a request in words for the key's owner, and notes on its row what they say of the key."""
    try:
        yield
    except AddressRefused as error:
        log.warning("a custom provider's address is refused", key_id=str(key.id), reason=error.reason)
        raise ProviderAddressRefused from None
    except ProviderKeyRefused as error:
        # A key that may not ask this model may ask another.
        is_refused = not isinstance(error, ProviderAccessRefused)
        await _note(key, "key_refused" if is_refused else "key_restricted", is_refused=is_refused)
        raise OwnKeyRefused(provider=key.provider) from error
    except ProviderCreditExhausted as error:
        await _note(key, "no_credit", is_refused=False)
        raise OwnCreditExhausted(provider=key.provider) from error


@dataclass(frozen=True)
class KeyEmbedder:
    """Embeds the question of an answer with the key that pays it: `row` as `oneai.way_of_key` returns it."""

    row: dict[str, Any]

    @property
    def key_id(self) -> str:
        """The key's id."""
        return str(self.row["id"])

    async def route(self, model: str) -> KeyRoute | None:
        """The way to this model; None where the key's provider does not have it. Raises UpstreamUnavailable."""
        provider = self.row["provider"]
        # A direct provider's prices are in our table.
        models = await providers.list_models() if provider == "openrouter" else ()
        listed = next((each for each in models if each.id == model), None)
        return own_key_routes.embedding_route(provider, model, listed)

    async def create(self, route: KeyRoute, request: dict[str, Any], bill: UpstreamBill) -> list[str]:
        """The vectors, as `providers.create_embeddings` returns them. Raises OneAIError."""
        return await own_key_routes.create_embeddings(route, await _endpoint(StoredKey.of(self.row)), request, bill)


async def _endpoint(key: StoredKey) -> Endpoint:
    """Where the provider is asked, with the key in plain. Raises AddressRefused, ProviderKeysUnavailable,
    ProviderKeyUnreadable."""
    url = base_url_of(key.provider, key.base_url)
    address = (await chosen_address.check(url)).address if key.provider == "custom" else None
    return Endpoint(url, (await key.secret()).get_secret_value(), address=address)


async def _note(key: StoredKey, problem: str | None, *, is_refused: bool) -> None:
    """Shows what the request has shown of the key on its row."""
    try:
        await db.call("select oneai.note_provider_key(%s, %s, %s, %s)", [key.id, key.sealed.nonce, problem, is_refused])
    except OneAIError as error:
        log.warning("a provider key's problem is not noted", key_id=str(key.id), code=error.code)
