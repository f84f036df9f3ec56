"""The model for titles, and for summaries of conversations: the operator's choice, else the cheapest small one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from oneai import log, settings
from oneai.models import Model
from oneai.plans.model_quota import quota_key
from oneai.plans.model_terms import ModelSettings, available_models

# Tokens of a title; reasoning models also reason about titles.
PROMPT_TOKENS, TITLE_TOKENS, THOUGHT_TOKENS = 300, 20, 500


@dataclass(frozen=True)
class TitleSettings:
    """`auto_titles` enables generated titles; `title_model` is their model, if it is available."""

    auto_titles: bool = True
    title_model: str = ""


@dataclass(frozen=True)
class SummarySettings:
    """`auto_summaries` enables summaries of long conversations."""

    auto_summaries: bool = True


# The catalogue and the settings of the last call, and the results by minimum context.
_last: tuple[Sequence[Model], tuple[TitleSettings, ModelSettings], dict[int, Model | None]] | None = None


def title_model(models: Sequence[Model], min_context: int = 0) -> Model | None:
    """TITLE_MODEL if it is available, else the small text model with the cheapest titles and at least this context;
    None if there is none.

    Free models come last, because their few requests per day are not for titles. The result is cached for each
    catalogue, which is read every five minutes and has hundreds of models.
    """
    global _last
    configured = (settings.read(TitleSettings), settings.read(ModelSettings))
    if _last is None or _last[0] is not models or _last[1] != configured:
        _last = (models, configured, {})
    chosen = _last[2]
    if min_context not in chosen:
        chosen[min_context] = _choose(models, configured[0].title_model, min_context)
    return chosen[min_context]


def _choose(models: Sequence[Model], configured: str, min_context: int) -> Model | None:
    available = available_models(models)
    on_offer = [model for model in available if model.context_length >= min_context]
    for model in on_offer:
        if model.id == configured:
            return model
    if configured and all(model.id != configured for model in available):
        log.warning("the model for titles is not available", model=configured)
    small = [model for model in on_offer if quota_key(model) == "small_messages" and _is_suitable(model)]
    return min(small, key=lambda model: (_cost(model) == 0, _cost(model)), default=None)


def _is_suitable(model: Model) -> bool:
    text_only = "text" in model.input_modalities and set(model.output_modalities) == {"text"}
    return text_only and model.pricing == "plain"


def _cost(model: Model) -> Decimal:
    completion_tokens = TITLE_TOKENS + (THOUGHT_TOKENS if model.may_reason else 0)
    return PROMPT_TOKENS * (model.prompt_price or Decimal(0)) + completion_tokens * (
        model.completion_price or Decimal(0)
    )
