"""The plans on sale, with their features and prices, and a table that compares them."""

from pydantic import BaseModel, Field

from oneai.billing.facts import Currency, Period
from oneai.billing.providers.provider_terms import ProviderTerms, terms_of
from oneai.billing.subscriptions import prices
from oneai.billing.subscriptions.prices import Price
from oneai.errors import MEGABYTE, NotFound
from oneai.models.price import PER_MILLION
from oneai.plans.ceiling import daily_ceiling
from oneai.plans.limits_and_prices import (
    MAX_API_KEYS,
    MAX_SEATS,
    MIN_SEATS,
    PLANS,
    Frequency,
    Plan,
    listed_plans,
)

DAILY_CEILING = "Maximum cost of answers per day, at their models' prices"
BANK_CONFIRMS = "Your bank will ask you to confirm each charge, because it is above ₹15,000."
EACH: dict[Frequency, str] = {"monthly": "a month", "daily": "a day", "3hour": "every three hours"}
NAMES = {
    "small_messages": "Answers from small models",
    "large_messages": "Answers from large models",
    "image_generation": "Images",
    "web_searches": "Web searches",
    "tokens": "Tokens",
    "cost": "Cost in micro-dollars",
}


class PlanQuota(BaseModel):
    """A quota of a plan."""

    limit: int = Field(description="Units in each window.")
    frequency: Frequency = Field(description="The length of a window: three hours, a day or a month, both in UTC.")


class PlanLimits(BaseModel):
    """What a plan limits besides its quotas."""

    document_pages: int = Field(description="Pages of documents that are read in a calendar month in UTC.")
    storage_bytes: int = Field(description="Bytes of conversations, files and documents together.")
    api_keys: int = Field(description="API keys that are not revoked.")


class PlanPrice(BaseModel):
    """A price in paise or cents."""

    payment_provider: str = Field(description="Who takes its payments: `razorpay`, `stripe` or `midtrans`.")
    provider_terms: ProviderTerms = Field(description="How they take them.")
    currency: Currency = Field(description="The currency of both amounts.")
    period: Period = Field(description="The billing period.")
    amount: int = Field(description="The listed price in the smallest unit (paise, cents).")
    charged_amount: int = Field(description="The charge, with the tax that is added to the listed price.")
    bank_confirmation: str | None = Field(
        default=None, description="A sentence for the payer, if their bank asks for confirmation of every charge."
    )
    confirmed_from_seats: int | None = Field(
        default=None,
        description="From how many seats on the payer's bank asks for confirmation of every charge; null: never, or "
        "not sold by the seat.",
    )


class SeatRange(BaseModel):
    """How many seats a plan is sold with."""

    least: int = Field(description="The fewest seats.")
    most: int = Field(description="The most seats.")


class OfferedPlan(BaseModel):
    """A plan."""

    id: str = Field(description="The value for `plan_id`.")
    name: str = Field(description="The plan's display name.")
    features: list[str] = Field(description="The plan's features, a sentence each.")
    quotas: dict[str, PlanQuota] = Field(
        description="Its quotas by key: `small_messages`, `large_messages`, `image_generation`, `web_searches`, and "
        "where limited `tokens`, `cost`."
    )
    limits: PlanLimits = Field(description="Its limits for documents, storage and API keys.")
    prices: list[PlanPrice] = Field(description="Its prices, rupees first; empty if it is free or not sold here.")
    trial_days: int = Field(description="Days of the free trial; 0 for none.")
    contact_sales: bool = Field(description="Whether it is sold only through sales, not here.")
    seats: SeatRange | None = Field(
        default=None,
        description="How many seats it is sold with; prices, quotas and limits are those of one. Null: for one person, "
        "or agreed with sales.",
    )
    for_teams: bool = Field(default=False, description="Whether only a team can have it.")


class Comparison(BaseModel):
    """One row of the table."""

    key: str | None = Field(
        default=None,
        description="Which of a plan's `quotas` or `limits` the row is about; null for other features.",
    )
    feature: str = Field(description="The feature that is compared.")
    plans: dict[str, str | None] = Field(description="The value for each plan, by the plan's id; null: not included.")


class PlanList(BaseModel):
    """All plans."""

    items: list[OfferedPlan] = Field(description="The plans, cheapest first.")
    comparison: list[Comparison] = Field(description="A table of the plans, a row for each feature.")
    tax_inclusive: bool = Field(
        description="Listed prices include GST; otherwise it is added to prices in rupees. Prices in dollars are "
        "untaxed."
    )
    currency: Currency | None = Field(
        default=None,
        description="The currency to show first, by the country of the request, or else of its network; null if both "
        "are unknown.",
    )


