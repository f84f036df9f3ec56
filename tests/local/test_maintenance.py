"""The tasks of `functions/maintenance`: each runs by its own name, by the function's, and fails on its own."""

from collections.abc import AsyncIterator

import httpx
import pytest

from local import control_api
from local.clock import Clock
from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.jobs import Jobs
from local.schedules import Scheduler
from local.template import read
from tests.patience import PATIENCE
from tests.served import served
from tests.world import Database

pytestmark = pytest.mark.exhaustive

COUNTED = {
    "notify": "warnings",
    "roll_up_usage": "people",
    "retention": "usage_events",
    "delete_accounts": "provider_keys_encrypted",
}


@pytest.fixture
async def http(database: Database, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The control API over the real template."""
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    template = read(REPOSITORY / "template.yaml")
    scheduler = Scheduler(template.triggers, Clock(database.url("oneai_app")), jobs)
    gateway = Gateway(template, {"/local": control_api.create(template, scheduler, jobs, jobs.metrics)})
    async with served(lambda _: gateway) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        yield client


def test_the_template_schedules_exactly_the_existing_tasks() -> None:
    assert {each.task for each in read(REPOSITORY / "template.yaml").triggers} - {None} == set(COUNTED)


@pytest.mark.parametrize("task", COUNTED)
async def test_a_task_runs_by_its_own_name(http: httpx.AsyncClient, task: str) -> None:
    by_name = (await http.post(f"/local/run/{task}")).json()

    assert by_name["status"] == "succeeded", by_name
    assert COUNTED[task] in by_name["output"]


async def test_a_task_runs_by_the_functions_name(http: httpx.AsyncClient) -> None:
    by_function = (await http.post("/local/run/maintenance", json={"task": "notify"})).json()

    assert by_function["status"] == "succeeded", by_function
    assert COUNTED["notify"] in by_function["output"]


async def test_a_run_without_a_task_lists_the_tasks(http: httpx.AsyncClient) -> None:
    outcome = (await http.post("/local/run/maintenance")).json()

    assert (outcome["status"], outcome["output"]["errorType"]) == ("failed", "ValueError")
    assert all(task in outcome["output"]["errorMessage"] for task in COUNTED)


async def test_a_failing_task_is_counted_by_its_name(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USAGE_EVENTS_DAYS", "0")

    assert (await http.post("/local/run/retention")).json()["status"] == "failed"
    assert (await http.post("/local/run/notify")).json()["status"] == "succeeded"

    failed, succeeded = (await http.get("/local/metrics")).json()["items"]
    assert (failed["name"], failed["value"], failed["dimensions"]) == ("JobsFailed", 1, {"job": "retention"})
    assert (succeeded["name"], succeeded["value"], succeeded["dimensions"]) == ("JobsSucceeded", 1, {})
    assert {failed["namespace"], succeeded["namespace"]} == {"OneAI"}
