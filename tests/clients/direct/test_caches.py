"""What is asked for of caches, and what that saves."""

from typing import Any

from oneai.clients.anthropic import request
from tests.clients.direct.stand_in_servers import running

LONG = "You help people who plan journeys by train in India. " * 200


def conversation(*said: str) -> list[dict[str, Any]]:
    """A long system prompt, and turns that go on."""
    roles = ["user", "assistant"]
    return [
        {"role": "system", "content": LONG},
        *({"role": roles[n % 2], "content": each} for n, each in enumerate(said)),
    ]


async def test_a_long_conversation_is_read_from_the_cache_and_costs_less() -> None:
    async with running("anthropic") as provider:
        first = await provider.ask(messages=conversation("Hi"))
        second = await provider.ask(messages=conversation("Hi", first.text, "And?"))
        third = await provider.ask(messages=conversation("Hi", first.text, "And?", second.text, "More?"))

    usages = [each.said.usage for each in (first, second, third)]
    assert all(each is not None for each in usages)
    written = [each.cache_write_tokens for each in usages if each]
    cached = [each.cached_tokens for each in usages if each]
    costs = [each.cost_micro_usd or 0 for each in usages if each]
    assert written[0] > 0
    assert cached[0] == 0 < cached[1] < cached[2]
    assert costs[1] < costs[0] / 4


def test_a_short_prompt_is_not_marked() -> None:
    sent = request.body({"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "Hi"}]})

    assert "cache_control" not in str(sent)


def test_a_single_long_question_is_not_written_to_the_cache() -> None:
    sent = request.body({"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": LONG}]})

    assert "cache_control" not in str(sent)
