"""Fixtures of the chat's tests: a breakable wire to Postgres, and a second process."""

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from oneai import settings
from oneai.chat.turn import checkpoint
from oneai.postgres import db, pool
from tests.second_process import OtherProcess, serve_in_other_process
from tests.wire import Wire
from tests.world import World


@pytest.fixture
async def wire(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    """The wire between `world` and its Postgres."""
    async with Wire(world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        monkeypatch.setattr(pool, "WAIT_SECONDS", 1)
        monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.2)
        settings.reset_cache()
        await db.close()
        yield wire
        await db.close()


@pytest.fixture
async def other_process(world: World) -> AsyncIterator[OtherProcess]:
    """The streaming function in a process of its own, over the same database."""
    async with serve_in_other_process(world) as other_process:
        yield other_process


@pytest.fixture
def emptied(shared: World) -> World:
    """The module's stack without data of earlier tests, and with a new asha and ravi.

    A module that names it its `world` saves the time of starting a stack for every test.
    """
    _truncate(shared)
    for who in ("asha", "ravi"):
        shared.people[who] = shared.database.user(f"{who}-{uuid4().hex}@example.com")
    return shared


def _truncate(world: World) -> None:
    """Empties the chat's tables. An answer of the test before may still be settled, in another order of locks."""
    while True:
        try:
            world.database.rows(
                "truncate oneai.conversations, oneai.reservations, oneai.usage_events, oneai.daily_spend, "
                "oneai.operator_alerts cascade"
            )
        except psycopg.errors.DeadlockDetected:
            continue
        return


@pytest_asyncio.fixture(scope="module")
async def shared_process(shared: World) -> AsyncIterator[OtherProcess]:
    """As `other_process`, for a whole module."""
    async with serve_in_other_process(shared) as shared_process:
        yield shared_process
