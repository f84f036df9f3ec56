"""The usage and cost of a completion, in whole tokens and micro-dollars."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from oneai.clients.model_streams.numbers import object_in, parse_count, parse_decimal, parse_money
from oneai.models import Usage

# More tool calls are not allowed in a request; a larger number is invalid.
MAX_SEARCHES = 1_000


def parse_usage(usage: object) -> Usage | None:
    """The usage of a stream; None where the object has none. Every part of it may be missing."""
    if not isinstance(usage, dict) or not usage.keys() & {"prompt_tokens", "completion_tokens", "cost"}:
        return None
    of_prompt = object_in(usage, "prompt_tokens_details")
    return Usage(
        prompt_tokens=parse_count(usage.get("prompt_tokens")),
        completion_tokens=parse_count(usage.get("completion_tokens")),
        # Can exceed the completion's tokens; it is passed on as reported.
        reasoning_tokens=parse_count(object_in(usage, "completion_tokens_details").get("reasoning_tokens")),
        cached_tokens=parse_count(of_prompt.get("cached_tokens")),
        cost_micro_usd=parse_cost(
            usage.get("cost"),
            own_key=usage.get("is_byok") is True,
            provider_cost=object_in(usage, "cost_details").get("upstream_inference_cost"),
        ),
        web_search_requests=_web_search_requests(usage),
        cache_write_tokens=parse_count(of_prompt.get("cache_write_tokens")),
    )


def parse_cost(charged: object, *, own_key: bool, provider_cost: object) -> int | None:
    """Micro-dollars. With a key of our own at the provider, OpenRouter charges its fee and the provider the rest."""
    total = parse_money(charged)
    if own_key:
        provider_part = parse_money(provider_cost)
        total = provider_part if total is None else total + (provider_part or 0)
    return None if total is None else int((total * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))


def _web_search_requests(usage: dict[str, Any]) -> int | None:
    """How often the web was searched; None where that is not stated, or with a value that is no count. Streams have the
    first name, the documentation the second."""
    for name in ("server_tool_use_details", "server_tool_use"):
        count = parse_decimal(object_in(usage, name).get("web_search_requests"))
        if count is not None and count >= 0:
            return int(min(count, Decimal(MAX_SEARCHES)))
    return None
