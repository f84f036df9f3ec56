"""The terms of answers that credits pay: no plan's limits, and models whose price is known."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from oneai.models import Model
from oneai.plans.limits_and_prices import PLANS
from oneai.plans.model_terms import ModelTerms, terms_for

# Its key among the terms by tier.
CREDITS = "credits"
# A plan that limits nothing.
UNLIMITED = replace(
    PLANS["enterprise"],
    tier=CREDITS,
    name="Credits",
    completion_ceiling=None,
    input_tokens=None,
    answer_tokens=None,
    daily_share=Decimal(0),
    listed=False,
)


def credit_terms(models: Sequence[Model]) -> ModelTerms:
    """The terms of an answer that any of these models may write: the price of the dearest is held. A model without a
    known price is not sold, because what it would cost cannot be held, and neither is one that only a workspace's own
    key reaches."""
    terms = terms_for(UNLIMITED, models)
    is_known = all(
        model.by_operator
        and model.prompt_price is not None
        and model.completion_price is not None
        and model.pricing not in ("missing", "variable")
        for model in models
    )
    # A fallback may be dearer than the first model: no quota of a plan pays it.
    return replace(terms, refusal=None if is_known else "not_sold_for_credits")
