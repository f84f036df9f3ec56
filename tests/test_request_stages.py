"""Each request leaves a line in the log that says where its time went, and nothing of what it was about."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from oneai import request_stages, settings
from tests.canaries import CANARY
from tests.world import World

type Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines of requests that were written since the last call."""

    def written() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"message"')]

    return written


def test_the_line_has_milliseconds_by_stage_and_names_the_slowest(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([10.0, 10.0, 10.2, 10.3, 10.35, 10.5])
    monkeypatch.setattr("oneai.request_stages.time.perf_counter", lambda: next(seconds))

    request_stages.begin()
    with request_stages.stage("database"):
        pass
    with request_stages.stage("storage"):
        pass
    request_stages.report("GET /documents/{id}", 200)

    (line,) = lines()
    assert (line["route"], line["status"], line["ms"]) == ("GET /documents/{id}", 200, 500.0)
    assert line["stages_ms"] == {"database": 200.0, "storage": 50.0, "own": 250.0}
    assert line["slowest_stage"] == "own"


def test_concurrent_stages_leave_no_time_for_our_own_code(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 0.0, 0.0, 0.3, 0.3, 0.4])
    monkeypatch.setattr("oneai.request_stages.time.perf_counter", lambda: next(seconds))

    request_stages.begin()
    with request_stages.stage("database"), request_stages.stage("models"):
        pass
    request_stages.report(None, 404)

    assert lines()[0]["stages_ms"] == {"models": 300.0, "database": 300.0, "own": 0.0}


async def test_a_buffered_route_is_logged_by_its_pattern(own_world: World, lines: Lines) -> None:
    lines()

    missing = await own_world.get(f"/conversations/{CANARY}")
    listed = await own_world.get("/conversations")

    refused, served = lines()
    assert (refused["route"], refused["status"]) == ("GET /conversations/{id}", missing.status_code)
    assert (served["route"], served["status"]) == ("GET /conversations", 200)
    assert served["stages_ms"]["database"] > 0
    assert served["request_id"] == listed.headers["x-request-id"]
    assert CANARY not in json.dumps([refused, served])


async def test_a_stream_is_logged_when_it_begins(own_world: World, lines: Lines) -> None:
    lines()

    await own_world.post("/chat/stream", {"message": f"Hello {CANARY}"})

    (line,) = lines()
    assert (line["route"], line["status"]) == ("POST /chat/stream", 200)
    assert line["stages_ms"]["database"] > 0
    assert CANARY not in json.dumps(line)


async def test_requests_are_not_logged_if_logging_is_disabled(
    own_world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUEST_LOG", "false")
    settings.reset_cache()
    lines()

    await own_world.get("/conversations")

    assert lines() == []
    monkeypatch.undo()
    settings.reset_cache()
