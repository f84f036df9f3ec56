"""The model that writes titles: the operator's choice, else the cheapest of the small ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from oneai import log, settings
from oneai.clients.openrouter import Model
from oneai.plans.catalog import quota_key
from oneai.plans.model_terms import available_models

# What a title takes, in tokens; a model that thinks does so about titles too.
PROMPT_TOKENS, TITLE_TOKENS, THOUGHT_TOKENS = 300, 20, 500


@dataclass(frozen=True)
class TitleSettings:
    """`auto_titles` has a model write the titles that people do not, `title_model` says which where it is on offer."""

    auto_titles: bool = True
    title_model: str = ""


def title_model(models: Sequence[Model]) -> Model | None:
    """TITLE_MODEL where it is on offer, else the small text model whose titles cost least; None where there is none.

    A free model comes last: what its few requests a day are good for is not this.
    """
    on_offer = available_models(models)
    configured = settings.read(TitleSettings).title_model
    for model in on_offer:
        if model.id == configured:
            return model
    if configured:
        log.warning("the model for titles is not on offer", model=configured)
    small = [model for model in on_offer if quota_key(model) == "small_messages" and _is_suitable(model)]
    return min(small, key=lambda model: (_cost(model) == 0, _cost(model)), default=None)


def is_reasoning_model(model: Model) -> bool:
    """Whether it may think before it answers."""
    return "reasoning" in model.supported_parameters


def _is_suitable(model: Model) -> bool:
    text_only = "text" in model.input_modalities and set(model.output_modalities) == {"text"}
    return text_only and model.pricing == "plain"


def _cost(model: Model) -> Decimal:
    completion_tokens = TITLE_TOKENS + (THOUGHT_TOKENS if is_reasoning_model(model) else 0)
    return PROMPT_TOKENS * (model.prompt_price or Decimal(0)) + completion_tokens * (
        model.completion_price or Decimal(0)
    )
