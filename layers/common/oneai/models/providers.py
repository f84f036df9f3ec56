"""The door to model providers. No other module of this package, and no package above it, knows their clients.

OpenRouter is the only provider. With a second one, each function here chooses the client by the model.
"""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from oneai.clients import openrouter
from oneai.clients.openrouter import keys
from oneai.errors import NotFound
from oneai.models.catalogue import Catalogue, Model
from oneai.models.completion import Completion, GenerationStats, KeySpend

if TYPE_CHECKING:
    from oneai.models.embeddings import UpstreamBill

_catalogue = Catalogue(openrouter.fetch_models, openrouter.base_url)


async def list_models() -> tuple[Model, ...]:
    """All models on offer, in the provider's order: cached five minutes, served stale while the provider is down.

    Raises UpstreamUnavailable if no catalogue was ever read.
    """
    return await _catalogue.models()


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
    return openrouter.complete(request, held_tokens=held_tokens)


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
    """Raises UpstreamUnavailable where the provider does not answer."""
    await openrouter.reach()


async def close() -> None:
    """Closes the connections of the running loop; the next request opens new ones."""
    await openrouter.close()
