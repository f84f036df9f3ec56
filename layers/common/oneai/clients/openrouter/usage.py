"""What a completion used and cost, in whole tokens and micro-dollars."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

# Nothing costs this many dollars; a number beyond is garbage, and 1e999999 as an integer would not fit in memory.
ABSURD = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and cost as upstream counted them; `cost_micro_usd` is None where it did not say."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int | None


def read(usage: object) -> Usage | None:
    """The usage of a stream; None where the object says nothing. Every part of it may be missing."""
    if not isinstance(usage, dict) or not usage.keys() & {"prompt_tokens", "completion_tokens", "cost"}:
        return None
    return Usage(
        prompt_tokens=count(usage.get("prompt_tokens")),
        completion_tokens=count(usage.get("completion_tokens")),
        # Can exceed the completion's tokens; we say what upstream said.
        reasoning_tokens=count(_within(usage, "completion_tokens_details").get("reasoning_tokens")),
        cached_tokens=count(_within(usage, "prompt_tokens_details").get("cached_tokens")),
        cost_micro_usd=cost(
            usage.get("cost"),
            own_key=usage.get("is_byok") is True,
            provider_cost=_within(usage, "cost_details").get("upstream_inference_cost"),
        ),
    )


def cost(charged: object, *, own_key: bool, provider_cost: object) -> int | None:
    """Micro-dollars. With a key of our own at the provider, OpenRouter charges its fee and the provider the rest."""
    whole = money(charged)
    if own_key:
        theirs = money(provider_cost)
        whole = theirs if whole is None else whole + (theirs or 0)
    return None if whole is None else int((whole * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))


def money(value: object) -> Decimal | None:
    """A price or cost as a decimal; None when missing, negative, absurd or not a number."""
    amount = decimal(value)
    return amount if amount is not None and 0 <= amount < ABSURD else None


def decimal(value: object) -> Decimal | None:
    """A finite decimal from a string or JSON number, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def count(value: object) -> int:
    """A number of tokens; 0 when missing or not one."""
    number = decimal(value)
    return int(number) if number is not None and 0 <= number < 1_000_000_000 else 0


def _within(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}
