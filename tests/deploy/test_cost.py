"""What a month costs: from stated prices and the template, in a table that adds up."""

import dataclasses
import re
import subprocess
import sys
import tomllib
from datetime import date

import pytest

from deploy import billable, cost, following
from tests.deploy.transformed import REPOSITORY, functions, of_type, source

pytestmark = pytest.mark.exhaustive

PRICES = tomllib.loads(cost.PRICES.read_text())
LIVE = ("web/src/lib/inbox/live.ts", "web/widget/frame/people.ts")
PRESENCE = "web/src/lib/inbox/presence.ts"


@pytest.fixture(scope="module")
def deployed() -> billable.Deployment:
    return billable.deployment()


@pytest.fixture(scope="module")
def managed() -> billable.Deployment:
    return billable.deployment(billable.MANAGED_INSTANCES)


def test_the_prices_have_a_date() -> None:
    assert date(2026, 1, 1) <= date.fromisoformat(PRICES["as_of"])


def test_functions_schedules_and_alarms_are_those_of_the_template(deployed: billable.Deployment) -> None:
    assert deployed.chat_gb == functions()["ChatStreamFunction"]["Properties"]["MemorySize"] / 1024
    alarms = [each for each in of_type("AWS::CloudWatch::Alarm").values() if "Condition" not in each]
    # The eight of the objectives and that of failing answers compare two metrics, all others read one.
    assert deployed.alarm_metrics == len(alarms) + 9
    assert deployed.composite_alarms == len(of_type("AWS::CloudWatch::CompositeAlarm")) == 2
    chosen = {name for name, each in source()["Parameters"].items() if each.get("Default") == "PublishedVersions"}
    published = [
        each["Properties"]["MemorySize"]
        for each in of_type("AWS::Lambda::Function").values()
        if each["Properties"]["SnapStart"]["ApplyOn"] in [{"Ref": name} for name in chosen] and "Condition" not in each
    ]
    assert deployed.snapshots_gb == sum(published) / 1024
    # Three functions run every minute, and others beside them.
    assert 3 * 30 * 1440 < deployed.runs < 5 * 30 * 1440


def test_waiting_for_models_costs_memory_times_seconds_times_price(deployed: billable.Deployment) -> None:
    seconds = PRICES["answer"]["seconds"]

    line = cost.month(1_000_000, PRICES, deployed).lines["Lambda: waiting for models"]

    assert line == pytest.approx(1e6 * seconds * deployed.chat_gb * 0.0000133334 + 0.20)


def test_a_new_environment_pays_for_its_restore_or_for_its_init(deployed: billable.Deployment) -> None:
    with_it = dataclasses.replace(deployed, requests_with_snapshot=1.0)
    started = 6e6 * 0.01 * deployed.request_gb

    plain, restored = (cost.month(1_000_000, PRICES, each).lines for each in (deployed, with_it))

    assert deployed.requests_with_snapshot == 0
    init = started * PRICES["answer"]["init_seconds"] * 0.0000133334
    assert plain["Lambda: other requests"] - restored["Lambda: other requests"] == pytest.approx(init)
    assert restored["Lambda: SnapStart"] - plain["Lambda: SnapStart"] == pytest.approx(started * 0.0001397998)


def test_an_idle_stack_costs_little_more_than_its_database(deployed: billable.Deployment) -> None:
    assert cost.month(0, PRICES, deployed).total - PRICES["supabase"]["plan"] < 15


def test_another_million_answers_costs_less_than_its_target(deployed: billable.Deployment) -> None:
    one, two = (cost.month(answers, PRICES, deployed).total for answers in (1_000_000, 2_000_000))

    assert two - one < 75


def test_api_gateway_becomes_cheaper_by_tier(deployed: billable.Deployment) -> None:
    per_answer = 1 + PRICES["answer"]["other_requests"]

    line = cost.month(100_000_000, PRICES, deployed).lines["API Gateway"]

    assert line == pytest.approx(333 * 3.5 + (100 * per_answer - 333) * 2.8)


