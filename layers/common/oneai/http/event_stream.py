"""A response of server-sent events, which ends if its client stops reading."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from oneai import log

# As long as a follower's lease: a client that reads nothing for so long has lost it.
SECONDS_UNREAD = 30.0


class EventStream(Response):
    """Server-sent events, sent immediately. The end of the stream does not end the answer.

    A client that stops reading is disconnected, because it would occupy this environment until the deadline.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], more: dict[str, str] | None = None) -> None:
        super().__init__(headers={"cache-control": "no-store, no-transform", "x-accel-buffering": "no", **(more or {})})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        message: Message = {"type": "http.response.body", "body": b"", "more_body": True}
        try:
            async with asyncio.timeout(None) as limit:
                watch = _SendWatch(limit)
                try:
                    async for data in self._events:
                        watch.begin()
                        await send({**message, "body": data})
                        watch.end()
                finally:
                    watch.close()
        except TimeoutError:
            if not limit.expired():
                raise
            log.info("a client that stopped reading was disconnected")
            return
        await send({**message, "more_body": False})


class _SendWatch:
    """Makes a timeout expire when one send takes SECONDS_UNREAD.

    One timer watches all sends of a stream, because a timer for each send took as long as sending.
    """

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._started_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """A send begins."""
        self._started_at = self._loop.time()
        if self._timer is None:
            self._set_timer(self._started_at)

    def end(self) -> None:
        """It has ended."""
        self._started_at = None

    def close(self) -> None:
        """No more sends follow."""
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self, started_at: float) -> None:
        self._timer = self._loop.call_at(started_at + SECONDS_UNREAD, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._started_at is None:
            return  # the next send sets a timer
        if self._loop.time() < self._started_at + SECONDS_UNREAD:
            self._set_timer(self._started_at)
        else:
            self._limit.reschedule(self._loop.time())
