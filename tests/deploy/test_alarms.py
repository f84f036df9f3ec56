"""Alarms, objectives and the dashboard: each leads to its page, and looks at what is really sent."""

import json
import re
from typing import Any

import pytest

from oneai import metrics
from tests.deploy.transformed import REPOSITORY, functions, of_type
from tests.test_documents import anchors

NAMESPACE = "OneAI/${AWS::StackName}"
ALARMS = of_type("AWS::CloudWatch::Alarm") | of_type("AWS::CloudWatch::CompositeAlarm")
OBJECTIVES = of_type("AWS::CloudWatch::CompositeAlarm")
BY_NAME = {each.name: each for each in metrics.CATALOG}


def rule(objective: str) -> str:
    text: str = OBJECTIVES[objective]["Properties"]["AlarmRule"]["Fn::Sub"]
    return text


def windows() -> set[str]:
    """The alarms that objectives are made of."""
    return {name for objective in OBJECTIVES for name in re.findall(r"\$\{(\w+)\}", rule(objective))}


def test_every_alarm_notifies_and_windows_of_an_objective_only_through_it() -> None:
    for name, alarm in ALARMS.items():
        actions = alarm["Properties"].get("AlarmActions", [])
        assert actions == ([] if name in windows() else [{"Ref": "Alarms"}]), name


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_links_to_its_section_of_the_runbook(name: str) -> None:
    description = ALARMS[name]["Properties"]["AlarmDescription"]
    ((path, anchor),) = re.findall(r" - (docs/operations/\w+\.md)#([\w-]+)$", description)
    page = REPOSITORY / path

    assert anchor in anchors(page)
    heading = next(line for line in page.read_text().splitlines() if line.startswith("#") and slug(line) == anchor)
    section = page.read_text().partition(heading + "\n")[2].partition("\n## ")[0]
    assert name in section or name in windows() or name == "OperatorAlerts", section


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize(("objective", "budget"), [("Availability", "0.001"), ("FirstToken", "0.05")])
def test_an_objective_is_measured_over_two_windows(objective: str, budget: str) -> None:
    pairs = [re.findall(r"Burn(\w+)\}", part) for part in rule(f"{objective}Objective").split(" OR ")]
    assert pairs == [["Hour", "FiveMinutes"], ["SixHours", "HalfHour"]]
    assert rule(f"{objective}Objective").count(" AND ") == 2
    for (long, short), rate in zip(pairs, (14.4, 6), strict=True):
        seconds = []
        for window in (long, short):
            alarm = ALARMS[f"{objective}Burn{window}"]["Properties"]
            burn, bad, total = alarm["Metrics"]
            assert f"/ total / {budget}" in burn["Expression"]
            assert ">= 5" in burn["Expression"]
            assert (alarm["Threshold"], bad["MetricStat"]["Stat"], total["MetricStat"]["Stat"]) == (
                rate,
                "Sum",
                "SampleCount",
            )
            assert bad["MetricStat"]["Metric"] == total["MetricStat"]["Metric"]
            assert bad["MetricStat"]["Period"] == total["MetricStat"]["Period"]
            seconds.append(bad["MetricStat"]["Period"])
        assert seconds[0] == 12 * seconds[1]


def test_alarms_and_the_dashboard_use_metrics_that_are_sent() -> None:
    seen = set()
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        properties = alarm["Properties"]
        if properties.get("Namespace") == {"Fn::Sub": NAMESPACE}:
            of = [each["Name"] for each in properties.get("Dimensions", [])]
            seen.add((properties["MetricName"], *of))
        for each in properties.get("Metrics", ()):
            metric = each.get("MetricStat", {}).get("Metric", {})
            if metric.get("Namespace") == {"Fn::Sub": NAMESPACE}:
                seen.add((metric["MetricName"], *metric.get("Dimensions", ())))
            if "OneAI/" in str(each.get("Expression")):
                seen.add((re.findall(r"\((\w+)\)", each["Expression"]["Fn::Sub"])[0], "any"))
    for name, *dimension in seen:
        assert dimension in (["any"], [BY_NAME[name].dimension] if BY_NAME[name].dimension else []), name
    assert {"JobsFailed", "AnswersFailed", "Answers", "SlowFirstTokens", "QueueAge", "WebhookLag", "OperatorAlert"} == {
        name for name, *_ in seen
    }


def test_the_dashboard_shows_every_metric_that_is_sent() -> None:
    drawn: set[str] = set()
    for widget in dashboard()["widgets"]:
        namespace = None
        for metric in widget["properties"].get("metrics", ()):
            words = [each for each in metric if isinstance(each, str)]
            if words:
                namespace = words[0] if words[0] not in (".", "...") else namespace
                if namespace == NAMESPACE and words[0] != "...":
                    assert BY_NAME[words[1]].dimension is None
                    drawn.add(words[1])
            elif "SEARCH" in metric[0]["expression"]:
                found = re.match(
                    r"SEARCH\('{\"OneAI/\$\{AWS::StackName\}\",(\w+)} MetricName=\"(\w+)\"", metric[0]["expression"]
                )
                assert found, metric
                assert BY_NAME[found[2]].dimension == found[1]
                drawn.add(found[2])
    left_out = {"SlowFirstTokens", "EventsNotSigned", "MailStopped", "SearchWithoutGuesses"}
    assert drawn == BY_NAME.keys() - left_out


def dashboard() -> dict[str, Any]:
    (only,) = of_type("AWS::CloudWatch::Dashboard").values()
    body: dict[str, Any] = json.loads(only["Properties"]["DashboardBody"]["Fn::Sub"][0])
    return body


def test_widgets_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard()["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_sends_its_metrics_to_the_namespace_of_the_alarms(name: str) -> None:
    group = of_type("AWS::Lambda::Function")[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    log_group = of_type("AWS::Logs::LogGroup")[group]["Properties"]["LogGroupName"]["Fn::Sub"]

    of_stack = metrics.MetricsSettings(aws_lambda_log_group_name=log_group.replace("${AWS::StackName}", "oneai-dev"))

    assert of_stack.namespace == NAMESPACE.replace("${AWS::StackName}", "oneai-dev")
