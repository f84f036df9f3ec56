"""A generated business over a database of the test's own, added up as the job does."""

from collections.abc import AsyncIterator

import pytest

from oneai import analytics, settings, usage
from oneai.analytics import ReportPeriod
from oneai.postgres import db
from tests import effort
from tests.analytics.business import FIRST, INDIA, Business
from tests.filled_database import address
from tests.world import Database

__all__ = ["address"]


@pytest.fixture
async def figures(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """The database that the package works on."""
    monkeypatch.setenv("DATABASE_URL", database.url("oneai_app"))
    settings.reset_cache()
    yield database
    await db.close()
    settings.reset_cache()


@pytest.fixture
def business(figures: Database) -> Business:
    """A business without any rows yet, of a seed that a failure is repeated with."""
    return Business(figures, effort.rng("business"))


async def add_up() -> None:
    """Runs the hourly job."""
    await analytics.set_time_zone()
    await usage.add_up()
    await analytics.roll_up()


def period(first: int, last: int) -> ReportPeriod:
    """From one day of the business to another, both counted from its first."""
    return ReportPeriod(
        FIRST.fromordinal(FIRST.toordinal() + first), FIRST.fromordinal(FIRST.toordinal() + last), INDIA.key
    )
