"""The plans on sale, their prices from the operator's settings, and invalid settings."""

from collections.abc import Callable, Iterator

import pytest

from local.data_folder import REPOSITORY
from oneai import settings
from oneai.billing.facts import Currency
from oneai.billing.subscriptions import plan_list, prices
from oneai.billing.subscriptions.prices import Price
from oneai.errors import ContactSales, InvalidRequest
from oneai.plans.limits_and_prices import MAX_API_KEYS, PLANS
from oneai.settings import SettingsError

type Operator = Callable[..., None]


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """Sets what an operator sets."""

    def sets(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name.upper(), value)
        settings.reset_cache()

    sets(plan_prices="", razorpay_plans="", razorpay_offers="", trial_days="", prices_include_tax="")
    yield sets
    monkeypatch.undo()
    settings.reset_cache()


def amounts(tier: str) -> dict[str, tuple[int, int]]:
    """Listed and charged amounts of a plan as people see them."""
    plan = plan_list.offered_plan(tier)
    return {f"{each.period} {each.currency}": (each.amount, each.charged_amount) for each in plan.prices}


def test_pro_has_a_price_in_rupees_first_and_in_dollars(operator: Operator) -> None:
    assert list(amounts("pro").items()) == [
        ("monthly INR", (79900, 79900)),
        ("yearly INR", (799000, 799000)),
        ("monthly USD", (999, 999)),
        ("yearly USD", (9990, 9990)),
    ]


def test_free_costs_nothing_and_enterprise_is_sold_by_contact(operator: Operator) -> None:
    found = {plan.id: (plan.prices, plan.contact_sales, plan.trial_days) for plan in plan_list.offered_plans().items}

    assert found["free"] == ([], False, 0)
    assert found["enterprise"] == ([], True, 0)


def test_an_operator_sets_the_prices_of_plans(operator: Operator) -> None:
    operator(
        plan_prices="pro.monthly.INR=50000, pro.yearly.USD=0, enterprise.yearly.INR=2000000",
        razorpay_plans="pro.monthly.INR=plan_x",
        trial_days="pro=7",
    )

    assert amounts("pro") == {
        "monthly INR": (50000, 50000),
        "yearly INR": (799000, 799000),
        "monthly USD": (999, 999),
    }
    assert amounts("enterprise") == {"yearly INR": (2000000, 2000000)}
    assert prices.price("pro", "monthly", "INR").plan_ref == "plan_x"
    assert plan_list.offered_plan("pro").trial_days == 7


@pytest.mark.parametrize(("rate", "charged"), [("", 94282), ("18", 94282), ("5", 83895), ("0", 79900), ("12.5", 89888)])
def test_tax_is_added_to_rupees_only_if_prices_exclude_it(rate: str, charged: int, operator: Operator) -> None:
    operator(prices_include_tax="false", gst_rate_percent=rate, seller_gstin="29ABCDE1234F1ZW")

    assert amounts("pro")["monthly INR"] == (79900, charged)
    assert amounts("pro")["monthly USD"] == (999, 999)
    assert not plan_list.offered_plans().tax_inclusive


def test_an_unregistered_seller_adds_no_tax(operator: Operator) -> None:
    operator(prices_include_tax="false", gst_rate_percent="18", seller_gstin="")

    assert amounts("pro")["monthly INR"] == (79900, 79900)


def test_only_charges_above_15000_rupees_are_confirmed_each_time(operator: Operator) -> None:
    operator(plan_prices="enterprise.monthly.INR=1500000,enterprise.yearly.INR=1500001,enterprise.yearly.USD=9999999")

    said = {
        f"{each.period} {each.currency}": each.bank_confirmation for each in plan_list.offered_plan("enterprise").prices
    }
    assert said.pop("yearly INR") == "Your bank will ask you to confirm each charge, because it is above ₹15,000."
    assert set(said.values()) == {None}


