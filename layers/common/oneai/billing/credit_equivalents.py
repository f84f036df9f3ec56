"""What credits are worth: about how many answers, and how many tokens, of a model."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from oneai import log
from oneai.errors import OneAIError
from oneai.models import Model, providers
from oneai.models.price import estimate_cost
from oneai.plans.credit_terms import credit_terms
from oneai.plans.model_quota import quota_key
from oneai.plans.model_terms import available_models, default_model
from oneai.plans.price_of_use import UsePrice, price_for, price_of_use, read

# A usual answer: what the model reads, and what it writes.
PROMPT_TOKENS, ANSWER_TOKENS = 1_000, 500


class CreditEquivalent(BaseModel):
    """Credits as answers of one model."""

    model: str = Field(description="The model's id.")
    name: str = Field(description="The model's name.")
    answers: int = Field(description="About how many answers they pay, of 1,000 tokens read and 500 written.")
    tokens: int = Field(description="About how many tokens these answers read and write.")
    answer_micro_usd: int = Field(description="What one such answer costs in credits.")


def equivalent(micro_usd: int, model: Model, prices: Sequence[UsePrice]) -> CreditEquivalent:
    """The answers of a model that this many micro-dollars pay, rounded down."""
    price = price_for(model.id, prices)
    one = price_of_use(estimate_cost(model, PROMPT_TOKENS, ANSWER_TOKENS), price.markup_percent, price.min_micro_usd)
    answers = micro_usd // one
    return CreditEquivalent(
        model=model.id,
        name=model.name,
        answers=answers,
        tokens=answers * (PROMPT_TOKENS + ANSWER_TOKENS),
        answer_micro_usd=one,
    )


async def equivalents(micro_usd: int, agreed: Sequence[UsePrice]) -> list[CreditEquivalent]:
    """The equivalents of the default model and of the first large one, as far as credits pay for them; none while
    neither prices nor models can be read. `agreed` are the prices that were agreed with the workspace."""
    try:
        models = available_models(await providers.list_models())
        prices = (*agreed, *await read())
    except OneAIError:
        log.exception("what credits are worth is not known")
        return []
    sold = [model for model in models if credit_terms([model]).refusal is None]
    default = default_model(models)
    shown = [model for model in sold if model.id == default][:1]
    shown += [model for model in sold if quota_key(model) == "large_messages" and model.id != default][:1]
    return [equivalent(micro_usd, model, prices) for model in shown]
