"""Reports have what waits for the job: they are the same before its run and after it."""

from typing import Any, LiteralString

import pytest

from oneai import analytics
from oneai.analytics import ReportPeriod
from tests.analytics.business import Business
from tests.analytics.conftest import add_up, period
from tests.world import Database

GROUPS: dict[Any, tuple[str, ...]] = {
    analytics.usage_analytics: ("day", "month", "model", "plan"),
    analytics.revenue_analytics: ("day", "month", "plan"),
    analytics.cost_analytics: ("week", "model", "purpose"),
    analytics.performance_analytics: ("day", "provider", "error"),
}


async def reports(asked: ReportPeriod) -> list[dict[str, Any]]:
    """Every report of the period, without the time at which it was read."""
    found = [await report(asked, group) for report, groups in GROUPS.items() for group in groups]
    found.append(await analytics.overview(asked.days, until=asked.until))
    return [each.model_dump(exclude={"as_of"}) for each in found]


def refund_some(database: Database) -> None:
    """Refunds, loses and ends what the job has counted."""
    statements: tuple[LiteralString, ...] = (
        "insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at) "
        "select id, 'razorpay', 'rfnd_' || id, amount / 2, 'processed', captured_at + interval '1 day' "
        "from oneai.payments where captured_at is not null order by id limit 5",
        "insert into oneai.disputes select id, 'razorpay', 'disp_' || id, 'lost', captured_at + interval '2 days' "
        "from oneai.payments where captured_at is not null order by id desc limit 5",
        "update oneai.subscriptions set status = 'cancelled', cancelled_at = created_at + interval '20 days' "
        "where id in (select id from oneai.subscriptions where status = 'active' order by id limit 5)",
    )
    for statement in statements:
        database.rows(statement)


async def test_no_report_changes_when_the_job_adds_up_what_waits(business: Business) -> None:
    business.sign_up(40)
    business.use(200)
    business.pay(20)
    await add_up()
    # Of the same users, on days between and before those that are counted.
    business.use(200)
    business.pay(20)
    refund_some(business.database)
    asked = period(20, 60)

    before = await reports(asked)
    await add_up()

    assert await reports(asked) == before
    assert any(each["totals"][0]["refunded"] for each in before if isinstance(each.get("totals"), list))


async def test_reports_without_any_run_of_the_job_are_complete(business: Business) -> None:
    business.sign_up(20)
    business.use(100)
    business.pay(10)

    before = await reports(period(0, 69))
    await add_up()

    assert await reports(period(0, 69)) == before
    assert before[-1]["answers"]["value"] > 0


async def test_a_rebuild_of_the_rollups_changes_no_report(business: Business) -> None:
    business.sign_up(10)
    business.use(100)
    await add_up()
    before = await reports(period(0, 69))

    business.database.rows("select oneai.rebuild_rollups()")

    assert await reports(period(0, 69)) == before


@pytest.mark.parametrize("days", [1, 30, 120, 121])
async def test_the_steps_of_a_figure_add_up_to_it(business: Business, days: int) -> None:
    business.sign_up(10)
    business.use(200)
    until = period(0, 69).until

    found = await analytics.overview(days, until=until)

    for figure in (found.answers, found.new_users, found.ai_cost_micro_usd):
        steps = [value for value in figure.series if value is not None]
        assert len(steps) == days // found.step_days
        # The days before the first whole week are in no step.
        whole = await analytics.overview(len(steps) * found.step_days, until=until)
        assert sum(steps) == getattr(whole, next(name for name, each in found if each is figure)).value


async def test_a_report_reads_a_bounded_number_of_waiting_events(business: Business) -> None:
    business.sign_up(1)
    business.use(1)
    far: LiteralString = (
        "insert into oneai.usage_events (id, created_at, workspace_id, user_id, purpose, outcome, subscription_tier, "
        "model_asked, price_version) overriding system value "
        "select id + %s, created_at + interval '1 day', workspace_id, user_id, 'title', outcome, 'free', "
        "'maker/small', 'v1' from oneai.usage_events where purpose <> 'title'"
    )
    business.database.rows("update oneai.usage_events set purpose = 'answer'")
    business.database.rows(far, 99_999)
    complete = await analytics.cost_analytics(period(0, 69))
    business.database.rows("delete from oneai.usage_events where purpose = 'title'")
    business.database.rows(far, 100_000)

    partial = await analytics.cost_analytics(period(0, 69))

    assert (complete.totals.requests, partial.totals.requests) == (2, 1)
    next_at = business.database.one("select created_at from oneai.usage_events where purpose = 'title'")
    assert partial.as_of == next_at < complete.as_of
    assert (await analytics.overview(70, until=period(0, 69).until)).as_of == next_at
