"""Which of OpenAI's two APIs a request is sent to.

Only the Responses API has thoughts, PDFs and images. Only chat completions have stop words, seeds and biases.
"""

import re
from contextlib import AbstractAsyncContextManager
from typing import Any

from oneai.clients.model_streams import turns
from oneai.clients.model_streams.completion import RETRIES
from oneai.clients.model_streams.direct import opened
from oneai.clients.openai.chat import OpenAIChatCompletion
from oneai.clients.openai.responses import ResponsesCompletion
from oneai.models.endpoint import Endpoint

# Models that think before they answer; those for chats do not.
_THINKS = re.compile(r"(o\d|gpt-([5-9]|\d\d))(?!.*chat)")

type OpenAICompletion = OpenAIChatCompletion | ResponsesCompletion


def complete(
    body: dict[str, Any], endpoint: Endpoint, *, held_tokens: int | None = None, retries: int = RETRIES
) -> AbstractAsyncContextManager[OpenAICompletion]:
    """A completion that sends its request when first iterated over. `body` is that of a chat completion, with OpenAI's
    name of the model."""
    kind: type[OpenAICompletion] = ResponsesCompletion if needs_responses(body) else OpenAIChatCompletion
    return opened(kind(body, endpoint, held_tokens=held_tokens, retries=retries))


def needs_responses(body: dict[str, Any]) -> bool:
    """Whether the request is for the Responses API."""
    if body.get("reasoning") or "image" in (body.get("modalities") or ()) or _THINKS.match(str(body.get("model"))):
        return True
    messages = body.get("messages") or ()
    return any(turns.file_of(part) for each in messages for part in turns.parts(each.get("content")))
