"""The plans: their limits, models and prices in each currency, and how many answers they may have at once.

A new tier is one entry in PLANS, at its place from the lowest to the highest. `make schema` writes its quotas, storage
and pages into `supabase/schemas/90_operations/100_plan_numbers.sql`, which sign-up reads. This module imports only the
standard library, because the billing projection reads it.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

type QuotaKey = Literal["small_messages", "large_messages", "image_generation", "web_searches"]
# Limits on the size of answers, besides their number: prompt and completion tokens, and micro-dollars.
type BudgetKey = Literal["tokens", "cost"]
type Frequency = Literal["3hour", "daily", "monthly"]
# Billing period and currency: `monthly`, `INR`.
type PriceKey = tuple[Literal["monthly", "yearly"], Literal["INR", "USD"]]

# API keys of a user that are not revoked, on every plan.
MAX_API_KEYS = 100


@dataclass(frozen=True)
class Quota:
    """Units per window, and grace units beyond them before a refusal."""

    limit: int
    frequency: Frequency
    grace: int = 0


@dataclass(frozen=True)
class Plan:
    """One tier. `completion_ceiling` is in USD per million tokens; None means no ceiling, or the model's own cap.

    `storage_bytes` limits a user's text and files. `document_pages` limits the pages read in a UTC month.
    `answers_at_once` limits the answers that are written at the same time, unless ANSWERS_AT_ONCE sets another number.
    `daily_share` is the share of DAILY_SPEND_LIMIT_USD that a user's answers may reserve and cost in a UTC day.
    `budgets` limits tokens or cost of all answers together. `features` are listed with these numbers in the list of
    plans. `prices` are in paise or cents, overridden by the price list (`oneai.price_list`); a plan that is not free
    and has no price is sold by the sales team.
    """

    tier: str
    name: str
    free: bool
    quotas: dict[QuotaKey, Quota]
    completion_ceiling: Decimal | None
    input_tokens: int | None
    answer_tokens: int | None
    storage_bytes: int
    document_pages: int
    answers_at_once: int
    daily_share: Decimal
    budgets: dict[BudgetKey, Quota] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    prices: dict[PriceKey, int] = field(default_factory=dict)


# Features of every plan, as shown in the list of plans.
COMMON_FEATURES = (
    "Branches, edits and regenerated answers",
    "Models side by side",
    "Attached images and files",
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
                "web_searches": Quota(10, "monthly"),
            },
            completion_ceiling=Decimal(20),
            input_tokens=16_000,
            answer_tokens=4_000,
            storage_bytes=200_000_000,
            document_pages=100,
            answers_at_once=4,
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
                "web_searches": Quota(150, "monthly"),
            },
            completion_ceiling=Decimal(80),
            input_tokens=128_000,
            answer_tokens=16_000,
            storage_bytes=5_000_000_000,
            document_pages=5_000,
            answers_at_once=8,
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
                "web_searches": Quota(1500, "monthly"),
            },
            completion_ceiling=None,
            input_tokens=None,
            answer_tokens=None,
            storage_bytes=50_000_000_000,
            document_pages=50_000,
            answers_at_once=24,
            daily_share=Decimal("0.40"),
            features=COMMON_FEATURES,
        ),
    )
}
