"""The month's report: mailed to operators once, in the first days of the next month of their time zone."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from oneai import analytics, settings
from oneai.analytics import report_csv
from oneai.analytics.monthly_report import business_report, due_month
from oneai.analytics.usage import UsageAnalyticsItem
from oneai.notifications import compose
from oneai.notifications.locales.en_operators import write
from oneai.notifications.operator_payloads import BusinessReport
from tests.analytics.business import FIRST, INDIA, Business
from tests.analytics.conftest import add_up, period
from tests.credits.account import Credits
from tests.database.billing_rows import move_to

pytestmark = pytest.mark.sampled(0.5)

# The first of September in India.
NEXT_MONTH = datetime(2026, 9, 1, tzinfo=INDIA)
FIRST_MORNING = datetime(2026, 8, 1, 10, tzinfo=INDIA)
SENDER = compose.Sender("OneAI", "https://oneai.example", "oneai@mail.example", "https://api.oneai.example")


@pytest.fixture
async def august(business: Business, monkeypatch: pytest.MonkeyPatch) -> Business:
    """A business whose operators have an address, on the first of September at ten in the morning."""
    monkeypatch.setenv("OPERATOR_EMAIL", "operator@mail.example")
    settings.reset_cache()
    business.sign_up(10)
    business.use(150)
    business.pay(8)
    move_to(business.database, NEXT_MONTH + timedelta(hours=10))
    await add_up()
    return business


async def test_the_report_is_enqueued_once_with_the_figures_of_the_pages(august: Business) -> None:
    assert [await analytics.enqueue_report() for _ in range(3)] == [1, 0, 0]

    ((user, cause, data),) = august.database.rows(
        "select user_id, cause_key, data from oneai.outbox where kind = 'business_report'"
    )
    assert (user, cause) == (None, "2026-08")
    month = period(0, 30)
    overview, revenue = (
        await analytics.overview(month.days, until=month.until),
        await analytics.revenue_analytics(month),
    )
    figures = {each["name"]: each["value"] for each in data["figures"]}
    assert month.since == FIRST
    assert figures["answers"] == overview.answers.value
    assert figures["margin_micro_usd"] == overview.margin_micro_usd.value
    assert [each["mrr"] for each in data["currencies"]] == [each.mrr for each in revenue.totals]
    letter = compose.write_email("business_report", data, name=None, language="en", sender=SENDER, token="")
    assert letter.subject == "[OneAI] The business in August 2026"
    details = dict(letter.details)
    assert details["Answers"].startswith(f"{overview.answers.value:,.0f}")
    assert [each["net_revenue"] for each in data["providers"]] == [each.net_revenue for each in revenue.providers]
    assert {f"{each.payment_provider}, {each.currency}" for each in revenue.providers} <= details.keys()
    assert revenue.providers
    assert {"Net revenue, INR", "Customers, INR", "Errors", "First token, median"} <= details.keys()


def test_the_report_says_what_a_provider_kept_as_far_as_it_is_known() -> None:
    taken = {"payment_provider": "stripe", "currency": "USD", "payments": 40, "net_revenue": 39_960, "fees": 1_900}
    kept = {
        known: write(BusinessReport("2026-08", [], [], [], [taken | {"payments_with_fee": known}]), "OneAI").details
        for known in (0, 30, 40)
    }
    assert kept == {
        0: (("stripe, USD", "$399.60 in 40 payments, fees unknown"),),
        30: (("stripe, USD", "$399.60 in 40 payments, fees $19.00 of 30 of them"),),
        40: (("stripe, USD", "$399.60 in 40 payments, fees $19.00"),),
    }


async def test_the_report_has_what_was_bought_used_and_lost_of_credits(business: Business) -> None:
    account = Credits(business.database)
    move_to(business.database, FIRST_MORNING)
    account.grant(10_000, days=10)
    account.settle(account.hold(3_000), 2_500)
    move_to(business.database, FIRST_MORNING + timedelta(days=20))
    account.grant(4_000)
    move_to(business.database, NEXT_MONTH + timedelta(hours=10))
    account.grant(500)
    month = due_month(NEXT_MONTH + timedelta(hours=10))
    assert month is not None

    figures = {each["name"]: each["value"] for each in (await business_report(month)).figures}

    sums = [figures[f"credits_{name}_micro_usd"] for name in ("sold", "used", "expired", "left")]
    assert sums == [14_000, 2_500, 7_500, 4_000]


async def test_no_report_is_enqueued_without_an_address(august: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_EMAIL", "")
    settings.reset_cache()

    assert await analytics.enqueue_report() == 0


@pytest.mark.parametrize(
    ("hours", "due"), [(-1, None), (5, None), (6, "2026-08-01"), (24 * 7 - 1, "2026-08-01"), (24 * 7, None)]
)
def test_the_report_is_due_from_the_first_morning_to_the_end_of_the_first_week(hours: int, due: str | None) -> None:
    month = due_month(NEXT_MONTH + timedelta(hours=hours))

    assert (month and month.since.isoformat()) == due


async def test_the_csv_has_the_items_with_their_names_first(august: Business, tmp_path: Path) -> None:
    report = await analytics.usage_analytics(period(0, 30), "model")

    text = report_csv(UsageAnalyticsItem, report.items, "model")

    lines = text.split("\r\n")
    assert lines[0].startswith("model,answers,")
    assert "active_users" not in lines[0]
    assert len(lines) == len(report.items) + 2
    assert lines[1].startswith(f"{report.items[0].model},{report.items[0].answers},")


def test_a_cell_of_user_text_is_never_a_formula() -> None:
    item = UsageAnalyticsItem.model_validate(
        {name: 0 for name, field in UsageAnalyticsItem.model_fields.items() if field.is_required()}
        | {"model": "=cmd()"}
    )

    assert report_csv(UsageAnalyticsItem, [item], "model").splitlines()[1].startswith("'=cmd(),0")
    assert json.loads(item.model_dump_json())["model"] == "=cmd()"
