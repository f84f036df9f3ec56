"""Headers of requests to OpenAI, and what is refused of a request and left out of the next attempt."""

from typing import Any

from oneai.clients.model_streams.direct import PostedCompletion
from oneai.clients.openai import failures
from oneai.models.endpoint import Endpoint

REFUSALS = frozenset({"unsupported_parameter", "unsupported_value", "unknown_parameter", "invalid_encrypted_content"})
# Fields that an answer is possible without.
DROPPABLE = frozenset(
    {
        *("temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "logit_bias", "logprobs"),
        *("top_logprobs", "verbosity", "reasoning_effort", "reasoning", "reasoning.effort", "reasoning.summary"),
        *("parallel_tool_calls", "stream_options", "max_tokens", "max_completion_tokens", "include", "text"),
    }
)


class AdaptingCompletion(PostedCompletion):
    """A completion that is asked again without a field that the model does not know. Which fields a model knows, only
    the model says."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dropped: set[str] = set()

    def _headers_sent(self) -> dict[bytes, bytes]:
        return headers(self._endpoint)

    def _refused_field(self, status: int, error: dict[str, Any]) -> str | None:
        """The field that a request is refused for, where an answer is possible without it."""
        code, field = error.get("code"), error.get("param")
        if status != 400 or code not in REFUSALS:
            return None
        if code == "invalid_encrypted_content":
            return "encrypted_content"
        name = str(field).partition("[")[0]
        return name if name in DROPPABLE else name.partition(".")[0] if name.partition(".")[0] in DROPPABLE else None

    def _adapt(self, status: int, body: bytes) -> None:
        """Leaves the refused field out, if the request had it, and asks again."""
        field = self._refused_field(status, failures.error_in(body))
        if field is not None and field not in self._dropped and self._ask_again():
            self._dropped.add(field)


def headers(endpoint: Endpoint) -> dict[bytes, bytes]:
    """The headers that each request has."""
    return {b"authorization": b"Bearer " + endpoint.key.encode()} if endpoint.key else {}
