"""A streamed answer of a compatible server: vLLM, Ollama, LM Studio, llama.cpp, LiteLLM, Azure and others.

They differ in what they accept and send. A request is repeated without what was refused, and the end of a stream counts
as the end of an answer where a finish is missing. What such a server counts is believed only within what was sent.
"""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

from oneai.clients.model_streams.completion import RETRIES
from oneai.clients.model_streams.direct import opened
from oneai.clients.model_streams.sending import encode
from oneai.clients.openai import chat_request, connection, usage
from oneai.clients.openai.chat import OpenAIChatCompletion
from oneai.models import Usage
from oneai.models.endpoint import Endpoint

AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com")
# Of the body of one answer. A server may send bytes without an end.
MAX_BODY_BYTES = 16 * 1024 * 1024
# A token has a byte at least. Templates add some to each request.
TEMPLATE_TOKENS = 2000
# Statuses of a refused field.
REFUSED = frozenset({400, 422})


class CustomCompletion(OpenAIChatCompletion):
    """An answer of a compatible server, as `oneai.models.Completion` describes it."""

    service, name = "a compatible server", "custom"

    def _reset(self) -> None:
        super()._reset()
        self._bytes_left = MAX_BODY_BYTES
        self._sent_bytes = 0

    def _path(self) -> str:
        return "/chat/completions"

    def _body(self) -> dict[str, Any]:
        body = chat_request.body(self._request, self._dropped, is_compatible=True)
        self._sent_bytes = len(encode(body))
        return body

    def _headers_sent(self) -> dict[bytes, bytes]:
        return headers(self._endpoint)

    def _refused_field(self, status: int, error: dict[str, Any]) -> str | None:
        """The field whose name is in the error: these servers have no codes in common."""
        if status not in REFUSED:
            return None
        text = json.dumps(error)
        named = [name for name in connection.DROPPABLE if name in text and "." not in name]
        # The longest name first: `max_tokens` is within no other, but `logprobs` is.
        return max(named, key=len, default=None)

    def _parse_usage(self, stated: object) -> Usage | None:
        found = usage.of_chat(stated)
        return found if found is not None and self._is_plausible(found) else None

    def _is_plausible(self, found: Usage) -> bool:
        limit = self._request.get("max_tokens")
        received = MAX_BODY_BYTES - (self._bytes_left or 0)
        return (
            found.prompt_tokens <= self._sent_bytes + TEMPLATE_TOKENS
            and found.completion_tokens <= max(limit or 0, received)
            and found.cached_tokens <= found.prompt_tokens
        )

    def _has_finished(self) -> bool:
        """`[DONE]` ends an answer too. The end of the body alone does not."""
        return self.finish_reason is not None or (self._parser.done and self._buffer.has_output)


def headers(endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers that each request has; Azure has a name of its own for the key."""
    host = urlsplit(endpoint.base_url).hostname or ""
    if endpoint.key and host.endswith(AZURE_HOSTS):
        return {b"api-key": endpoint.key.encode()}
    return connection.headers(endpoint)


def complete(
    body: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None, retries: int = RETRIES
) -> AbstractAsyncContextManager[CustomCompletion]:
    """A completion that sends its request when first iterated over. `body` is that of a chat completion, with the
    server's name of the model."""
    return opened(CustomCompletion(body, endpoint, held_tokens=held_tokens, retries=retries))