def test_no_request_is_free_beyond_the_last_tier(deployed: billable.Deployment) -> None:
    half, whole = (cost.month(answers, PRICES, deployed).lines["API Gateway"] for answers in (10**10, 2 * 10**10))

    per_answer = 1 + PRICES["answer"]["other_requests"]
    assert whole - half == pytest.approx(10_000 * per_answer * 2.38)


def test_an_idle_service_pays_for_no_models_and_no_requests(deployed: billable.Deployment) -> None:
    idle = cost.month(0, PRICES, deployed)

    assert idle.model == 0
    for name in ("Lambda: waiting for models", "Lambda: other requests", "API Gateway", "data out"):
        assert idle.lines[name] == 0
    assert idle.total > PRICES["supabase"]["plan"]


def test_metrics_cost_almost_nothing_when_idle_and_no_more_with_more_answers(
    deployed: billable.Deployment,
) -> None:
    idle, few, many = (cost.month(answers, PRICES, deployed).lines["metrics"] for answers in (0, 10_000, 100_000_000))

    assert idle == PRICES["cloudwatch"]["per_metric"]
    assert idle < few == many < 12


def test_more_answers_cost_more_in_total_and_less_each(deployed: billable.Deployment) -> None:
    months = [cost.month(answers, PRICES, deployed) for answers in cost.VOLUMES[1:]]

    totals = [each.total for each in months]
    assert totals == sorted(totals)
    each_answer = [each.total / each.answers for each in months]
    assert each_answer == sorted(each_answer, reverse=True)


def test_the_dominant_lines_are_the_largest(deployed: billable.Deployment) -> None:
    busy = cost.month(100_000_000, PRICES, deployed)

    names = [name for name, _ in busy.dominating]
    assert names[0] == "Lambda: waiting for models"
    assert busy.lines[names[0]] == max(busy.lines.values())
    assert all(share >= 0.1 for _, share in busy.dominating)


def test_the_database_grows_with_concurrent_answers(deployed: billable.Deployment) -> None:
    databases = [cost.month(answers, PRICES, deployed).compute for answers in (10_000, 20_000_000, 100_000_000, 10**9)]

    assert databases[0] == "a micro database"
    assert databases[1] == "a large database"
    assert "no row of 6,000 clients yet" in databases[2]
    assert "several projects" in databases[3]


def test_three_instances_and_their_nat_are_paid_without_any_answer(managed: billable.Deployment) -> None:
    idle = cost.month(0, PRICES, managed)

    hours = 30 * 24
    assert idle.lines["instances, management fee"] == pytest.approx(3 * hours * 0.06416 * 1.15)
    assert idle.lines["NAT gateways"] == pytest.approx(3 * hours * 0.056)
    assert "Lambda: waiting for models" not in idle.lines
    assert idle.lines["alarms, dashboards"] == pytest.approx(
        cost.month(0, PRICES, billable.deployment()).lines["alarms, dashboards"] + 4 * 0.10
    )


# Nine seconds of an answer compute 0.19 of them, and half of a vCPU is kept free: one carries 23.7.
@pytest.mark.parametrize(("at_once", "count"), [(0, 3), (71, 3), (72, 4), (1000, 43), (2500, 106)])
def test_instances_follow_the_cpu_of_the_busiest_minute(at_once: int, count: int) -> None:
    assert cost.instances(at_once, PRICES, 32) == count


@pytest.mark.parametrize(("at_once", "count"), [(96, 3), (97, 4), (1000, 32)])
def test_instances_follow_the_number_of_answers_if_those_compute_little(at_once: int, count: int) -> None:
    idle = PRICES | {"answer": PRICES["answer"] | {"cpu_seconds": 0.01}}

    assert cost.instances(at_once, idle, 32) == count


def test_an_instance_of_four_vcpus_has_room_for_three_environments() -> None:
    larger = PRICES | {"managed_instances": PRICES["managed_instances"] | {"vcpus": 4}}

    assert cost.instances(1000, larger, 32) == 15


