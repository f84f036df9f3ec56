"""What completions cost, in tokens and micro-dollars: as the provider states it, else estimated and marked so."""

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from oneai.models import web_search
from oneai.models.catalogue import Model
from oneai.models.completion import Completion, Usage
from oneai.token_estimate import estimate_tokens

PER_MILLION = Decimal(1_000_000)


def compute_usage(
    completion: Completion | None,
    models: Sequence[Model],
    estimate_prompt: Callable[[], int],
    text: str,
    reasoning: str,
    *,
    failed: bool = False,
) -> dict[str, Any]:
    """The usage as `oneai.settle` reads it, of a completion that was requested of `models` and wrote `text` and
    `reasoning`.

    `estimate_prompt` returns the prompt's tokens where the provider does not state them. The usage is zero while no
    request has been sent, and where one `failed` without a token: providers do not charge for that, and where one did,
    `/generation` corrects it. What was billed for requests before the last one is added.
    """
    usage = _last_usage(completion, models, estimate_prompt, text, reasoning)
    if failed and usage["estimated"] and not usage["completion_tokens"]:
        usage["cost_micro_usd"] = 0
    return _add_earlier(usage, completion, models)


def estimate_cost(model: Model, prompt_tokens: int, completion_tokens: int) -> int:
    """Micro-dollars, rounded up; unknown prices count as zero here and are corrected from `/generation`."""
    prompt = prompt_tokens * (model.prompt_price or Decimal(0))
    completion = completion_tokens * (model.completion_price or Decimal(0))
    return int(((prompt + completion) * PER_MILLION).to_integral_value(ROUND_CEILING))


def _last_usage(
    completion: Completion | None,
    models: Sequence[Model],
    estimate_prompt: Callable[[], int],
    text: str,
    reasoning: str,
) -> dict[str, Any]:
    usage = completion.usage if completion else None
    if usage is not None and usage.cost_micro_usd is not None:
        return {**_counts(usage), "cost_micro_usd": usage.cost_micro_usd, "estimated": False}
    if usage is not None:
        tokens = _counts(usage)
    elif completion is None or not (completion.sent or completion.generation_id):
        tokens = dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), 0)
    else:
        reasoning_tokens = estimate_tokens(reasoning)
        tokens = {
            "prompt_tokens": estimate_prompt(),
            "completion_tokens": estimate_tokens(text) + reasoning_tokens,
            "reasoning_tokens": reasoning_tokens,
            "cached_tokens": 0,
        }
    model = _serving_model(completion.model if completion else None, models)
    cost = estimate_cost(model, tokens["prompt_tokens"], tokens["completion_tokens"])
    cost += tokens.get("web_search_requests", 0) * web_search.MICRO_USD
    return {**tokens, "cost_micro_usd": cost, "estimated": True}


def _add_earlier(usage: dict[str, Any], completion: Completion | None, models: Sequence[Model]) -> dict[str, Any]:
    """`usage` with the tokens and micro-dollars that requests before the last one of this completion were billed."""
    for name, each in completion.earlier if completion else ():
        cost = each.cost_micro_usd
        if cost is None:
            # They failed, so those without a token were free.
            tokens = (each.prompt_tokens, each.completion_tokens) if each.completion_tokens else (0, 0)
            cost = estimate_cost(_serving_model(name, models), *tokens)
        counts = {**_counts(each), "cost_micro_usd": cost}
        usage = {
            **usage,
            **{key: usage.get(key, 0) + count for key, count in counts.items()},
            "estimated": usage["estimated"] or (each.cost_micro_usd is None and cost > 0),
        }
    return usage


def _counts(usage: Usage) -> dict[str, int]:
    """The tokens that the provider counted, by kind, and its searches of the web where it states them."""
    searches = {} if usage.web_search_requests is None else {"web_search_requests": usage.web_search_requests}
    return {
        **searches,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cached_tokens": usage.cached_tokens,
    }


def _serving_model(name: str | None, models: Sequence[Model]) -> Model:
    """The model whose prices apply: the one that served, where it is among `models`, else the one asked for."""
    for model in models:
        if name in (model.id, model.canonical_slug):
            return model
    return models[0]
