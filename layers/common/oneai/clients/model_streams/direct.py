"""A streamed completion of a provider that is asked directly, with one key."""

import re
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from oneai import log, metrics
from oneai.clients import http
from oneai.clients.http import StreamedResponse
from oneai.clients.model_streams.completion import RETRIES, StreamedCompletion
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.sending import encode
from oneai.errors import UpstreamError
from oneai.models import ContextTooLong, QuestionDeclined
from oneai.models.completion import ProviderKeyRefused, failure_kind
from oneai.models.endpoint import Endpoint, ProviderName

# Of the body of one answer: several large images in base64.
MAX_BODY_BYTES = 96 * 1024 * 1024
# How often one request is sent again without what its provider has refused.
MAX_ADAPTATIONS = 3
# The headers in which OpenAI and Anthropic name a request.
REQUEST_IDS = ("x-request-id", "request-id")
_REQUEST_ID = re.compile(r"req_[A-Za-z0-9_]{1,64}")


class DirectCompletion(StreamedCompletion):
    """A completion at `endpoint`. A provider's client may adapt a request whose parameter was refused by calling
    `_ask_again` in `_refusal`."""

    name: ClassVar[ProviderName]
    """What is stored as the provider. OpenRouter's names of providers start with a capital letter."""

    def __init__(
        self,
        request: dict[str, Any],
        endpoint: Endpoint,
        *,
        held_tokens: int | None = None,
        retries: int = RETRIES,
    ) -> None:
        self._endpoint = endpoint
        super().__init__(request, held_tokens=held_tokens, retries=retries)
        self._piece_seconds = endpoint.piece_seconds
        self._is_key_refused = False
        self._adaptations = 0
        self._asks_again = False

    def _reset(self) -> None:
        super()._reset()
        self.provider = self.name
        self._bytes_left = MAX_BODY_BYTES

    @property
    def key_id(self) -> str | None:
        """Names the key, as the endpoint does."""
        return self._endpoint.key_id

    @property
    def refused_keys(self) -> list[str]:
        """The name of the key, where it was not accepted."""
        return [self._endpoint.key_id] if self._is_key_refused and self._endpoint.key_id else []

    @property
    def has_another_key(self) -> bool:
        """There is only one key."""
        return False

    async def _attempt(self) -> Failure | None:
        failure = await super()._attempt()
        if failure is None and self._headers.get("content-type", "").startswith("text/html"):
            return Failure(UpstreamError())  # a page, such as that of a proxy or of a wrong address
        return failure

    def _on_failure(self, failure: Failure) -> bool:
        if self._endpoint.is_operators and not isinstance(failure.error, ContextTooLong | QuestionDeclined):
            metrics.count(metrics.UPSTREAM_FAILURES, of=failure_kind(failure.error), model=self._request.get("model"))
        if request_id := self._request_id():
            # The provider's support needs it.
            log.warning(
                "a provider failed", provider=self.name, of=failure_kind(failure.error), provider_request=request_id
            )
        self._is_key_refused = isinstance(failure.error, ProviderKeyRefused)
        asks_again, self._asks_again = self._asks_again, False
        return asks_again

    def _request_id(self) -> str | None:
        """The provider's id of the request; None for a workspace's own server, which may send any text there."""
        found = next((self._headers[name] for name in REQUEST_IDS if name in self._headers), "")
        return found if self.name != "custom" and _REQUEST_ID.fullmatch(found) else None

    def _ask_again(self) -> bool:
        """Sends the request again at once, as the client has adapted it. Returns False where it was adapted often
        enough."""
        self._adaptations += 1
        self._asks_again = self._adaptations <= MAX_ADAPTATIONS
        return self._asks_again

    def _retry_seconds(self) -> float:
        return self._endpoint.retry_seconds


class PostedCompletion(DirectCompletion):
    """A completion whose answer is the response to one POST. A provider's client defines `_path`, `_body` and
    `_headers_sent`."""

    @abstractmethod
    def _path(self) -> str:
        """The path of the request."""

    @abstractmethod
    def _body(self) -> dict[str, Any]:
        """The request in the provider's form."""

    @abstractmethod
    def _headers_sent(self) -> dict[bytes, bytes]:
        """The headers of the request, with the key."""

    async def _send(self) -> StreamedResponse:
        content = encode(self._body(), self._max_bytes)
        head = request_head(self._endpoint, self._path(), self._headers_sent())
        seconds = self._endpoint.piece_seconds
        return await http.post(head, content, {}, idle_seconds=seconds, on_sent=self._on_sent)


def request_head(endpoint: Endpoint, path: str, headers: Mapping[bytes, bytes]) -> http.RequestHead:
    """The head of a request to this path. It is not cached, as it has the key. Raises ConnectionLost."""
    sent = {b"content-type": b"application/json", b"accept": b"text/event-stream", b"user-agent": b"oneai", **headers}
    return http.RequestHead.of_post(endpoint.url(path), sent, address=endpoint.address)


@asynccontextmanager
async def opened[T: StreamedCompletion](completion: T) -> AsyncIterator[T]:
    """The completion, whose connection is closed at the end."""
    try:
        yield completion
    finally:
        await completion.close()
