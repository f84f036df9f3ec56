"""The usage of a completion, in tokens and micro-dollars: as the upstream reports it, else estimated and marked so."""

from collections.abc import Mapping, Sequence
from typing import Any

from oneai.chat.turn.context import estimate_prompt
from oneai.clients.openrouter import Completion, Model
from oneai.plans.request_cost import add_earlier, estimate_cost, serving_model, token_counts
from oneai.token_estimate import estimate_tokens


def compute_usage(
    completion: Completion | None,
    models: Sequence[Model],
    prompt: Mapping[str, Any],
    text: str,
    reasoning: str,
    *,
    failed: bool = False,
) -> dict[str, Any]:
    """The usage as `oneai.settle` reads it, of a completion that was requested of `models` and wrote `text` and
    `reasoning`. `prompt` has the request's `messages`, and its other fields that are part of the prompt. Zero while no
    request has been sent, and where one `failed` without a token: providers do not charge for that, and where one did,
    `/generation` corrects it. What was billed for requests before the last one is added."""
    usage = _last_usage(completion, models, prompt, text, reasoning)
    if failed and usage["estimated"] and not usage["completion_tokens"]:
        usage["cost_micro_usd"] = 0
    return add_earlier(usage, completion, models)


def _last_usage(
    completion: Completion | None, models: Sequence[Model], prompt: Mapping[str, Any], text: str, reasoning: str
) -> dict[str, Any]:
    usage = completion.usage if completion else None
    if usage is not None and usage.cost_micro_usd is not None:
        return {**token_counts(usage), "cost_micro_usd": usage.cost_micro_usd, "estimated": False}
    if usage is not None:
        tokens = token_counts(usage)
    elif completion is None or not (completion.sent or completion.generation_id):
        tokens = dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), 0)
    else:
        reasoning_tokens = estimate_tokens(reasoning)
        tokens = {
            "prompt_tokens": estimate_prompt(**prompt),
            "completion_tokens": estimate_tokens(text) + reasoning_tokens,
            "reasoning_tokens": reasoning_tokens,
            "cached_tokens": 0,
        }
    cost = estimate_cost(
        serving_model(completion.model if completion else None, models),
        tokens["prompt_tokens"],
        tokens["completion_tokens"],
    )
    return {**tokens, "cost_micro_usd": cost, "estimated": True}
