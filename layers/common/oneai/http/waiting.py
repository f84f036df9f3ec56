"""A JSON response that may take longer than proxies and clients wait for headers.

For a while the response waits, so that a failure has its status. After that it sends 200 and white space, which JSON
allows before a value, and a failure is `{"error": …}` in the body.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from oneai import settings

SECONDS_BETWEEN = 15.0


@dataclass(frozen=True)
class WaitingSettings:
    """`unstreamed_wait_seconds`: the response starts after this time, before its content is known. Node's fetch gives
    up after five minutes without headers."""

    unstreamed_wait_seconds: Decimal = Decimal(240)


class WaitingResponse(Response):
    """Sends a space every fifteen seconds until `task` has ended, then what `render` returns."""

    media_type = "application/json"

    def __init__(self, task: "asyncio.Task[None]", render: Callable[[], bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._task, self._render = task, render

    @staticmethod
    async def is_early(task: "asyncio.Task[Any]") -> bool:
        """Waits for the task; returns False if it takes longer than the response may wait."""
        await asyncio.wait([task], timeout=float(settings.read(WaitingSettings).unstreamed_wait_seconds))
        return task.done()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while not self._task.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait([self._task], timeout=SECONDS_BETWEEN)
        await send({"type": "http.response.body", "body": self._render(), "more_body": False})
