"""The usage and cost of a completion, in whole tokens and micro-dollars."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from oneai.models import Usage

# A larger amount of dollars is invalid, and 1e999999 as an integer would not fit in memory.
MAX_USD = Decimal(1_000_000)
# More tool calls are not allowed in a request; a larger number is invalid.
MAX_SEARCHES = 1_000


def parse_usage(usage: object) -> Usage | None:
    """The usage of a stream; None where the object has none. Every part of it may be missing."""
    if not isinstance(usage, dict) or not usage.keys() & {"prompt_tokens", "completion_tokens", "cost"}:
        return None
    return Usage(
        prompt_tokens=parse_count(usage.get("prompt_tokens")),
        completion_tokens=parse_count(usage.get("completion_tokens")),
        # Can exceed the completion's tokens; it is passed on as reported.
        reasoning_tokens=parse_count(_object(usage, "completion_tokens_details").get("reasoning_tokens")),
        cached_tokens=parse_count(_object(usage, "prompt_tokens_details").get("cached_tokens")),
        cost_micro_usd=parse_cost(
            usage.get("cost"),
            own_key=usage.get("is_byok") is True,
            provider_cost=_object(usage, "cost_details").get("upstream_inference_cost"),
        ),
        web_search_requests=_web_search_requests(usage),
    )


def parse_cost(charged: object, *, own_key: bool, provider_cost: object) -> int | None:
    """Micro-dollars. With a key of our own at the provider, OpenRouter charges its fee and the provider the rest."""
    total = parse_money(charged)
    if own_key:
        provider_part = parse_money(provider_cost)
        total = provider_part if total is None else total + (provider_part or 0)
    return None if total is None else int((total * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))


def parse_money(value: object) -> Decimal | None:
    """A price or cost as a decimal; None where it is missing, negative, too large or no number."""
    amount = parse_decimal(value)
    return amount if amount is not None and 0 <= amount < MAX_USD else None


def parse_decimal(value: object) -> Decimal | None:
    """A finite decimal from a string or JSON number, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def parse_count(value: object) -> int:
    """A number of tokens; 0 where it is missing or invalid."""
    number = parse_decimal(value)
    return int(number) if number is not None and 0 <= number < 1_000_000_000 else 0


def _web_search_requests(usage: dict[str, Any]) -> int | None:
    """How often the web was searched; None where that is not stated, or with a value that is no count. Streams have the
    first name, the documentation the second."""
    for name in ("server_tool_use_details", "server_tool_use"):
        count = parse_decimal(_object(usage, name).get("web_search_requests"))
        if count is not None and count >= 0:
            return int(min(count, Decimal(MAX_SEARCHES)))
    return None


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}
