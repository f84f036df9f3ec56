"""What each stand-in has beside its provider's routes: faults of a server, replayed samples, records of requests."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

MAX_RECORDS = 200
LARGE_BYTES = 100_000_000
MEGABYTE = 1_000_000

type Event = bytes


class Refusal(Exception):
    """A response with another status than 200."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}

    def response(self) -> Response:
        """The refusal as it is sent."""
        return JSONResponse(self.body, self.status, self.headers)


class Server:
    """The state of one stand-in.

    A model's name chooses what happens: `replay-X` and `refuse-X` play the sample X, and `fault-X` is one of the faults
    of `fault`. Any other model answers.
    """

    def __init__(self, name: str, folders: Sequence[Path]) -> None:
        self.name = name
        self.records: deque[dict[str, Any]] = deque(maxlen=MAX_RECORDS)
        self.streams = {path.stem: path for folder in folders for path in sorted(folder.glob("sse/*.sse"))}
        self.refusals = {path.stem: path for folder in folders for path in sorted(folder.glob("errors/*.json"))}

    @property
    def routes(self) -> list[Route]:
        """The routes of the control API."""
        return [Route(f"/local/{self.name}/requests", self._requests)]

    def record(self, request: Request, body: Any) -> None:
        """Keeps what was asked."""
        path = str(request.url).partition(str(request.base_url))[2]
        headers = dict(request.headers)
        self.records.append({"method": request.method, "path": f"/{path}", "headers": headers, "body": body})

    def scripted(self, model: str, request: Request) -> Response | None:
        """The response of a model that plays a sample or a fault; None for one that answers."""
        kind, _, name = model.rpartition("/")[2].partition("-")
        if kind == "replay" and name in self.streams:
            return self.stream([self.streams[name].read_bytes()])
        if kind == "refuse" and name in self.refusals:
            sample = json.loads(self.refusals[name].read_text())
            return JSONResponse(sample["body"], sample["http_status"], sample["headers"])
        return self._fault(name, request) if kind == "fault" else None

    def stream(self, events: Iterable[Event], media_type: str = "text/event-stream") -> Response:
        """A stream of these events."""

        async def sent() -> AsyncIterator[bytes]:
            for event in events:
                yield event
                await asyncio.sleep(0)

        return StreamingResponse(sent(), media_type=media_type)

    def hanging(self, first: Event) -> Response:
        """A stream with one event, and nothing after it."""

        async def sent() -> AsyncIterator[bytes]:
            yield first
            await asyncio.sleep(3600)

        return StreamingResponse(sent(), media_type="text/event-stream")

    def _fault(self, name: str, request: Request) -> Response:
        faults: dict[str, Callable[[], Response]] = {
            "silent": lambda: self._bytes(_nothing()),
            "drips": lambda: self._bytes(_drips()),
            "html": lambda: Response("<!doctype html><title>Sign in</title>" * 100, media_type="text/html"),
            "large": lambda: self._bytes(_large()),
            "redirects": lambda: RedirectResponse(f"{request.base_url}local/{self.name}/requests", 302),
            "breaks": lambda: self._bytes(_nothing(0)),
        }
        return faults[name]()

    def _bytes(self, content: AsyncIterator[bytes]) -> Response:
        return StreamingResponse(content, media_type="text/event-stream")

    async def _requests(self, _: Request) -> Response:
        return JSONResponse(list(self.records))


async def _nothing(seconds: float = 3600) -> AsyncIterator[bytes]:
    """No byte, for an hour or at once."""
    await asyncio.sleep(seconds)
    yield b""


async def _drips() -> AsyncIterator[bytes]:
    """A byte now and then, of comments that are no pieces."""
    while True:
        yield b":"
        await asyncio.sleep(0.01)


async def _large() -> AsyncIterator[bytes]:
    """A hundred megabytes of comments."""
    for _ in range(LARGE_BYTES // MEGABYTE):
        yield b":" + b"x" * (MEGABYTE - 2) + b"\n"


def event(data: dict[str, Any], name: str | None = None, *, end: str = "\n\n") -> Event:
    """A server-sent event."""
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(data, ensure_ascii=False)}{end}".encode()
