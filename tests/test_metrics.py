"""A metric is one line that CloudWatch reads, and the list of metrics is what is paid for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from oneai import alerts, errors, metrics, queue_ages, request_context, settings
from oneai.http.failures import OTHER
from oneai.postgres.request_refusals import CODES
from tests.world import World

type Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The metrics that were printed since the last time one asked."""

    def printed() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]

    return printed


def test_a_line_has_cloudwatchs_embedded_metric_format(lines: Lines) -> None:
    metrics.emit({metrics.PROMPT_TOKENS: 12, metrics.FIRST_TOKEN: 340}, model="a/b", provider=None)
    metrics.count(metrics.REFUSALS, of="rate_limited", status=429)

    answer, refusal = lines()
    assert next(iter(answer)) == "_aws"
    (directive,) = answer["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [[]]
    assert directive["Metrics"] == [
        {"Name": "PromptTokens", "Unit": "Count"},
        {"Name": "FirstToken", "Unit": "Milliseconds"},
    ]
    assert (answer["PromptTokens"], answer["FirstToken"], answer["model"]) == (12, 340, "a/b")
    assert "provider" not in answer
    assert refusal["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["code"]]
    assert (refusal["code"], refusal["Refusals"], refusal["status"]) == ("rate_limited", 1, 429)
    assert abs(answer["_aws"]["Timestamp"] - refusal["_aws"]["Timestamp"]) < 60_000


def test_a_stage_has_its_own_namespace_and_metrics_can_be_disabled(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/oneai/oneai-staging/chat_stream")
    settings.reset_cache()
    metrics.count(metrics.JOBS_SUCCEEDED, job="notify")
    monkeypatch.setenv("METRICS", "false")
    settings.reset_cache()
    metrics.count(metrics.JOBS_SUCCEEDED, job="notify")
    monkeypatch.undo()
    settings.reset_cache()

    (line,) = lines()
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "OneAI/oneai-staging"


def test_a_missing_dimension_is_an_error() -> None:
    for values, of in (
        ({metrics.REFUSALS: 1.0}, None),
        ({metrics.ANSWERS: 1.0}, "model"),
        ({metrics.ANSWERS: 1.0, metrics.REFUSALS: 1.0}, "busy"),
    ):
        with pytest.raises(ValueError, match="dimension"):
            metrics.emit(values, of=of)


def test_a_metric_is_listed_once() -> None:
    defined = [each for each in vars(metrics).values() if isinstance(each, metrics.Metric)]
    assert sorted(each.name for each in defined) == sorted(each.name for each in metrics.CATALOG)
    assert len({each.name for each in metrics.CATALOG}) == len(metrics.CATALOG)


def test_no_metric_has_more_series_than_its_cost_assumes() -> None:
    failures = {kind.code for kind in errors.BY_CODE.values() if kind.status >= 500}
    assert len(CODES | failures | {OTHER}) <= metrics.REFUSALS.series
    assert len(alerts.KINDS) <= metrics.OPERATOR_ALERTS.series


def test_a_request_id_cannot_break_out_of_its_place() -> None:
    request_context.begin("JKJaXmPLvHcESHA=\r\nx-evil: 1'; drop" + "a" * 100)
    request_id = request_context.request_id()
    request_context.begin("")

    assert request_id is not None
    assert request_id.startswith("JKJaXmPLvHcESHA=x-evil:1dropa")
    assert len(f"oneai {request_id}") < 64
    assert request_context.request_id() is None


async def test_only_queues_with_due_work_have_an_age(world: World, lines: Lines) -> None:
    world.database.rows("delete from oneai.outbox")  # what signing up sends
    assert await queue_ages.report() == {}
    world.database.rows(
        "insert into oneai.outbox (user_id, kind, cause_key, data) values (%s, 'welcome', 'a', '{}')",
        world.people["asha"],
    )
    world.database.rows(
        "insert into oneai.outbox (user_id, kind, cause_key, data, due_at) "
        "values (%s, 'welcome', 'b', '{}', oneai.now() + interval '1 day')",
        world.people["asha"],
    )
    # The job that deletes accounts comes every hour: half an hour is not late.
    world.database.rows(
        "update oneai.users set deletes_at = oneai.now() - interval '30 minutes' where id = %s", world.people["ravi"]
    )
    world.database.advance(90)

    ages = await queue_ages.report()

    assert list(ages) == ["mail"]
    assert 90 <= ages["mail"] < 200
    (line,) = lines()
    assert (line["queue"], line["QueueAge"]) == ("mail", ages["mail"])
    world.database.advance(7200)
    assert list(await queue_ages.report()) == ["mail", "account_deletions"]
