"""Brings a stack to rest before its invariants are checked: leases expire and jobs run until nothing is left to do."""

import asyncio
import time
from typing import Any

import httpx
import psycopg

from local.own_stack import OwnStack

# Longer than a lease, and than the minute between runs of a job.
_LEASES_SECONDS = 120
_JOBS = ("settle_answers", "reconcile_subscriptions", "roll_up_usage")
_PATIENCE = 300.0
_REQUEST_SECONDS = 600.0


class NeverQuiet(Exception):
    """Work is left despite repeated runs of the jobs; the text names it."""


async def wait_until_ready(stack: OwnStack) -> None:
    """Returns when the stack answers and reaches its database. Raises NeverQuiet after minutes."""
    give_up = time.monotonic() + _PATIENCE
    async with httpx.AsyncClient(base_url=stack.url, timeout=30) as http:
        while True:
            try:
                if (await http.get("/api/health/ready")).is_success:
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > give_up:
                raise NeverQuiet("The stack does not answer any more.")
            await asyncio.sleep(0.1)


async def wait_until_quiet(stack: OwnStack, connection: psycopg.Connection[Any], advance_seconds: float = 0) -> None:
    """Moves the clock and runs the jobs until they have nothing left to do. Gives up silently after minutes, because
    the invariants then show what is left."""
    await wait_until_ready(stack)
    async with httpx.AsyncClient(base_url=stack.url, timeout=_REQUEST_SECONDS) as http:
        if advance_seconds:
            await _post(http, "/local/clock", {"advance_seconds": advance_seconds})
        give_up = time.monotonic() + _PATIENCE
        while True:
            for job in _JOBS:
                await _post(http, f"/local/run/{job}", None)
            if not _left_to_do(connection) or time.monotonic() > give_up:
                return
            await _post(http, "/local/clock", {"advance_seconds": _LEASES_SECONDS})


def _left_to_do(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        """
        select exists (select from oneai.reservations where settled_at is null)
          or exists (select from oneai.credit_holds where open_micro_usd > 0)
          or exists (select from oneai.provider_events where state = 'pending')
          or exists (select from oneai.provider_operations where state = 'pending' and due_at <= oneai.now())
          or exists (select from oneai.usage_events where not rolled_up)
        """
    ).fetchone()
    return bool(row and row[0])


async def _post(http: httpx.AsyncClient, path: str, body: Any) -> None:
    """Sends a request to the control API, and repeats it if the stack just restarted."""
    for attempt in range(3):
        try:
            (await http.post(path, json=body)).raise_for_status()
        except httpx.HTTPError:
            if attempt == 2:
                raise
            await asyncio.sleep(1)
        else:
            return
