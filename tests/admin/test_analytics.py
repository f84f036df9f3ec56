"""The figures of the business over HTTP: for admins and support, as JSON and as CSV."""

import csv
import io

import pytest

from tests.admin.staff import make_staff
from tests.admin.test_overview import ROLL_UP, pay, use
from tests.world import World

REPORTS = ("usage", "revenue", "cost", "performance")


async def test_support_reads_the_figures_of_a_month(own_world: World) -> None:
    world, who = own_world, make_staff(own_world, "support")
    use(world, "asha", 1, cost=3_000_000)
    use(world, "ravi", 2, cost=1_000_000, outcome="failed")
    pay(world, "asha", 1, 85_000)
    world.database.rows(ROLL_UP)

    usage, revenue, cost, performance = [
        (await world.get(f"/admin/analytics/{report}", who)).json() for report in REPORTS
    ]

    assert (usage["totals"]["answers"], usage["totals"]["active_users"], len(usage["items"])) == (2, 2, 30)
    assert usage["totals"]["new_users"] == world.database.one("select count(*) from oneai.users")
    assert [(each["currency"], each["net_revenue"]) for each in revenue["totals"]] == [("INR", 85_000)]
    assert cost["totals"]["margin_micro_usd"] == 10_000_000 - 4_000_000
    assert performance["totals"]["error_share"] == 0.5
    overview = (await world.get("/admin/overview", who, days=30)).json()
    of_overview = [(each["currency"], each["value"]) for each in overview["net_revenue"]]
    assert of_overview == [(each["currency"], each["net_revenue"]) for each in revenue["totals"]]
    assert overview["margin_micro_usd"]["value"] == cost["totals"]["margin_micro_usd"]
    assert {each["tz"] for each in (usage, revenue, cost, performance)} == {"Asia/Kolkata"}
    assert all(each["next_cursor"] is None for each in (usage, revenue, cost, performance))


@pytest.mark.parametrize("report", REPORTS)
async def test_the_csv_has_the_figures_of_the_page(shared: World, report: str) -> None:
    who = make_staff(shared)
    params = {"group_by": "day", "from": "2026-11-01", "to": "2026-11-03"}

    items = (await shared.get(f"/admin/analytics/{report}", who, **params)).json()["items"]
    answer = await shared.get(f"/admin/analytics/{report}", who, **params, format="csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"{report}-by-day-2026-11-01-2026-11-03.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["day"] for row in rows] == [item["day"] for item in items]


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2016-01-01"}, "from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"tz": "UTC"}, "tz"),
        ({"to": "soon"}, "to"),
        ({"group_by": "moon"}, "group_by"),
        ({"format": "pdf"}, "format"),
    ],
)
@pytest.mark.parametrize("report", REPORTS)
async def test_an_invalid_range_or_group_is_refused_by_its_field(
    shared: World, report: str, params: dict[str, str], field: str
) -> None:
    answer = await shared.get(f"/admin/analytics/{report}", make_staff(shared), **params)

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, field)


@pytest.mark.parametrize("report", REPORTS)
async def test_other_users_get_404(shared: World, report: str) -> None:
    assert (await shared.get(f"/admin/analytics/{report}", "ravi", tz="Mars")).status_code == 404
    assert (await shared.get(f"/admin/analytics/{report}", None)).status_code == 401
