"""The tiers, stated once: quotas, and which models and how much of them a plan allows.

Another tier is another entry in PLANS, and its quotas rows of `oneai.plan_quotas`
(sign-up reads them there); a test holds the two together.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from oneai.clients.openrouter import Model

type QuotaKey = Literal["small_messages", "large_messages", "image_generation"]
# Limits of what answers weigh, beside how many there are: prompt and completion tokens, and micro-dollars.
type BudgetKey = Literal["tokens", "cost"]
type Frequency = Literal["3hour", "daily", "monthly"]
# What a price is for, and in what money: `monthly`, `INR`.
type PriceKey = tuple[Literal["monthly", "yearly"], Literal["INR", "USD"]]

PER_MILLION = Decimal(1_000_000)

# A model is small up to these prices, in USD per million tokens.
SMALL_PROMPT = Decimal("1.00")
SMALL_COMPLETION = Decimal("5.00")


@dataclass(frozen=True)
class Quota:
    """So many units per window, and so many more before anybody is refused."""

    limit: int
    frequency: Frequency
    grace: int = 0


@dataclass(frozen=True)
class Plan:
    """One tier. `completion_ceiling` is in USD per million tokens; None means no ceiling, or the model's own cap.

    `storage_bytes` is how much text and files a person may keep; `oneai.plan_storage` says the same.
    `daily_share` is how much of DAILY_SPEND_LIMIT_USD the answers of one person may hold and cost in a UTC day.
    `budgets` limits tokens or cost of all answers together, where it states them. `features` are said to people beside
    what these numbers say. `prices` are in paise or cents, and apply unless PLAN_PRICES says otherwise; a plan that
    has none and is not free is sold by people.
    """

    tier: str
    name: str
    free: bool
    quotas: dict[QuotaKey, Quota]
    completion_ceiling: Decimal | None
    input_tokens: int | None
    answer_tokens: int | None
    storage_bytes: int
    daily_share: Decimal
    budgets: dict[BudgetKey, Quota] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    prices: dict[PriceKey, int] = field(default_factory=dict)


# What people can do in every plan, in the words of a list of plans.
COMMON_FEATURES = (
    "Branches, edits and answers given anew",
    "Models side by side",
    "Images and files sent along",
    "Search, sharing, export and import",
)

PLANS: dict[str, Plan] = {
    plan.tier: plan
    for plan in (
        Plan(
            tier="free",
            name="Free",
            free=True,
            quotas={
                "small_messages": Quota(100, "monthly"),
                "large_messages": Quota(20, "monthly"),
                "image_generation": Quota(5, "3hour"),
            },
            completion_ceiling=Decimal(20),
            input_tokens=16_000,
            answer_tokens=4_000,
            storage_bytes=200_000_000,
            daily_share=Decimal("0.05"),
            features=COMMON_FEATURES,
        ),
        Plan(
            tier="pro",
            name="Pro",
            free=False,
            quotas={
                "small_messages": Quota(500, "monthly"),
                "large_messages": Quota(100, "monthly"),
                "image_generation": Quota(10, "3hour"),
            },
            completion_ceiling=Decimal(80),
            input_tokens=128_000,
            answer_tokens=16_000,
            storage_bytes=5_000_000_000,
            daily_share=Decimal("0.20"),
            features=COMMON_FEATURES,
            prices={
                ("monthly", "INR"): 799_00,
                ("yearly", "INR"): 7990_00,
                ("monthly", "USD"): 9_99,
                ("yearly", "USD"): 99_90,
            },
        ),
        Plan(
            tier="enterprise",
            name="Enterprise",
            free=False,
            quotas={
                "small_messages": Quota(5000, "monthly"),
                "large_messages": Quota(1000, "monthly"),
                "image_generation": Quota(100, "3hour"),
            },
            completion_ceiling=None,
            input_tokens=None,
            answer_tokens=None,
            storage_bytes=50_000_000_000,
            daily_share=Decimal("0.40"),
            features=COMMON_FEATURES,
        ),
    )
}

# Of words, from the cheapest to the dearest: a fallback may be of the first model's key or of one before it.
TEXT_KEYS: tuple[QuotaKey, ...] = ("small_messages", "large_messages")


def per_million(price: Decimal | None) -> Decimal | None:
    """USD per million tokens of a price in USD per token."""
    return None if price is None else price * PER_MILLION


def generates_images(model: Model) -> bool:
    """Whether pictures are among what the model answers with."""
    return "image" in model.output_modalities


def quota_key(model: Model) -> QuotaKey:
    """What one answer of this model counts against."""
    return "image_generation" if generates_images(model) else text_key(model)


def text_key(model: Model) -> QuotaKey:
    """What words of this model count against, by its price; an unknown price counts as large."""
    prompt, completion = per_million(model.prompt_price), per_million(model.completion_price)
    if prompt is None or completion is None:
        return "large_messages"
    return "small_messages" if prompt <= SMALL_PROMPT and completion <= SMALL_COMPLETION else "large_messages"


def within_ceiling(plan: Plan, model: Model) -> bool:
    """Whether the model's completion price is allowed; an unknown price fits only a plan without a ceiling."""
    if plan.completion_ceiling is None:
        return True
    price = per_million(model.completion_price)
    return price is not None and price <= plan.completion_ceiling
