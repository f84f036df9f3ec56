"""A completion of OpenRouter by a key of a workspace. Its failures are the owner's, and no operator is alerted."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from oneai.clients import http
from oneai.clients.http import StreamedResponse
from oneai.clients.model_streams import embedding_request
from oneai.clients.model_streams.direct import opened, request_head
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.sending import encode
from oneai.clients.openrouter import connection, failures
from oneai.clients.openrouter import embeddings as of_operator
from oneai.clients.openrouter.completion import OpenRouterCompletion
from oneai.models.completion import ProviderCreditExhausted, ProviderKeyRefused
from oneai.models.embeddings import UpstreamBill, beside_the_loop
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


async def create_embeddings(request: dict[str, Any], endpoint: Endpoint, bill: UpstreamBill) -> list[str]:
    """A vector for each text of `request`, in the order of its input: base64 of 32-bit floats. Fills `bill`. Raises
    UpstreamError if the response lacks vectors, and other OneAIErrors."""
    collection = connection.connection_settings().openrouter_data_collection
    body = {**request, "encoding_format": "base64", "provider": {"data_collection": collection}}
    headers = {b"authorization": b"Bearer " + endpoint.key.encode()}
    content = await embedding_request.send(
        endpoint,
        "/embeddings",
        headers,
        body,
        bill,
        refusal=lambda status, read, sent: _of_owner(failures.from_response(status, read, sent)),
    )
    return await beside_the_loop(of_operator.parse, content, len(request["input"]), bill)
