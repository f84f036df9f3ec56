"""The plans: their limits, models and prices in each currency, and how many answers they may have at once.

A new tier is one entry in PLANS, at its place from the lowest to the highest. `make schema` writes its quotas, storage
and pages into `supabase/schemas/90_operations/100_plan_numbers.sql`, which sign-up reads. This module imports only the
standard library, because the billing projection reads it.

A personal workspace and a team have different plans: `kinds` of a plan says which of them can have it. The plans of one
kind, from the lowest to the highest, are its ladder: free < pro < enterprise, and none < team < enterprise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

type QuotaKey = Literal["small_messages", "large_messages", "image_generation", "web_searches"]
# Limits on the size of answers, besides their number: prompt and completion tokens, and micro-dollars.
type BudgetKey = Literal["tokens", "cost"]
type Frequency = Literal["3hour", "daily", "monthly"]
type WorkspaceKind = Literal["personal", "team"]
# Billing period and currency: `monthly`, `INR`.
type PriceKey = tuple[Literal["monthly", "yearly"], Literal["INR", "USD", "IDR"]]

# The tier of a team that pays for no plan.
NO_PLAN = "none"
# API keys of a user that are not revoked, on every plan.
MAX_API_KEYS = 100
# Seats of a plan that is sold by the seat.
MIN_SEATS, MAX_SEATS = 2, 500
# Seats of a team without a paid plan; and of a trial, those whose units it brings.
FREE_SEATS = TRIAL_SEATS = 3


@dataclass(frozen=True)
class Quota:
    """Units per window, and grace units beyond them before a refusal."""

    limit: int
    frequency: Frequency
    grace: int = 0


@dataclass(frozen=True)
class Plan:
    """One tier. `completion_ceiling` is in USD per million tokens; None means no ceiling, or the model's own cap.

    `storage_bytes` limits a user's text and files. `document_pages` limits the pages read in a UTC month,
    `chatbots` those that are not deleted, `visitor_answers` what these answer to visitors in a month (None: what their
    limits and the plan's units allow), and `visitor_mails` how many mails visitors get in any 24 hours.
    `answers_at_once` limits the answers that are written at the same time, unless ANSWERS_AT_ONCE sets another number.
    `daily_share` is the share of DAILY_SPEND_LIMIT_USD that a user's answers may reserve and cost in a UTC day.
    `budgets` limits tokens or cost of all answers together. `features` are listed with these numbers in the list of
    plans. `prices` are in paise or cents, overridden by the price list (`oneai.price_list`); a plan that is not free
    and has no price is sold by the sales team. `kinds` are the workspaces that can have it. `per_seat`: prices, quotas,
    storage and pages are those of one seat, and the seats' share one pool; the limits of one answer, `answers_at_once`
    and `daily_share` are the workspace's. `listed`: it is in the list of plans.
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
    chatbots: int
    answers_at_once: int
    daily_share: Decimal
    budgets: dict[BudgetKey, Quota] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    prices: dict[PriceKey, int] = field(default_factory=dict)
    kinds: tuple[WorkspaceKind, ...] = ("personal",)
    per_seat: bool = False
    listed: bool = True
    visitor_answers: int | None = None
    visitor_mails: int = 0


# Features of every plan, as shown in the list of plans.
COMMON_FEATURES = (
    "Branches, edits and regenerated answers",
    "Models side by side",
    "Attached images and files",
    "Search, sharing, export and import",
)

_FREE = Plan(
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
    chatbots=1,
    visitor_answers=50,
    answers_at_once=4,
    daily_share=Decimal("0.05"),
    features=COMMON_FEATURES,
)
_PRO = Plan(
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
    chatbots=3,
    visitor_mails=100,
    answers_at_once=8,
    daily_share=Decimal("0.20"),
    features=COMMON_FEATURES,
    prices={
        ("monthly", "INR"): 799_00,
        ("yearly", "INR"): 7990_00,
        ("monthly", "USD"): 9_99,
        ("yearly", "USD"): 99_90,
    },
)
_ENTERPRISE = Plan(
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
    chatbots=100,
    visitor_mails=2_000,
    answers_at_once=24,
    daily_share=Decimal("0.40"),
    features=COMMON_FEATURES,
    kinds=("personal", "team"),
)
# A team that pays for no plan, with the models of the free plan for its trial, and the storage that its 50 answers need
# with images and texts attached. Reading documents needs a plan.
_NONE = replace(
    _FREE,
    tier=NO_PLAN,
    name="None",
    quotas={key: replace(quota, limit=0) for key, quota in _FREE.quotas.items()},
    storage_bytes=20_000_000,
    document_pages=0,
    visitor_answers=0,
    features=(),
    kinds=("team",),
    listed=False,
)
# A seat has what Pro has. From two seats on, the ceiling is the most that one workspace may use of a day.
_TEAM = replace(
    _PRO,
    tier="team",
    name="Team",
    answers_at_once=8,
    daily_share=Decimal("0.40"),
    prices={
        ("monthly", "INR"): 699_00,
        ("yearly", "INR"): 6990_00,
        ("monthly", "USD"): 8_99,
        ("yearly", "USD"): 89_90,
    },
    kinds=("team",),
    per_seat=True,
)

PLANS: dict[str, Plan] = {plan.tier: plan for plan in (_FREE, _NONE, _PRO, _TEAM, _ENTERPRISE)}


def ladder(kind: WorkspaceKind) -> list[Plan]:
    """The plans of a kind of workspace, from the lowest to the highest."""
    return [plan for plan in PLANS.values() if kind in plan.kinds]


def ladder_with(tier: str) -> list[Plan]:
    """The ladder that has this tier: what the workspace that has it can buy. Every listed plan for an unknown tier."""
    if tier not in PLANS:
        return listed_plans()
    return ladder(PLANS[tier].kinds[0])


def lowest_plan(kind: WorkspaceKind) -> Plan:
    """What a workspace of this kind has when nothing is paid or granted."""
    return ladder(kind)[0]


def plan_of(tier: str | None, kind: WorkspaceKind) -> Plan:
    """The plan of a tier. A tier that the catalogue no longer has counts as the lowest of the workspace's kind."""
    return PLANS.get(tier or "") or lowest_plan(kind)


def listed_plans() -> list[Plan]:
    """The plans that are offered or compared, from the lowest to the highest."""
    return [plan for plan in PLANS.values() if plan.listed]


def granted(limits: Mapping[str, int] | None, key: str, of_plan: int) -> int:
    """A workspace's limit of a key: its own, as seats or an offer bring it, else the plan's."""
    return of_plan if limits is None else limits.get(key, of_plan)
