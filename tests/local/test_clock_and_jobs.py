"""The stack's clock, its schedules, and the control API of both."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from local.clock import Clock
from local.jobs import Jobs
from local.schedules import Scheduler, stops
from local.template import Template
from tests.canaries import CANARY
from tests.local.waiting import Diary
from tests.patience import eventually
from tests.world import Database

pytestmark = pytest.mark.exhaustive


async def test_the_clock_is_that_of_the_database_and_moves_for_all(
    control_client: httpx.AsyncClient, database: Database
) -> None:
    moved = (await control_client.post("/local/clock", json={"advance_seconds": 3600})).json()
    assert moved["offset_seconds"] == 3600
    assert database.one("select extract(epoch from oneai.now() - now())") == 3600

    tomorrow = datetime.fromisoformat(moved["now"]) + timedelta(days=1)
    later = (await control_client.post("/local/clock", json={"now": tomorrow.isoformat()})).json()
    assert datetime.fromisoformat(later["now"]) >= tomorrow
    assert (await control_client.get("/local/clock")).json()["offset_seconds"] == later["offset_seconds"] > 80_000


@pytest.mark.parametrize(
    "step",
    [
        {"advance_seconds": -1},
        {"now": "2020-01-01T00:00:00Z"},
        {"advance_seconds": "soon"},
        {"advance_seconds": 1e20},
        {"now": "soon"},
        {},
        [],
    ],
)
async def test_the_clock_never_moves_back_and_refuses_invalid_values(
    control_client: httpx.AsyncClient, step: object
) -> None:
    answer = await control_client.post("/local/clock", json=step)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert (await control_client.get("/local/clock")).json()["offset_seconds"] == 0


async def test_due_jobs_have_run_once_in_order_before_the_clock_answers(
    control_client: httpx.AsyncClient, diary: Diary
) -> None:
    await control_client.post("/local/clock", json={"advance_seconds": 600})
    assert diary.pages == []

    await control_client.post("/local/clock", json={"advance_seconds": 4000})
    assert diary.pages == ["quarterly", "hourly"]

    await control_client.post("/local/clock", json={"advance_seconds": 86_400})
    assert diary.pages == ["quarterly", "hourly", "quarterly", "hourly", "daily"]


async def test_a_jump_over_a_month_runs_jobs_due_at_its_beginning_and_its_end(
    sample: Template, database: Database, jobs: Jobs, diary: Diary
) -> None:
    clock = Clock(database.url("oneai_app"))
    await clock.move_to(datetime(2031, 1, 20, 10, tzinfo=UTC))

    reading = await Scheduler(sample.triggers, clock, jobs).advance(timedelta(days=32))

    assert diary.pages == ["quarterly", "hourly", "daily"] * 2
    assert datetime(2031, 2, 21, 10, tzinfo=UTC) <= reading.now < datetime(2031, 2, 21, 11, tzinfo=UTC)


def test_a_jump_of_a_day_runs_at_once_and_one_of_a_century_in_bounded_time() -> None:
    begins = datetime(2031, 1, 31, 23, 59, tzinfo=UTC)
    first = datetime(2031, 2, 1, 4, tzinfo=UTC)

    assert stops(begins, begins + timedelta(days=1)) == []
    assert stops(begins, begins - timedelta(days=40)) == []
    assert stops(begins, begins + timedelta(days=2)) == [
        begins + timedelta(minutes=5),
        begins + timedelta(minutes=10),
        first,
        first + timedelta(minutes=5),
    ]
    century = stops(begins, begins.replace(year=2131))
    assert (len(century), century[2], century[-1]) == (
        50,
        datetime(2129, 2, 1, 4, tzinfo=UTC),
        datetime(2131, 1, 1, 4, 5, tzinfo=UTC),
    )


async def test_a_restarted_gateway_neither_repeats_nor_forgets_a_job(
    sample: Template, database: Database, jobs: Jobs, diary: Diary
) -> None:
    clock = Clock(database.url("oneai_app"))
    await Scheduler(sample.triggers, clock, jobs).advance(timedelta(minutes=16))
    await Scheduler(sample.triggers, clock, jobs).advance(timedelta(minutes=10))
    assert diary.pages == ["quarterly"]

    await clock.advance(timedelta(minutes=10))  # no scheduler was running
    running = asyncio.create_task(Scheduler(sample.triggers, clock, jobs).run_forever())
    await eventually(diary.read, lambda pages: pages == ["quarterly", "quarterly"])
    running.cancel()
    await asyncio.wait([running])


async def test_a_job_run_by_hand_reports_its_outcome_and_has_only_its_own_variables(
    control_client: httpx.AsyncClient, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_OF_ANOTHER_FUNCTION", "SUPABASE_SECRET_KEY"):
        monkeypatch.setenv(name, CANARY)

    outcome = (await control_client.post("/local/run/diary")).json()

    assert outcome["status"] == "succeeded"
    assert outcome["output"]["knows"] == ["SAMPLE_DIARY", "SAMPLE_GREETING", "SAMPLE_PAGE", "SAMPLE_SENTENCE"]
    assert diary.pages == ["now"]


async def test_a_failing_job_reports_why(control_client: httpx.AsyncClient, diary: Diary) -> None:
    outcome = (await control_client.post("/local/run/DiaryFunction", json={"wrote": "nothing"})).json()

    assert outcome["status"] == "failed"
    assert outcome["output"] == {"errorType": "ValueError", "errorMessage": "There is nothing to write."}


async def test_a_job_accepts_an_event_of_any_length(control_client: httpx.AsyncClient, diary: Diary) -> None:
    page = "rain " * 100_000  # longer than a pipe or a command line holds

    assert (await control_client.post("/local/run/diary", json={"wrote": page})).json()["status"] == "succeeded"

    assert diary.pages == [page]


async def test_a_job_is_ended_at_its_timeout(jobs: Jobs, sample: Template, diary: Diary) -> None:
    function = sample.function("diary")
    assert function is not None

    hurried = dataclasses.replace(function, timeout=1)

    assert (await jobs.run(hurried, {"wrote": "for ever"})).status == "timed_out"


async def test_a_running_job_can_be_killed(control_client: httpx.AsyncClient, diary: Diary) -> None:
    running = asyncio.create_task(control_client.post("/local/run/diary", json={"wrote": "for ever"}))
    await eventually(diary.read, bool)

    assert (await control_client.post("/local/kill/diary")).status_code == 202
    assert (await running).json()["status"] == "killed"


async def test_metrics_of_jobs_are_shown(control_client: httpx.AsyncClient, diary: Diary) -> None:
    assert (await control_client.get("/local/metrics")).json() == {"items": []}

    await control_client.post("/local/run/diary", json={"wrote": "a page"})

    (metric,) = (await control_client.get("/local/metrics")).json()["items"]
    assert (metric["namespace"], metric["name"], metric["value"]) == ("Sample", "Pages", 1)
    assert metric["dimensions"] == {"kind": "a page"}


async def test_a_streaming_function_cannot_be_run_as_a_job(control_client: httpx.AsyncClient) -> None:
    answer = await control_client.post("/local/run/trickle")

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert answer.json()["error"]["message"] == "This function streams its answers: ask it at POST /api/trickle."


async def test_unknown_controls_are_refused_in_our_envelope(control_client: httpx.AsyncClient) -> None:
    unknown = await control_client.post("/local/run/unknown")
    nothing = await control_client.get("/local/nothing")
    wrong = await control_client.get("/local/run/diary")

    assert [(a.status_code, a.json()["error"]["code"]) for a in (unknown, nothing, wrong)] == [
        (404, "not_found"),
        (404, "not_found"),
        (405, "method_not_allowed"),
    ]
