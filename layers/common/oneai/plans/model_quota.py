"""The quota that an answer of a model counts against, and whether a plan allows the model, both by its prices."""

from decimal import Decimal

from oneai.models import Model
from oneai.models.price import PER_MILLION
from oneai.plans.limits_and_prices import Plan, QuotaKey

# A model is small up to these prices, in USD per million tokens.
SMALL_PROMPT = Decimal("1.00")
SMALL_COMPLETION = Decimal("5.00")
# Text quotas from the cheapest to the most expensive: a fallback's must not be more expensive than the first model's.
TEXT_KEYS: tuple[QuotaKey, ...] = ("small_messages", "large_messages")


def per_million(price: Decimal | None) -> Decimal | None:
    """USD per million tokens, from a price in USD per token."""
    return None if price is None else price * PER_MILLION


def generates_images(model: Model) -> bool:
    """Whether the model's output includes images."""
    return "image" in model.output_modalities


def quota_key(model: Model) -> QuotaKey:
    """The quota that an answer of this model counts against."""
    return "image_generation" if generates_images(model) else text_key(model)


def text_key(model: Model) -> QuotaKey:
    """The quota that a text answer of this model counts against, by price; unknown prices count as large."""
    prompt, completion = per_million(model.prompt_price), per_million(model.completion_price)
    if prompt is None or completion is None:
        return "large_messages"
    return "small_messages" if prompt <= SMALL_PROMPT and completion <= SMALL_COMPLETION else "large_messages"


def within_ceiling(plan: Plan, model: Model) -> bool:
    """Whether the plan allows the model's completion price; unknown prices need a plan without a ceiling."""
    if plan.completion_ceiling is None:
        return True
    price = per_million(model.completion_price)
    return price is not None and price <= plan.completion_ceiling
