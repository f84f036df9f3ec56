"""A completion of OpenRouter by a key of a workspace. Its failures are the owner's, and no operator is alerted."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from oneai.clients import http
from oneai.clients.http import StreamedResponse
from oneai.clients.model_streams.direct import opened, request_head
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.sending import encode
from oneai.clients.openrouter import failures
from oneai.clients.openrouter.completion import OpenRouterCompletion
from oneai.models.completion import ProviderCreditExhausted, ProviderKeyRefused
from oneai.models.endpoint import Endpoint


class OwnKeyCompletion(OpenRouterCompletion):
    """A completion by one key, as `oneai.models.Completion` describes it."""

    def __init__(self, request: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None) -> None:
        super().__init__(request, endpoint.key, held_tokens)
        self._endpoint = endpoint
        self._piece_seconds = endpoint.piece_seconds

    @property
    def key_id(self) -> str | None:
        """The key has no name among the operator's."""
        return None

    @property
    def refused_keys(self) -> list[str]:
        """None of the operator's."""
        return []

    @property
    def has_another_key(self) -> bool:
        """There is only one key."""
        return False

    async def _send(self) -> StreamedResponse:
        content = encode(self._sent_body(), self._max_bytes)
        headers = {b"authorization": b"Bearer " + self._endpoint.key.encode()}
        head = request_head(self._endpoint, "/chat/completions", headers)
        return await http.post(head, content, {}, idle_seconds=self._endpoint.piece_seconds, on_sent=self._on_sent)

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        return _of_owner(super()._refusal(status, body, headers))

    def _stream_failure(self, error: object) -> Failure:
        return _of_owner(super()._stream_failure(error))

    def _on_accepted(self, response: StreamedResponse) -> None:
        """Nothing is noted of the operator's keys."""

    def _on_failure(self, failure: Failure) -> bool:
        del failure
        return False

    def _retry_seconds(self) -> float:
        return self._endpoint.retry_seconds


def _of_owner(failure: Failure) -> Failure:
    if isinstance(failure.error, failures.KeyRefused):
        return Failure(ProviderKeyRefused())
    if isinstance(failure.error, failures.CreditExhausted):
        return Failure(ProviderCreditExhausted(), failure.retryable, failure.wait)
    return failure


def complete(
    body: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None
) -> AbstractAsyncContextManager[OwnKeyCompletion]:
    """A completion that sends its request when first iterated over. `body` is that of a chat completion."""
    return opened(OwnKeyCompletion(body, endpoint, held_tokens=held_tokens))
