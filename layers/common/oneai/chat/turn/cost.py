"""What a completion took, in tokens and micro-dollars: as its upstream says, else as we estimate it, marked so."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from oneai.chat.turn.context import estimate_prompt, estimate_tokens
from oneai.clients import openrouter
from oneai.clients.openrouter import Completion, Model
from oneai.plans.catalog import PER_MILLION


def of(
    said: Completion | None, models: Sequence[Model], messages: Sequence[dict[str, Any]], text: str, thoughts: str
) -> dict[str, Any]:
    """The usage as `oneai.settle` reads it, of a completion that one of `models` was asked for with `messages` and
    that came to `text` and `thoughts`. Zero while no request has left."""
    usage = said.usage if said else None
    if usage is not None and usage.cost_micro_usd is not None:
        return {**_counted(usage), "cost_micro_usd": usage.cost_micro_usd, "estimated": False}
    if usage is not None:
        counted = _counted(usage)
    elif said is None or not (said.sent or said.generation_id):
        counted = dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), 0)
    else:
        thought = estimate_tokens(thoughts)
        counted = {
            "prompt_tokens": estimate_prompt(messages),
            "completion_tokens": estimate_tokens(text) + thought,
            "reasoning_tokens": thought,
            "cached_tokens": 0,
        }
    cost = _cost(_served(said, models), counted["prompt_tokens"], counted["completion_tokens"])
    return {**counted, "cost_micro_usd": cost, "estimated": True}


def _counted(usage: openrouter.Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cached_tokens": usage.cached_tokens,
    }


def _served(said: Completion | None, models: Sequence[Model]) -> Model:
    """The model whose prices count: the one that served, where the catalogue knows it, else the one asked for."""
    name = said.model if said else None
    for model in models:
        if name in (model.id, model.canonical_slug):
            return model
    return models[0]


def _cost(model: Model, prompt_tokens: int, completion_tokens: int) -> int:
    """Micro-dollars, rounded up; unknown prices count as nothing here and are corrected from `/generation`."""
    prompt = prompt_tokens * (model.prompt_price or Decimal(0))
    completion = completion_tokens * (model.completion_price or Decimal(0))
    return int(((prompt + completion) * PER_MILLION).to_integral_value(ROUND_CEILING))
