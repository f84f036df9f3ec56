"""Emitted metrics can be read as JSON, in Prometheus's format, and on a page."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import httpx
import pytest

from local.metrics import Metrics, prometheus
from local.metrics.response import _preferred
from oneai import metrics


def emitted_line(values: dict[metrics.Metric, float], **more: str) -> str:
    """The output of a function for these metrics."""
    with redirect_stdout(io.StringIO()) as out:
        metrics.emit(values, **more)
    return out.getvalue().strip()


def stored(folder: Path, *lines: str) -> Metrics:
    kept = Metrics(folder / "metrics.jsonl")
    for line in lines:
        kept.record(line)
    return kept


@pytest.fixture
def several(tmp_path: Path) -> Metrics:
    """The metrics of three answers, two refusals and a queue."""
    took = (40, 700, 2500)
    return stored(
        tmp_path,
        *(emitted_line({metrics.ANSWERS: 1, metrics.FIRST_TOKEN: ms, metrics.COST: 1500}, model="a/b") for ms in took),
        emitted_line({metrics.REFUSALS: 1}, of='odd "code"'),
        emitted_line({metrics.REFUSALS: 2}, of="rate_limited"),
        emitted_line({metrics.QUEUE_AGE: 30}, of="mail"),
        emitted_line({metrics.QUEUE_AGE: 90}, of="mail"),
        "what a function prints beside",
    )


def test_counters_add_up_gauges_keep_the_newest_value_and_times_are_histograms(several: Metrics) -> None:
    lines = prometheus.text(several).splitlines()

    assert "oneai_answers_total 3" in lines
    assert "oneai_cost_micro_usd_total 4500" in lines
    assert 'oneai_refusals_total{code="rate_limited"} 2' in lines
    assert 'oneai_refusals_total{code="odd \\"code\\""} 1' in lines
    assert 'oneai_queue_age_seconds{queue="mail"} 90' in lines
    assert 'oneai_first_token_seconds_bucket{le="0.05"} 1' in lines
    assert 'oneai_first_token_seconds_bucket{le="1"} 2' in lines
    assert 'oneai_first_token_seconds_bucket{le="+Inf"} 3' in lines
    assert "oneai_first_token_seconds_count 3" in lines
    assert "oneai_first_token_seconds_sum 3.24" in lines
    assert "# TYPE oneai_first_token_seconds histogram" in lines
    # Every other line is a sample of the family that was named before it.
    family = ""
    for line in lines:
        if line.startswith("# TYPE"):
            family = line.split()[2]
        elif not line.startswith("#"):
            assert re.fullmatch(rf"{family}(_bucket|_sum|_count)?(\{{.*\}})? \S+", line), line


def test_metrics_survive_the_process(several: Metrics) -> None:
    again = Metrics(several.file)

    assert prometheus.text(again) == prometheus.text(several)
    assert list(again.newest) == list(several.newest)


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/plain", "text/plain"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        # The `Accept` header of Prometheus.
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "text/plain"),
        ("application/json, text/plain;q=0.9", "application/json"),
        ("text/plain;q=nonsense", "application/json"),
    ],
)
def test_the_client_chooses_the_format(accept: str, preferred: str) -> None:
    assert _preferred(accept) == preferred


async def test_each_format_has_its_content_type_and_is_not_cached(control_client: httpx.AsyncClient) -> None:
    forms = {"text/plain": prometheus.CONTENT_TYPE, "text/html": "text/html", "application/json": "application/json"}
    for accept, content_type in forms.items():
        answer = await control_client.get("/local/metrics", headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(content_type)
        assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Accept", "no-store")