def test_every_plan_is_in_every_row_of_the_comparison(operator: Operator) -> None:
    found = plan_list.offered_plans()

    assert all(set(row.plans) == {"free", "pro", "enterprise"} for row in found.comparison)
    rows = {row.feature: row.plans for row in found.comparison}
    assert rows["Answers from large models"] == {
        "free": "20 a month",
        "pro": "100 a month",
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
        prices.price(*asked)

    assert [each["field"] for each in refused.value.extra["details"]] == [field]


def test_a_plan_without_a_price_is_sold_by_contact(operator: Operator) -> None:
    with pytest.raises(ContactSales):
        prices.price("enterprise", "monthly", "INR")


@pytest.mark.parametrize(
    "wrong",
    [
        {"plan_prices": "pro.monthly.INR"},
        {"plan_prices": "pro.monthly.INR=free"},
        {"plan_prices": "pro.monthly.INR=-5"},
        {"plan_prices": "free.monthly.INR=100"},
        {"plan_prices": "pro.weekly.INR=100"},
        {"razorpay_plans": "pro.monthly.EUR=plan_x"},
        {"razorpay_plans": "plan_x"},
    ],
    ids=str,
)
def test_invalid_settings_are_refused_by_name(wrong: dict[str, str], operator: Operator) -> None:
    operator(**wrong)

    with pytest.raises(SettingsError, match=next(iter(wrong)).upper()):
        prices.all_prices()


def test_no_plan_lacks_a_feature_of_a_smaller_one() -> None:
    for row in plan_list.offered_plans().comparison:
        has = [row.plans[tier] is not None for tier in ("free", "pro", "enterprise")]
        assert has == sorted(has), row.feature


def test_the_models_of_a_plan_are_described_by_their_price() -> None:
    (models,) = (row.plans for row in plan_list.offered_plans().comparison if row.feature == "Models")
    assert models == {
        "free": "up to $20 per million tokens written",
        "pro": "up to $80 per million tokens written",
        "enterprise": "all models",
    }


def test_the_stated_limits_of_documents_storage_and_keys_are_enforced(operator: Operator) -> None:
    offered = plan_list.offered_plans()
    for plan in offered.items:
        sold = PLANS[plan.id]
        assert (plan.limits.document_pages, plan.limits.storage_bytes) == (sold.document_pages, sold.storage_bytes)
        assert plan.limits.api_keys == MAX_API_KEYS
    rows = {row.feature: row.plans for row in offered.comparison}
    assert rows["Document pages"]["pro"] == "5,000 a month"
    assert rows["Storage for chats, prompts, files and documents"]["pro"] == "5,000 MB"
    assert rows["API keys"]["free"] == "100"


def test_the_guide_has_the_limits_of_every_plan() -> None:
    table = [line for line in (REPOSITORY / "docs/guide/plans.md").read_text().splitlines() if line.startswith("| ")]
    rows = {name.strip(): cells for _, name, *cells, _ in (line.split("|") for line in table)}
    pages = [f"{plan.document_pages:,}" for plan in PLANS.values()]
    assert [each.strip() for each in rows["document pages a month"]] == pages
    assert {each.strip() for each in rows["API keys"]} == {str(MAX_API_KEYS)}
    sizes = [
        int(size) * {"MB": 10**6, "GB": 10**9}[unit]
        for size, unit in map(str.split, rows["storage for chats, prompts, files and documents"])
    ]
    assert sizes == [plan.storage_bytes for plan in PLANS.values()]


@pytest.mark.parametrize(
    ("amount", "currency", "confirmed"),
    [(15_000_00, "INR", False), (15_000_01, "INR", True), (15_000_01, "USD", False)],
)
def test_a_bank_asks_about_each_charge_above_fifteen_thousand_rupees(
    amount: int, currency: Currency, confirmed: bool
) -> None:
    assert Price("pro", "yearly", currency, amount, None, amount).confirmed_each_time is confirmed
