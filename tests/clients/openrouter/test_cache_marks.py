"""What is marked for the cache of Anthropic's models at OpenRouter, and what that saves."""

from typing import Any

import pytest

from oneai.clients.openrouter.cache_marks import marked
from tests.clients.openrouter.upstream import Upstream, ask

LONG = "You help people who plan journeys by train in India. " * 200
CLAUDE = "anthropic/claude-sonnet-4.5"
MARK = {"type": "ephemeral"}


def conversation(*said: str, system: str = LONG) -> list[dict[str, Any]]:
    """A system prompt, and turns that go on."""
    roles = ["user", "assistant"]
    turns = [{"role": roles[n % 2], "content": each} for n, each in enumerate(said)]
    return [{"role": "system", "content": system}, *turns]


async def test_a_long_conversation_is_read_from_the_cache_and_costs_less(upstream: Upstream) -> None:
    first = await ask(CLAUDE, messages=conversation("Hi"))
    second = await ask(CLAUDE, messages=conversation("Hi", first.text, "And?"))
    third = await ask(CLAUDE, messages=conversation("Hi", first.text, "And?", second.text, "More?"))

    usages = [each.said.usage for each in (first, second, third)]
    written = [each.cache_write_tokens for each in usages if each]
    cached = [each.cached_tokens for each in usages if each]
    costs = [each.cost_micro_usd or 0 for each in usages if each]
    assert written[0] > 0
    assert cached[0] == 0 < cached[1] < cached[2]
    assert costs[1] < costs[0] / 2
    assert first.text


def test_the_end_of_the_system_prompt_and_of_the_conversation_are_marked() -> None:
    messages = marked({"model": CLAUDE, "messages": conversation("Hi", "Hello.", "And?")})["messages"]

    assert messages[0]["content"] == [{"type": "text", "text": LONG, "cache_control": MARK}]
    assert [each["content"] for each in messages[1:3]] == ["Hi", "Hello."]
    assert messages[3]["content"] == [{"type": "text", "text": "And?", "cache_control": MARK}]


def test_the_mark_is_at_the_last_text_of_a_message_with_images() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    request = {"model": CLAUDE, "messages": [*conversation("Hi", "Hello."), {"role": "user", "content": parts}]}

    assert marked(request)["messages"][-1]["content"] == [{**parts[0], "cache_control": MARK}, parts[1]]


@pytest.mark.parametrize(
    "request_of_model",
    [
        {"model": CLAUDE, "messages": conversation("Hi", "Hello.", "And?", system="Be kind.")},
        {"model": CLAUDE, "messages": [{"role": "user", "content": LONG}]},
        {"model": "openai/gpt-4.1", "messages": conversation("Hi", "Hello.", "And?")},
        {
            "model": CLAUDE,
            "messages": [
                *conversation("Hi", "Hello."),
                {"role": "user", "content": [{"type": "text", "text": "And?", "cache_control": MARK}]},
            ],
        },
        {"model": CLAUDE},
    ],
    ids=["short", "single question", "another vendor", "a client's own marks", "no messages"],
)
def test_a_request_that_gains_nothing_is_sent_unchanged(request_of_model: dict[str, Any]) -> None:
    assert marked(request_of_model) == request_of_model
