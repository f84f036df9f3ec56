"""Checks whether the dependencies of answers can be reached: the database, the storage, the upstream."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from pydantic import BaseModel, Field

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db

SECONDS_ALLOWED = 3.0
# Requests within this many seconds share one result, so that checks do not become load on the dependencies.
SECONDS_FRESH = 10.0

_latest: tuple[float, "list[HealthCheck]"] | None = None
_running: "asyncio.Task[list[HealthCheck]] | None" = None


class HealthCheck(BaseModel):
    """The check of one dependency."""

    name: str = Field(description="`database`, `storage` or `upstream`.")
    ok: bool = Field(description="Whether it answered in time.")
    ms: int = Field(description="The duration in milliseconds.")


async def check_all() -> list[HealthCheck]:
    """Returns all checks, at most ten seconds old. Never fails; a failed check is logged with its milliseconds."""
    global _running
    if _latest is not None and time.monotonic() - _latest[0] < SECONDS_FRESH:
        return _latest[1]
    if _running is None or _running.done() or _running.get_loop() is not asyncio.get_running_loop():
        _running = asyncio.create_task(_check_all())
    return await asyncio.shield(_running)


def reset_cache() -> None:
    """Makes the next call run the checks again."""
    global _latest
    _latest = None


async def _check_all() -> list[HealthCheck]:
    global _latest
    from oneai.clients import s3
    from oneai.models import providers

    reaching = (_check("database", db.ready), _check("storage", s3.reach), _check("upstream", providers.reach))
    checks = list(await asyncio.gather(*reaching))
    if not all(each.ok for each in checks):
        log.warning("a deep health check failed", **{each.name: each.model_dump(exclude={"name"}) for each in checks})
    _latest = (time.monotonic(), checks)
    return checks


async def _check(name: str, reach: Callable[[], Awaitable[None]]) -> HealthCheck:
    began, ok = time.monotonic(), True
    try:
        async with asyncio.timeout(SECONDS_ALLOWED):
            await reach()
    except (OneAIError, TimeoutError):
        ok = False
    return HealthCheck(name=name, ok=ok, ms=round((time.monotonic() - began) * 1000))
