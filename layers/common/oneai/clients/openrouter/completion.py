"""A streamed completion of OpenRouter. Where our key is refused, the next one is tried at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from oneai import metrics, request_context
from oneai.clients.http import StreamedResponse
from oneai.clients.model_streams.chat_frames import ChatCompletion
from oneai.clients.model_streams.failure import Failure
from oneai.clients.openrouter import cache_marks, connection, failures, keys
from oneai.clients.openrouter.failures import KeyRefused
from oneai.clients.openrouter.usage import parse_usage
from oneai.models import ContextTooLong, QuestionDeclined, Usage
from oneai.models.completion import failure_kind


class OpenRouterCompletion(ChatCompletion):
    """A completion of OpenRouter, as `oneai.models.Completion` describes it."""

    service = "OpenRouter"

    def __init__(
        self,
        request: dict[str, Any],
        key: str | None = None,
        held_tokens: int | None = None,
        head_seconds: float | None = None,
    ) -> None:
        super().__init__(request, held_tokens=held_tokens)
        self._head_seconds = head_seconds
        self._only_key = key
        self._key = ""
        self._refused: list[str] = []

    @property
    def key_id(self) -> str | None:
        """Names the key of the last attempt (`keys.key_id`)."""
        return keys.key_id(self._key) if self._key else None

    @property
    def refused_keys(self) -> list[str]:
        """Names the keys that OpenRouter did not accept for it."""
        return [keys.key_id(key) for key in self._refused]

    @property
    def has_another_key(self) -> bool:
        """Whether keys were refused, and one that was not is configured now."""
        return bool(self._refused and keys.usable(self._refused))

    def _sent_body(self) -> dict[str, Any]:
        body = {
            **cache_marks.marked(self._request),
            "stream": True,
            "usage": {"include": True},
            "provider": {
                **self._request.get("provider", {}),
                "data_collection": connection.connection_settings().openrouter_data_collection,
            },
        }
        if (request_id := request_context.request_id()) is not None:
            body["metadata"] = {**self._request.get("metadata", {}), "request_id": request_id}
        return body

    async def _send(self) -> StreamedResponse:
        body = self._sent_body()
        self._key = next(iter(self._untried_keys()), self._key)
        return await connection.post(
            "/chat/completions",
            body,
            self._key,
            self._on_sent,
            max_bytes=self._max_bytes,
            head_seconds=self._head_seconds,
        )

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        return failures.from_response(status, body, headers)

    def _on_accepted(self, response: StreamedResponse) -> None:
        keys.accept(self._key)
        self.generation_id = response.headers.get("x-generation-id")

    def _on_failure(self, failure: Failure) -> bool:
        if not isinstance(failure.error, ContextTooLong | QuestionDeclined):  # what the question itself is refused for
            metrics.count(metrics.UPSTREAM_FAILURES, of=failure_kind(failure.error), model=self._request.get("model"))
        if not isinstance(failure.error, KeyRefused):
            return False
        keys.refuse(self._key)
        self._refused.append(self._key)
        return bool(self._untried_keys())

    def _retry_seconds(self) -> float:
        return float(connection.connection_settings().openrouter_retry_seconds)

    def _parse_usage(self, usage: object) -> Usage | None:
        return parse_usage(usage)

    def _stream_failure(self, error: object) -> Failure:
        return failures.from_stream_error(error, self._headers)

    def _untried_keys(self) -> list[str]:
        """The keys that this request may still use, the best first."""
        if self._only_key is None:
            return keys.usable(self._refused)
        return [] if self._refused else [self._only_key]


@asynccontextmanager
async def complete(
    request: dict[str, Any],
    *,
    key: str | None = None,
    held_tokens: int | None = None,
    head_seconds: float | None = None,
) -> AsyncIterator[OpenRouterCompletion]:
    """A completion that sends its request when first iterated over; its attributes can be read while it waits.

    `request` is the JSON body without `stream`; the `data_collection` of its `provider` is ours. It uses only `key`, if
    there is one, else those that are configured. `held_tokens` are those that were held for its prompt: a request that
    is far larger fails as ContextTooLong and is not sent. `head_seconds` is the longest wait until OpenRouter starts to
    respond, if it is shorter than other waits. Leaving the context closes the connection at once, which stops the
    generation and its cost where the provider supports that.
    """
    completion = OpenRouterCompletion(request, key, held_tokens, head_seconds)
    try:
        yield completion
    finally:
        await completion.close()
