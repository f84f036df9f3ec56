"""What a completion used and cost, in whole tokens and micro-dollars."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and cost as upstream counted them; `cost_micro_usd` is None where it did not say."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int | None
