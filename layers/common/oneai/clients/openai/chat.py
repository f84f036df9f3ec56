"""A streamed answer of OpenAI's Chat Completions API."""

from typing import Any, ClassVar

from oneai.clients.model_streams.chat_frames import ChatCompletion
from oneai.clients.model_streams.failure import Failure
from oneai.clients.openai import chat_request, failures, usage
from oneai.clients.openai.connection import AdaptingCompletion
from oneai.models import QuestionDeclined, Usage, direct_prices
from oneai.models.endpoint import ProviderName


class OpenAIChatCompletion(ChatCompletion, AdaptingCompletion):
    """An answer of OpenAI's chat completions, as `oneai.models.Completion` describes it."""

    service = "OpenAI"
    name: ClassVar[ProviderName] = "openai"

    def _path(self) -> str:
        return "/chat/completions"

    def _body(self) -> dict[str, Any]:
        return chat_request.body(self._request, self._dropped)

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        self._adapt(status, body)
        return failures.from_response(status, body, headers)

    def _parse_usage(self, stated: object) -> Usage | None:
        asked = str(self._request.get("model"))
        return direct_prices.with_cost(usage.of_chat(stated), "openai", self.model or asked)

    def _stream_failure(self, error: object) -> Failure:
        return failures.from_stream_error(error, self._headers)

    def _finish(self, reason: str) -> None:
        if reason == "content_filter" and not self._buffer.has_output:
            self._fail(Failure(QuestionDeclined()))
        super()._finish(reason)
