"""The tiers as they are stated: the same in Python and SQL, with exact boundaries."""

from decimal import Decimal
from typing import Any

import pytest

from oneai.clients.openrouter import models
from oneai.models import Model
from oneai.plans import PLANS
from oneai.plans.model_quota import quota_key
from oneai.plans.model_terms import terms_for
from tests.world import Database


def model(prompt: str | None = "0.0000002", completion: str | None = "0.0000008", **fields: Any) -> Model:
    """A model of the catalogue, as OpenRouter would list it; prices in USD per token."""
    prices = {"prompt": prompt, "completion": completion, **fields.pop("pricing", {})}
    entry = {
        "id": "some/model",
        "context_length": 100_000,
        "pricing": {name: price for name, price in prices.items() if price is not None},
        "architecture": {"output_modalities": fields.pop("writes", ["text"])},
        **fields,
    }
    return models.parse_model(entry)


def test_a_plan_is_named_after_its_tier() -> None:
    assert [plan.name for plan in PLANS.values()] == [tier.capitalize() for tier in PLANS]


def test_the_tiers_have_their_published_quotas() -> None:
    assert {
        tier: {key: (quota.limit, quota.frequency) for key, quota in plan.quotas.items()}
        for tier, plan in PLANS.items()
    } == {
        "free": {
            "small_messages": (100, "monthly"),
            "large_messages": (20, "monthly"),
            "image_generation": (5, "3hour"),
            "web_searches": (10, "monthly"),
        },
        "none": {
            "small_messages": (0, "monthly"),
            "large_messages": (0, "monthly"),
            "image_generation": (0, "3hour"),
            "web_searches": (0, "monthly"),
        },
        "pro": {
            "small_messages": (500, "monthly"),
            "large_messages": (100, "monthly"),
            "image_generation": (10, "3hour"),
            "web_searches": (150, "monthly"),
        },
        "team": {
            "small_messages": (500, "monthly"),
            "large_messages": (100, "monthly"),
            "image_generation": (10, "3hour"),
            "web_searches": (150, "monthly"),
        },
        "enterprise": {
            "small_messages": (5000, "monthly"),
            "large_messages": (1000, "monthly"),
            "image_generation": (100, "3hour"),
            "web_searches": (1500, "monthly"),
        },
    }


def test_a_sign_up_gets_the_quotas_of_the_catalogue(database: Database) -> None:
    stated = {
        (tier, key, quota.limit, quota.frequency, quota.grace)
        for tier, plan in PLANS.items()
        for key, quota in [*plan.quotas.items(), *plan.budgets.items()]
    }

    found = database.rows("select tier, quota_key, quota_limit, reset_frequency, grace_units from oneai.plan_quotas")
    assert set(found) == stated


def test_the_storage_of_each_tier_is_that_of_the_catalogue(database: Database) -> None:
    stated = {plan.tier: plan.storage_bytes for plan in PLANS.values()}

    assert stated == {
        "free": 200_000_000,
        "none": 20_000_000,
        "pro": 5_000_000_000,
        "team": 5_000_000_000,
        "enterprise": 50_000_000_000,
    }
    assert dict(database.rows("select tier, limit_bytes from oneai.plan_storage")) == stated


def test_the_pages_of_each_tier_are_those_of_the_catalogue(database: Database) -> None:
    stated = {plan.tier: plan.document_pages for plan in PLANS.values()}

    assert stated == {"free": 100, "none": 0, "pro": 5_000, "team": 5_000, "enterprise": 50_000}
    assert dict(database.rows("select tier, pages_per_month from oneai.plan_document_pages")) == stated


@pytest.mark.parametrize(
    ("prompt", "completion", "key"),
    [
        ("0", "0", "small_messages"),
        ("0.000001", "0.000005", "small_messages"),
        ("0.0000010000000001", "0.000005", "large_messages"),
        ("0.000001", "0.0000050000000001", "large_messages"),
        ("1e-6", "5E-6", "small_messages"),
        ("0.001", "0", "large_messages"),
        ("-1", "-1", "large_messages"),
        (None, "0", "large_messages"),
        ("0", None, "large_messages"),
        ("free", "0", "large_messages"),
    ],
)
def test_the_quota_of_an_answer_depends_on_the_exact_price(
    prompt: str | None, completion: str | None, key: str
) -> None:
    assert quota_key(model(prompt, completion)) == key


def test_a_model_that_can_generate_images_counts_as_an_image_model() -> None:
    assert quota_key(model(writes=["text", "image"])) == "image_generation"
    assert quota_key(model("1", "1", writes=["image"])) == "image_generation"


@pytest.mark.parametrize(
    ("tier", "per_million", "allowed"),
    [
        ("free", "20", True),
        ("free", "20.000001", False),
        ("pro", "80", True),
        ("pro", "80.000001", False),
        ("enterprise", "600", True),
        ("enterprise", "1000000", True),
    ],
)
def test_a_plan_has_a_maximum_price_for_models(tier: str, per_million: str, allowed: bool) -> None:
    price = f"{Decimal(per_million) / 1_000_000:f}"

    assert (terms_for(PLANS[tier], [model("0.001", price)]).refusal is None) == allowed


def test_an_unknown_price_fits_only_a_plan_without_a_maximum() -> None:
    refusals = {tier: terms_for(plan, [model("-1", "-1")]).refusal for tier, plan in PLANS.items()}

    assert refusals == {
        "free": "model_not_in_plan",
        "none": "model_not_in_plan",
        "pro": "model_not_in_plan",
        "team": "model_not_in_plan",
        "enterprise": None,
    }


def test_the_most_expensive_price_tier_counts() -> None:
    tiered = model("0.000001", "0.00001", pricing={"overrides": [{"min_prompt_tokens": 9, "completion": "0.0000201"}]})

    assert tiered.pricing == "tiered"
    assert terms_for(PLANS["free"], [tiered]).refusal == "model_not_in_plan"
    assert terms_for(PLANS["pro"], [tiered]).completion_micro_usd_per_token == Decimal("20.1")


@pytest.mark.parametrize(
    ("tier", "context", "most", "answer", "read"),
    [
        ("free", 1_000_000, 64_000, 4000, 16_000),
        ("pro", 1_000_000, 64_000, 16_000, 128_000),
        ("enterprise", 1_000_000, 64_000, 64_000, 936_000),
        ("free", 8192, None, 4000, 4192),
        ("enterprise", 8192, None, 4096, 4096),
        ("enterprise", 200_000, None, 16_000, 184_000),
        # A model that could fill its whole context with an answer still has to read the question.
        ("enterprise", 100_000, 100_000, 50_000, 50_000),
        ("free", 2048, 2048, 1024, 1024),
    ],
)
def test_limits_are_the_smaller_of_the_plans_and_the_models(
    tier: str, context: int, most: int | None, answer: int, read: int
) -> None:
    terms = terms_for(
        PLANS[tier],
        [model(context_length=context, top_provider={"context_length": context, "max_completion_tokens": most})],
    )

    assert (terms.answer_tokens, terms.input_tokens) == (answer, read)


def test_fallbacks_lower_the_limits_to_the_smallest_and_raise_prices_to_the_highest() -> None:
    small = model("0.0000001", "0.000003", context_length=8192)
    large = model("0.000003", "0.000002", context_length=200_000)

    terms = terms_for(PLANS["enterprise"], [large, small])

    assert terms.quota_key == "large_messages"
    assert (terms.answer_tokens, terms.input_tokens) == (4096, 4096)
    assert terms.prompt_micro_usd_per_token == terms.completion_micro_usd_per_token == Decimal(3)