def offered_plans(sold: list[Price], country: str | None = None) -> PlanList:
    """Returns every plan with its prices of `sold`, and the comparison. `country`: where the visitor is, as
    `oneai/countries.py` writes it; None if that is unknown."""
    plans = listed_plans()
    return PlanList(
        currency=prices.shown_first(country, {each.currency for each in sold}),
        items=[_offered(plan, sold) for plan in plans],
        comparison=[*_by_numbers(plans), *_by_features(plans)],
        tax_inclusive=prices.tax_inclusive(),
    )


def offered_plan(id: str, sold: list[Price]) -> OfferedPlan:
    """Returns one plan with its prices of `sold`. Raises NotFound."""
    if id not in PLANS or not PLANS[id].listed:
        raise NotFound
    return _offered(PLANS[id], sold)


def bank_confirmation(price: Price, seats: int = 1) -> str | None:
    """A sentence for the payer, if their bank requires a confirmation of each charge for this number of seats."""
    return BANK_CONFIRMS if price.confirmed_each_time(seats) else None


def _offered(plan: Plan, all_prices: list[Price]) -> OfferedPlan:
    sold = [price for price in all_prices if price.tier == plan.tier]
    return OfferedPlan(
        id=plan.tier,
        name=plan.name,
        features=[*plan.features, *_daily_ceiling(plan)],
        quotas={
            key: PlanQuota(limit=quota.limit, frequency=quota.frequency)
            for key, quota in [*plan.quotas.items(), *plan.budgets.items()]
        },
        limits=PlanLimits(document_pages=plan.document_pages, storage_bytes=plan.storage_bytes, api_keys=MAX_API_KEYS),
        prices=[
            PlanPrice(
                payment_provider=price.payment_provider,
                provider_terms=terms_of(price.payment_provider),
                currency=price.currency,
                period=price.period,
                amount=price.listed,
                charged_amount=price.amount,
                bank_confirmation=bank_confirmation(price),
                confirmed_from_seats=price.confirmed_from_seats if plan.per_seat else None,
            )
            for price in sold
        ],
        trial_days=prices.trial_days(plan.tier) if sold else 0,
        contact_sales=not plan.free and not sold,
        seats=SeatRange(least=MIN_SEATS, most=MAX_SEATS) if plan.per_seat else None,
        for_teams=plan.kinds == ("team",),
    )


def _daily_ceiling(plan: Plan) -> list[str]:
    """The daily ceiling in words; empty if the operator sets no limit."""
    dollars = _dollars(plan)
    return [] if dollars is None else [f"Answers worth up to {dollars} a day, at their models' prices"]


def _dollars(plan: Plan) -> str | None:
    ceiling = daily_ceiling(plan)
    return None if ceiling is None else f"${ceiling / PER_MILLION:,.2f}"


def _by_numbers(plans: list[Plan]) -> list[Comparison]:
    quotas = {plan.tier: {**plan.quotas, **plan.budgets} for plan in plans}
    keys = dict.fromkeys(key for plan in plans for key in quotas[plan.tier])
    rows = [
        Comparison(
            key=key,
            feature=NAMES.get(key, key),
            plans={
                tier: f"{found[key].limit:,} {EACH[found[key].frequency]}" if key in found else None
                for tier, found in quotas.items()
            },
        )
        for key in keys
    ]
    tokens = {
        "Longest question a model reads": [plan.input_tokens for plan in plans],
        "Longest answer": [plan.answer_tokens for plan in plans],
    }
    ceilings = {plan.tier: _dollars(plan) for plan in plans}
    return [
        *rows,
        Comparison(feature="Models", plans={plan.tier: _models(plan) for plan in plans}),
        *([Comparison(feature=DAILY_CEILING, plans=ceilings)] if any(ceilings.values()) else []),
        *(
            Comparison(
                feature=feature,
                plans={
                    plan.tier: "as much as the model can" if most is None else f"{most:,} tokens"
                    for plan, most in zip(plans, limits, strict=True)
                },
            )
            for feature, limits in tokens.items()
        ),
        Comparison(
            key="storage_bytes",
            feature="Storage for chats, prompts, files and documents",
            plans={plan.tier: f"{plan.storage_bytes // MEGABYTE:,} MB" for plan in plans},
        ),
        Comparison(
            key="document_pages",
            feature="Document pages",
            plans={plan.tier: f"{plan.document_pages:,} a month" for plan in plans},
        ),
        Comparison(key="api_keys", feature="API keys", plans={plan.tier: f"{MAX_API_KEYS:,}" for plan in plans}),
    ]


def _models(plan: Plan) -> str:
    """The models of a plan: those up to a price per written token."""
    if plan.completion_ceiling is None:
        return "all models"
    return f"up to ${plan.completion_ceiling.normalize():f} per million tokens written"


def _by_features(plans: list[Plan]) -> list[Comparison]:
    features = dict.fromkeys(feature for plan in plans for feature in plan.features)
    return [
        Comparison(feature=feature, plans={plan.tier: "yes" if feature in plan.features else None for plan in plans})
        for feature in features
    ]
