"""The stack's clock, as tests move it."""

from datetime import datetime, timedelta

import httpx

from tests.patience import PATIENCE

# Until the next run of the job that sends cancellations and refunds to payment providers, every five minutes.
JOB_SECONDS = 360


class Clock:
    """Moves the clock of a running stack, which never goes back: every later test of the worker lives later, too.

    Schedules that were due in between have run when it answers. The browser's clock and access tokens keep real time.
    """

    def __init__(self, stack_url: str) -> None:
        self._url = f"{stack_url}/local/clock"

    async def now(self) -> datetime:
        """What time it is there, after all that earlier tests have moved it."""
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = (await client.get(self._url)).raise_for_status()
        return datetime.fromisoformat(answer.json()["now"])

    async def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Moves time forward."""
        # Everything that was due in a month runs in half a minute where nothing else does.
        async with httpx.AsyncClient(timeout=httpx.Timeout(PATIENCE, read=6 * PATIENCE)) as client:
            step = {"advance_seconds": (days * 24 + hours) * 3600 + seconds}
            (await client.post(self._url, json=step)).raise_for_status()

    async def advance_past(self, moment: datetime, *, days: float) -> None:
        """Moves time forward to `days` after `moment`, such as the end of a month."""
        await self.advance(days=(moment - await self.now()) / timedelta(days=1) + days)
