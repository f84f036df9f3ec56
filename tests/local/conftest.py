"""A gateway over a small template of its own, and one whole stack as `make dev` starts it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from local import control_api
from local.clock import Clock
from local.gateway import Gateway
from local.jobs import Jobs
from local.metrics import Metrics
from local.schedules import Scheduler
from local.template import Template, read
from tests.local.running import Stack, running
from tests.local.waiting import Diary
from tests.patience import PATIENCE
from tests.served import served
from tests.world import Database

SAMPLE = Path(__file__).parent / "sample" / "template.yaml"


@pytest.fixture
def sample() -> Template:
    """A template with one function of every kind."""
    return read(SAMPLE)


@pytest.fixture
async def http(sample: Template) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sample's gateway."""
    gateway = Gateway(sample, cors_origins="https://app.example,https://www.example")
    async with served(lambda _: gateway) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        await gateway.startup()
        yield client
        await gateway.shutdown()


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diary:
    """The file that the sample's job writes."""
    monkeypatch.setenv("SAMPLE_DIARY", str(tmp_path / "diary"))
    return Diary(tmp_path / "diary")


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """Runs the sample's jobs."""
    return Jobs(Metrics(tmp_path / "metrics.jsonl"))


@pytest.fixture
async def control_client(sample: Template, database: Database, jobs: Jobs) -> AsyncIterator[httpx.AsyncClient]:
    """The sample with a clock, schedules and jobs; only what is asked for runs."""
    scheduler = Scheduler(sample.triggers, Clock(database.url("oneai_app")), jobs)
    gateway = Gateway(sample, {"/local": control_api.create(sample, scheduler, jobs, jobs.metrics)})
    async with served(lambda _: gateway) as address, httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        yield client


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole system, started as a developer starts it."""
    with running() as stack:
        yield stack
