"""The figures of the business at a glance, each with its change against the days before."""

import pytest

from oneai import analytics
from tests.admin.staff import make_staff
from tests.wire import Wire
from tests.world import World

ROLL_UP = "select oneai.roll_up_usage(1000), oneai.roll_up_users(1000), oneai.roll_up_revenue(1000)"


def use(world: World, who: str, days_ago: int, *, cost: int, outcome: str = "complete", first_ms: int = 500) -> None:
    """An answer that `who` got."""
    world.database.rows(
        """
        insert into oneai.usage_events (created_at, workspace_id, user_id, message_id, purpose, outcome,
          subscription_tier, model_asked, cost_micro_usd, price_version, first_token_ms)
        values (oneai.now() - make_interval(days => %s), %s, %s, gen_random_uuid(), 'answer', %s, 'free', 'local/echo',
          %s, 'test', %s)
        """,
        days_ago,
        world.people[who],
        world.people[who],
        outcome,
        cost,
        first_ms,
    )


def pay(world: World, who: str, days_ago: int, amount: int, currency: str = "INR") -> str:
    """A captured payment; its id."""
    return str(
        world.database.one(
            """
            insert into oneai.payments (workspace_id, payment_provider, provider_payment_id, amount, currency, status,
              captured_at)
            values (%s, 'razorpay', gen_random_uuid()::text, %s, %s, 'captured',
              oneai.now() - make_interval(days => %s)) returning id
            """,
            world.people[who],
            amount,
            currency,
            days_ago,
        )
    )


async def test_each_figure_is_shown_beside_that_of_the_days_before(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)
    use(world, "asha", 1, cost=3_000_000, first_ms=1000)
    use(world, "asha", 2, cost=1_000_000, outcome="failed", first_ms=1000)
    use(world, "ravi", 2, cost=1_000_000, first_ms=1000)
    use(world, "ravi", 9, cost=2_000_000, first_ms=500)
    paid = pay(world, "asha", 1, 85_000)
    pay(world, "ravi", 1, 1_000, "USD")
    pay(world, "ravi", 9, 42_500)
    world.database.rows(
        "insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at) "
        "values (%s, 'razorpay', 'rfnd_1', 17000, 'processed', oneai.now())",
        paid,
    )
    world.database.rows(ROLL_UP)

    answer = await world.get("/admin/overview", admin, days=7)

    assert answer.status_code == 200
    figures = answer.json()
    assert (figures["active_users"]["value"], figures["active_users"]["previous"]) == (2, 1)
    assert figures["answers"] == {"value": 3, "previous": 1, "change": 2, "series": [0, 0, 0, 0, 2, 1, 0]}
    assert figures["active_users"]["series"] == [0, 0, 0, 0, 2, 1, 0]
    assert figures["error_share"]["series"] == [None, None, None, None, 0.5, 0, None]
    assert figures["error_share"]["value"] == pytest.approx(1 / 3, abs=0.0001)
    assert figures["first_token_ms_p50"]["value"] == pytest.approx(1000, rel=0.06)
    assert figures["first_token_ms_p95"]["previous"] == pytest.approx(500, rel=0.06)
    cost = figures["ai_cost_micro_usd"]
    assert (cost["value"], cost["previous"], cost["change"]) == (5_000_000, 2_000_000, 1.5)
    assert cost["series"] == [0, 0, 0, 0, 2_000_000, 3_000_000, 0]
    assert [(each["currency"], each["value"], each["previous"]) for each in figures["net_revenue"]] == [
        ("INR", 68_000, 42_500),
        ("USD", 1_000, 0),
    ]
    assert figures["net_revenue"][0]["series"] == [0, 0, 0, 0, 0, 85_000, -17_000]
    # 680 rupees are 8 dollars at 85 to the dollar, and 425 are 5.
    assert figures["net_revenue_micro_usd"]["value"] == 18_000_000
    assert figures["net_revenue_micro_usd"]["series"][-2:] == [20_000_000, -2_000_000]
    assert figures["margin_micro_usd"]["value"] == 18_000_000 - 5_000_000
    assert figures["margin_micro_usd"]["previous"] == 5_000_000 - 2_000_000
    assert figures["usd_inr"] == 85
    assert figures["new_users"]["value"] == world.database.one("select count(*) from oneai.users")


async def test_a_figure_without_data_is_null(own_world: World) -> None:
    figures = (await own_world.get("/admin/overview", make_staff(own_world), days=1)).json()

    assert figures["error_share"] == {"value": None, "previous": None, "change": None, "series": [None]}
    assert figures["first_token_ms_p50"]["value"] is None
    assert figures["net_revenue"] == []
    assert figures["answers"] == {"value": 0, "previous": 0, "change": None, "series": [0]}


async def test_days_are_in_the_operators_time_zone(own_world: World) -> None:
    figures = (await own_world.get("/admin/overview", make_staff(own_world, "support"))).json()

    assert figures["tz"] == "Asia/Kolkata"
    assert figures["from"].endswith("T18:30:00Z")


@pytest.mark.parametrize("days", ["0", "367", "many", "-1"])
async def test_an_unbounded_number_of_days_is_refused(days: str, shared: World) -> None:
    answer = await shared.get("/admin/overview", make_staff(shared), days=days)

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "days")


async def test_overview_and_reports_have_an_answer_at_once(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)
    await world.ask("Name a city", "asha", model="local/echo")
    pay(world, "asha", 0, 85_000)
    await analytics.roll_up()
    await world.ask("Name another city", "ravi", model="local/echo")
    pay(world, "ravi", 0, 42_500)

    overview = (await world.get("/admin/overview", admin, days=1)).json()
    usage = (await world.get("/admin/analytics/usage", admin)).json()["totals"]
    revenue = (await world.get("/admin/analytics/revenue", admin)).json()["totals"]

    assert (overview["answers"]["value"], overview["active_users"]["value"]) == (2, 2)
    assert (usage["answers"], usage["active_users"]) == (2, 2)
    assert overview["new_users"]["value"] == world.database.one("select count(*) from oneai.users")
    assert overview["net_revenue"][0]["value"] == revenue[0]["net_revenue"] == 127_500
    assert overview["as_of"] is not None


async def test_the_overview_takes_one_round_trip(own_world: World, wire: Wire) -> None:
    admin = make_staff(own_world)
    await own_world.get("/admin/overview", admin)  # opens the connection
    wire.trips.clear()

    assert (await own_world.get("/admin/overview", admin)).status_code == 200

    figures = [trip for trip in wire.trips if "compared_days" in trip]
    # The other one is for the role of who asks.
    assert (len(figures), len(wire.trips)) == (1, 2)


async def test_a_year_has_a_course_of_whole_weeks(own_world: World) -> None:
    use(own_world, "asha", 0, cost=1)
    use(own_world, "asha", 6, cost=2)
    use(own_world, "asha", 7, cost=4)
    use(own_world, "asha", 364, cost=8)

    figures = (await own_world.get("/admin/overview", make_staff(own_world), days=365)).json()

    cost = figures["ai_cost_micro_usd"]
    assert (figures["step_days"], len(cost["series"])) == (7, 52)
    assert (cost["value"], cost["series"][-3:], cost["series"][0]) == (15, [0, 4, 3], 0)
    assert figures["active_users"]["series"][-2:] == [1, 1]
