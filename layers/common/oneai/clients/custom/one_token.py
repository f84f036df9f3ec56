"""Finds out whether a compatible server without a list of models answers a question."""

import json
from typing import Any

from oneai.clients.custom.completion import CustomCompletion
from oneai.clients.model_streams.direct import opened
from oneai.clients.model_streams.failure import Failure
from oneai.clients.openai import failures
from oneai.errors import EmptyAnswer, UnknownModel, UpstreamError, UpstreamUnavailable
from oneai.models import ContextTooLong, QuestionDeclined
from oneai.models.endpoint import Endpoint


class _OneToken(CustomCompletion):
    """An answer that is closed after its first token."""

    names_a_model = False

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        error: dict[str, Any] = failures.error_in(body)
        self.names_a_model = 400 <= status < 500 and "model" in json.dumps(error).lower()
        failure = super()._refusal(status, body, headers)
        is_theirs = status >= 500 and type(failure.error) is UpstreamError
        return Failure(UpstreamUnavailable()) if is_theirs else failure


async def ask_for_a_token(model: str, endpoint: Endpoint) -> None:
    """Asks `model` for one token, exactly as answers are asked for. A refusal that names the model counts as an answer:
    the server has read the question. Raises OneAIError."""
    request = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    async with opened(_OneToken(request, endpoint, retries=0)) as completion:
        try:
            async for _ in completion:
                break
        except (EmptyAnswer, ContextTooLong, QuestionDeclined):
            return
        except (UnknownModel, UpstreamError):
            if not completion.names_a_model:
                raise
