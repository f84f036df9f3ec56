"""Checks whether the dependencies of answers can be reached: the database, the storage, the providers of models."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from pydantic import BaseModel, Field

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db

SECONDS_ALLOWED = 3.0
# Requests within this many seconds share one result, so that checks do not become load on the dependencies.
SECONDS_FRESH = 10.0
_NOT_OF_MODELS = ("database", "storage")

_latest: tuple[float, "list[HealthCheck]"] | None = None
_running: "asyncio.Task[list[HealthCheck]] | None" = None


class SetAside(BaseModel):
    """A provider of models that failed and is not asked first."""

    failing_since: datetime = Field(description="Since when it fails.")
    times: int = Field(description="How often a process has set it aside since then.")
    ends_at: datetime = Field(description="Until when it is set aside, by the latest failure.")
    code: str = Field(description="The code of the last failure, such as `timeout`.")


class HealthCheck(BaseModel):
    """The check of one dependency."""

    name: str = Field(
        description="`database`, `storage` or `upstream` (OpenRouter). With the operator's own keys also `openai`, "
        "`anthropic` and `gemini`."
    )
    ok: bool = Field(description="Whether it answered in time.")
    ms: int = Field(description="The duration in milliseconds.")
    set_aside: SetAside | None = Field(
        default=None, description="Of a provider of models: it failed for answers, and another one is asked first."
    )


class _SetAsideRow(SetAside):
    provider: str


async def check_all() -> list[HealthCheck]:
    """Returns all checks, at most ten seconds old. Never fails; a failed check is logged with its milliseconds."""
    global _running
    if _latest is not None and time.monotonic() - _latest[0] < SECONDS_FRESH:
        return _latest[1]
    if _running is None or _running.done() or _running.get_loop() is not asyncio.get_running_loop():
        _running = asyncio.create_task(_check_all())
    return await asyncio.shield(_running)


def can_answer(checks: Sequence[HealthCheck]) -> bool:
    """Whether questions can be answered: by the database, the storage, and one provider of models or more."""
    return models_work(checks) and all(each.ok for each in checks if each.name in _NOT_OF_MODELS)


def models_work(checks: Sequence[HealthCheck]) -> bool:
    """Whether one provider of models or more answers."""
    return any(each.ok for each in checks if each.name not in _NOT_OF_MODELS)


def reset_cache() -> None:
    """Makes the next call run the checks again."""
    global _latest
    _latest = None


async def _check_all() -> list[HealthCheck]:
    global _latest
    from oneai.clients import s3
    from oneai.models import providers

    direct = [_check(name, partial(providers.reach_directly, name)) for name in providers.direct_providers()]
    reaching = [_check("database", db.ready), _check("storage", s3.reach), _check("upstream", providers.reach), *direct]
    checks, set_aside = await asyncio.gather(asyncio.gather(*reaching), _set_aside())
    for each in checks:
        each.set_aside = set_aside.get("openrouter" if each.name == "upstream" else each.name)
    if not all(each.ok for each in checks):
        log.warning("a deep health check failed", **{each.name: each.model_dump(exclude={"name"}) for each in checks})
    _latest = (time.monotonic(), checks)
    return checks


async def _set_aside() -> dict[str, SetAside]:
    """The providers that answers have set aside, by name. None while Postgres is unavailable."""
    try:
        async with asyncio.timeout(SECONDS_ALLOWED):
            rows = await db.as_service(
                "select provider, failing_since, times, ends_at, code from oneai.set_aside_providers "
                "where ends_at > oneai.now()",
                [],
                _SetAsideRow,
            )
    except (OneAIError, TimeoutError):
        return {}
    return {each.provider: SetAside(**each.model_dump(exclude={"provider"})) for each in rows}


async def _check(name: str, reach: Callable[[], Awaitable[None]]) -> HealthCheck:
    began, ok = time.monotonic(), True
    try:
        async with asyncio.timeout(SECONDS_ALLOWED):
            await reach()
    except (OneAIError, TimeoutError):
        ok = False
    return HealthCheck(name=name, ok=ok, ms=round((time.monotonic() - began) * 1000))
