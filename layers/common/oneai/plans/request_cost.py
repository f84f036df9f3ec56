"""The cost of requests to models in micro-dollars: by their prices, and over all attempts of a completion."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from oneai.clients import openrouter
from oneai.clients.openrouter import Completion, Model
from oneai.plans.catalog import PER_MILLION


def add_earlier(usage: dict[str, Any], completion: Completion | None, models: Sequence[Model]) -> dict[str, Any]:
    """Adds to `usage` the tokens and micro-dollars of this completion's earlier requests that were billed."""
    for name, each in completion.earlier if completion else ():
        cost = each.cost_micro_usd
        if cost is None:
            # They failed, so those without tokens were free.
            tokens = (each.prompt_tokens, each.completion_tokens) if each.completion_tokens else (0, 0)
            cost = estimate_cost(serving_model(name, models), *tokens)
        counts = {**token_counts(each), "cost_micro_usd": cost}
        usage = {
            **{key: usage[key] + count for key, count in counts.items()},
            "estimated": usage["estimated"] or (each.cost_micro_usd is None and cost > 0),
        }
    return usage


def token_counts(usage: openrouter.Usage) -> dict[str, int]:
    """The tokens that the upstream counted, by kind."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cached_tokens": usage.cached_tokens,
    }


def serving_model(name: str | None, models: Sequence[Model]) -> Model:
    """The model whose prices apply: the one that served if it is among `models`, else the requested one."""
    for model in models:
        if name in (model.id, model.canonical_slug):
            return model
    return models[0]


def estimate_cost(model: Model, prompt_tokens: int, completion_tokens: int) -> int:
    """Micro-dollars, rounded up; unknown prices count as zero and are corrected from `/generation`."""
    prompt = prompt_tokens * (model.prompt_price or Decimal(0))
    completion = completion_tokens * (model.completion_price or Decimal(0))
    return int(((prompt + completion) * PER_MILLION).to_integral_value(ROUND_CEILING))
