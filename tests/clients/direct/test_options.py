"""The temperature and the length of an answer, in the words of each provider."""

from typing import Any

import pytest

from oneai.clients.anthropic import request as anthropic
from oneai.clients.gemini import request as gemini
from oneai.clients.openai import chat_request, responses_request
from oneai.clients.replicate import request as replicate

ASKED: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hi"}],
    "temperature": 0.3,
    "max_tokens": 700,
}
INPUTS = {"prompt", "temperature", "max_new_tokens"}


def part(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Of a body what is neither the model nor the conversation, from the part with these names on."""
    for name in names:
        body = body[name]
    left_out = ("model", "messages", "input", "stream", "stream_options", "store", "include", "prompt")
    return {name: value for name, value in body.items() if name not in left_out}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (part(chat_request.body(ASKED)), {"temperature": 0.3, "max_completion_tokens": 700}),
        (part(chat_request.body(ASKED, is_compatible=True)), {"temperature": 0.3, "max_tokens": 700}),
        (part(responses_request.body(ASKED)), {"temperature": 0.3, "max_output_tokens": 700}),
        (part(gemini.body(ASKED), "generationConfig"), {"temperature": 0.3, "maxOutputTokens": 700}),
        (part(anthropic.body(ASKED)), {"max_tokens": 700}),
        (part(replicate.inputs(ASKED, INPUTS)), {"temperature": 0.3, "max_new_tokens": 700}),
    ],
    ids=["openai chat", "custom", "openai responses", "gemini", "anthropic, which has no temperature", "replicate"],
)
def test_each_provider_gets_the_options_in_its_own_words(sent: dict[str, Any], expected: dict[str, Any]) -> None:
    assert sent == expected
