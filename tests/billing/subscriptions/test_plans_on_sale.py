"""The plans on sale, their prices from the operator's list, and invalid settings."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from local.data_folder import REPOSITORY
from oneai import settings
from oneai.billing.facts import Currency
from oneai.billing.subscriptions import plan_list, prices
from oneai.billing.subscriptions.price_list import ListedPrice
from oneai.billing.subscriptions.prices import Price
from oneai.billing_errors import ContactSales
from oneai.errors import InvalidRequest
from oneai.plans.limits_and_prices import MAX_API_KEYS, PLANS, ladder
from oneai.settings import SettingsError

type Operator = Callable[..., None]


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """Sets what an operator sets."""

    def sets(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name.upper(), value)
        settings.reset_cache()

    sets(razorpay_offers="", trial_days="", prices_include_tax="")
    yield sets
    monkeypatch.undo()
    settings.reset_cache()


def listed(key: str, amount: int, plan_ref: str | None = "plan_x", charge: int | None = None) -> ListedPrice:
    """A row of the price list. The charge of its plan at the provider is the listed price unless stated."""
    tier, period, currency = key.split(".")
    return ListedPrice("razorpay", tier, period, currency, amount, plan_ref, charge or amount)


def sold(*rows: ListedPrice) -> list[Price]:
    """The prices at Razorpay with these rows in the price list."""
    return prices.on_sale(rows, prices.at("razorpay"))


def offered(*rows: ListedPrice) -> plan_list.PlanList:
    """The plans as people see them, with these rows in the price list."""
    return plan_list.offered_plans(sold(*rows))


def amounts(tier: str, *rows: ListedPrice) -> dict[str, tuple[int, int]]:
    """Listed and charged amounts of a plan as people see them."""
    plan = plan_list.offered_plan(tier, sold(*rows))
    return {f"{each.period} {each.currency}": (each.amount, each.charged_amount) for each in plan.prices}


def test_pro_has_a_price_in_rupees_first_and_in_dollars(operator: Operator) -> None:
    assert list(amounts("pro").items()) == [
        ("monthly INR", (79900, 79900)),
        ("yearly INR", (799000, 799000)),
        ("monthly USD", (999, 999)),
        ("yearly USD", (9990, 9990)),
    ]


def test_free_costs_nothing_and_enterprise_is_sold_by_contact(operator: Operator) -> None:
    found = {plan.id: (plan.prices, plan.contact_sales, plan.trial_days) for plan in offered().items}

    assert found["free"] == ([], False, 0)
    assert found["enterprise"] == ([], True, 0)


def test_an_operator_sets_the_prices_of_plans(operator: Operator) -> None:
    operator(trial_days="pro=7")
    rows = [
        *(listed("pro.monthly.INR", 50_000), listed("pro.yearly.USD", 0), listed("enterprise.yearly.INR", 2_000_000)),
        *(listed("gold.monthly.INR", 1), replace(listed("pro.monthly.INR", 7), provider="another")),
    ]

    assert amounts("pro", *rows) == {
        "monthly INR": (50000, 50000),
        "yearly INR": (799000, 799000),
        "monthly USD": (999, 999),
    }
    assert amounts("enterprise", *rows) == {"yearly INR": (2000000, 2000000)}
    assert prices.find(sold(*rows), "pro", "monthly", "INR").plan_ref == "plan_x"
    assert plan_list.offered_plan("pro", sold(*rows)).trial_days == 7


def test_a_provider_plan_of_another_charge_is_not_used(operator: Operator) -> None:
    row = listed("pro.monthly.INR", 79_900, charge=94_282)

    (price,) = (each for each in sold(row) if each.key == "pro.monthly.INR")

    assert (price.amount, price.plan_ref) == (79_900, None)


@pytest.mark.parametrize(("rate", "charged"), [("", 94282), ("18", 94282), ("5", 83895), ("0", 79900), ("12.5", 89888)])
def test_tax_is_added_to_rupees_only_if_prices_exclude_it(rate: str, charged: int, operator: Operator) -> None:
    operator(prices_include_tax="false", gst_rate_percent=rate, seller_gstin="29ABCDE1234F1ZW")

    assert amounts("pro")["monthly INR"] == (79900, charged)
    assert amounts("pro")["monthly USD"] == (999, 999)
    assert not offered().tax_inclusive


def test_an_unregistered_seller_adds_no_tax(operator: Operator) -> None:
    operator(prices_include_tax="false", gst_rate_percent="18", seller_gstin="")

    assert amounts("pro")["monthly INR"] == (79900, 79900)


def test_only_charges_above_15000_rupees_are_confirmed_each_time(operator: Operator) -> None:
    rows = [
        listed(f"enterprise.{key}", amount)
        for key, amount in {"monthly.INR": 1_500_000, "yearly.INR": 1_500_001, "yearly.USD": 9_999_999}.items()
    ]

    (enterprise,) = (plan for plan in offered(*rows).items if plan.id == "enterprise")
    said = {f"{each.period} {each.currency}": each.bank_confirmation for each in enterprise.prices}
    assert said.pop("yearly INR") == "Your bank will ask you to confirm each charge, because it is above ₹15,000."
    assert set(said.values()) == {None}
    team = next(plan for plan in offered().items if plan.id == "team")
    seats = {f"{each.period} {each.currency}": each.confirmed_from_seats for each in team.prices}
    assert seats == {"monthly INR": 22, "yearly INR": 3, "monthly USD": None, "yearly USD": None}


def test_every_plan_is_in_every_row_of_the_comparison(operator: Operator) -> None:
    found = offered()

    assert all(set(row.plans) == {"free", "pro", "team", "enterprise"} for row in found.comparison)
    rows = {row.feature: row.plans for row in found.comparison}
    assert rows["Answers from large models"] == {
        "free": "20 a month",
        "pro": "100 a month",
        "team": "100 a month",
        "enterprise": "1,000 a month",
    }
    assert rows["Longest question a model reads"]["enterprise"] == "as much as the model can"
    assert {feature for plan in found.items for feature in plan.features} <= set(rows)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("gold", "monthly", "INR"), "plan_id"),
        (("free", "monthly", "INR"), "plan_id"),
        (("pro", "weekly", "INR"), "period"),
        (("pro", "monthly", "EUR"), "currency"),
    ],
)
def test_a_plan_that_is_not_sold_is_named(asked: tuple[str, str, str], field: str, operator: Operator) -> None:
    with pytest.raises(InvalidRequest) as refused:
        prices.find(sold(), *asked)

    assert [each["field"] for each in refused.value.extra["details"]] == [field]


def test_a_plan_without_a_price_is_sold_by_contact(operator: Operator) -> None:
    with pytest.raises(ContactSales):
        prices.find(sold(), "enterprise", "monthly", "INR")


def test_an_invalid_length_of_a_trial_is_refused_by_name(operator: Operator) -> None:
    for wrong in ("pro", "pro=a week", "pro=-5"):
        operator(trial_days=wrong)
        with pytest.raises(SettingsError, match="TRIAL_DAYS"):
            offered()


def test_no_plan_lacks_a_feature_of_a_smaller_one() -> None:
    for row in offered().comparison:
        has = [row.plans[tier] is not None for tier in ("free", "pro", "enterprise")]
        assert has == sorted(has), row.feature


def test_the_models_of_a_plan_are_described_by_their_price() -> None:
    (models,) = (row.plans for row in offered().comparison if row.feature == "Models")
    assert models == {
        "free": "up to $20 per million tokens written",
        "pro": "up to $80 per million tokens written",
        "team": "up to $80 per million tokens written",
        "enterprise": "all models",
    }


def test_the_stated_limits_of_documents_storage_and_keys_are_enforced(operator: Operator) -> None:
    found = offered()
    for plan in found.items:
        sold = PLANS[plan.id]
        assert (plan.limits.document_pages, plan.limits.storage_bytes) == (sold.document_pages, sold.storage_bytes)
        assert plan.limits.api_keys == MAX_API_KEYS
    rows = {row.feature: row.plans for row in found.comparison}
    assert rows["Document pages"]["pro"] == "5,000 a month"
    assert rows["Storage for chats, prompts, files and documents"]["pro"] == "5,000 MB"
    assert rows["API keys"]["free"] == "100"


def test_the_guide_has_the_limits_of_every_plan() -> None:
    table = [line for line in (REPOSITORY / "docs/guide/plans.md").read_text().splitlines() if line.startswith("| ")]
    rows = {name.strip(): cells for _, name, *cells, _ in (line.split("|") for line in table)}
    pages = [f"{plan.document_pages:,}" for plan in ladder("personal")]
    assert [each.strip() for each in rows["document pages a month"]] == pages
    assert {each.strip() for each in rows["API keys"]} == {str(MAX_API_KEYS)}
    sizes = [
        int(size) * {"MB": 10**6, "GB": 10**9}[unit]
        for size, unit in map(str.split, rows["storage for chats, prompts, files and documents"])
    ]
    assert sizes == [plan.storage_bytes for plan in ladder("personal")]


@pytest.mark.parametrize(
    ("amount", "currency", "confirmed"),
    [(15_000_00, "INR", False), (15_000_01, "INR", True), (15_000_01, "USD", False)],
)
def test_a_bank_asks_about_each_charge_above_fifteen_thousand_rupees(
    amount: int, currency: Currency, confirmed: bool
) -> None:
    assert Price("razorpay", "pro", "yearly", currency, amount, None, amount).confirmed_each_time() is confirmed