def test_many_answers_in_an_environment_need_a_smaller_database(
    deployed: billable.Deployment, managed: billable.Deployment
) -> None:
    assert managed.answers_at_once(200) == 10 * 32 > 5 * deployed.answers_at_once(200)
    databases = [cost.month(20_000_000, PRICES, each).compute for each in (deployed, managed)]
    assert databases == ["a large database", "a micro database"]


def test_managed_instances_pay_off_from_the_break_even(
    deployed: billable.Deployment, managed: billable.Deployment
) -> None:
    break_even = cost.pays_from(PRICES, deployed, managed)

    assert 500_000 < break_even < 5_000_000
    for a_day, cheaper in ((break_even - 1000, False), (break_even, True), (2 * break_even, True)):
        on_demand, on_instances = (cost.month(a_day * 30, PRICES, each).total for each in (deployed, managed))
        assert (on_instances < on_demand) is cheaper


def test_the_table_shows_every_line_and_the_dominant_ones() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "deploy.cost"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert PRICES["as_of"] in printed[0]
    starts = [number for number, line in enumerate(printed) if line.startswith("ChatCapacity ")]
    assert [printed[start].split()[1] for start in starts] == [billable.ON_DEMAND, billable.MANAGED_INSTANCES]
    check_table(printed[starts[0] + 1 : starts[1] - 1])
    follows = next(number for number, line in enumerate(printed) if line.startswith("One page "))
    check_table(printed[starts[1] + 1 : follows - 1])
    lines = printed[follows + 1 : -2]
    assert [line.split(",")[0].split() for line in lines] == [["every", str(each), "s"] for each in (3, 15, 60, 20)]
    a_day = cost.pays_from(PRICES, billable.deployment(), billable.deployment(billable.MANAGED_INSTANCES))
    assert printed[-1] == f"Managed instances cost less from about {a_day:,} answers a day."


def check_table(printed: list[str]) -> None:
    """A table adds up, says what dominates each column, and fits a screen."""
    assert printed[0].split() == ["idle", "10k", "answers", "1M", "answers", "100M", "answers"]
    columns = [line for line in printed if line.startswith("  ") and line.rstrip()[-1:].isdigit()]
    sums = [float(text.replace(",", "")) for text in next(each for each in columns if "to run it" in each).split()[-4:]]
    apart = ("answers", "to run it", "recovery", "ProviderKeys", "gpt")
    lines = [line for line in columns if not any(word in line for word in apart)]
    for column, total in enumerate(sums):
        added = sum(float(line.split()[column - 4].replace(",", "")) for line in lines)
        assert added == pytest.approx(total, abs=3)
    assert [line.split(":")[0].strip() for line in printed[-4:]] == [
        "idle", "10k answers", "1M answers", "100M answers",
    ]  # fmt: skip
    assert max(map(len, printed[:-4])) <= 110


def test_an_invalid_number_of_answers_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for argument in ("-5", "many"):
        with pytest.raises(SystemExit):
            cost.main(["--", argument])
    assert "no fewer than 0" in capsys.readouterr().err


def test_an_hour_of_following_costs_its_requests_at_the_pauses_of_the_pages(deployed: billable.Deployment) -> None:
    pauses = re.findall(r"\d+_?000", "".join((REPOSITORY / file).read_text() for file in LIVE))
    assert {int(each) // 1000 for each in pauses if int(each) // 1000 <= 60} == {*following.PAUSES.values()}
    gateway = 3600 / 3 * PRICES["api_gateway"]["tiers"][0][1] / 1e6

    often, seldom = (following.an_hour(seconds, PRICES, deployed) for seconds in (3, 15))

    assert gateway < often < 3 * gateway
    assert often == pytest.approx(5 * seldom)
    # A member with a conversation open says so besides.
    assert f"AGAIN = {following.PRESENCE}_000;" in (REPOSITORY / PRESENCE).read_text()
    assert following.an_hour(following.PRESENCE, PRICES, deployed) == pytest.approx(often * 180 / 1200)


def test_keys_of_workspaces_cost_about_a_dollar_a_month() -> None:
    idle, busy = (cost._own_keys(PRICES, answers) for answers in (0, 1_000_000))

    assert idle == 1.0
    assert idle < busy < 1.5
