"""A minimal client: sends requests over kept connections and records their durations."""

import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.listener import OUR_TOKEN, Listener, StreamResult

# Below the 65 seconds for which the gateway keeps an idle connection.
_IDLE_SECONDS = 30.0
_CODE = re.compile(rb'"code": ?"(\w+)"')
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Sample:
    """One request: its route, its start in seconds of the run, its duration, and its problem."""

    route: str
    at: float
    seconds: float
    first_token: float | None
    error: str | None


class Failed(Exception):
    """A request did not get the expected answer; it is already recorded."""


class Client:
    """A pool of connections to one server; `samples` holds the measurements."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.samples: list[Sample] = []
        self.open_streams = 0
        self._idle: deque[tuple[float, Listener]] = deque()
        self._begun = time.perf_counter()

    def begin(self) -> None:
        """Starts the clock and discards earlier measurements."""
        self._begun = time.perf_counter()
        self.samples.clear()

    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._begun

    async def call(self, method: str, route: str, token: str, body: Any = None, query: str = "", **ids: str) -> Any:
        """Sends a request of the API, with `ids` for its `{names}`. Returns the JSON. Raises Failed unless it
        succeeds."""
        result = await self._measured(method, route, f"/api{route.format(**ids)}{query}", token, body)
        return json.loads(result.body) if result.body else None

    async def stream(self, token: str, question: dict[str, Any]) -> dict[str, Any]:
        """Asks and reads the answer to its end. Returns the data of its first event. Raises Failed unless it is
        complete."""
        self.open_streams += 1
        try:
            result = await self._measured("POST", "/chat/stream", "/api/chat/stream", token, question, streamed=True)
        finally:
            self.open_streams -= 1
        start: dict[str, Any] = json.loads(result.body.partition(b"event: start\ndata: ")[2].partition(b"\n")[0])
        return start

    async def browse(self, method: str, address: str, form: bytes = b"") -> str:
        """Requests a page outside the API, such as a checkout, without measuring it. Raises Failed unless it
        succeeds."""
        path = "/" + address.partition("://")[2].partition("/")[2]
        async with self._connection() as connection:
            result = await connection.send(method, path, form, headers=_FORM)
        if result.status != 200:
            raise Failed(f"{method} {path.partition('?')[0]}: {result.status}")
        return result.body.decode()

    def close(self) -> None:
        """Closes the connections."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _measured(
        self, method: str, route: str, path: str, token: str, body: Any, *, streamed: bool = False
    ) -> StreamResult:
        at = self.now()
        content = b"" if body is None else json.dumps(body).encode()
        result: StreamResult | None = None
        try:
            async with self._connection() as connection:
                result = await connection.send(
                    method, path, content, OUR_TOKEN if streamed else b"", {"authorization": f"Bearer {token}"}
                )
            problem = _problem(result, streamed)
        except (OSError, EOFError) as error:
            problem = f"{type(error).__name__}: {error}"
        first = result.first if result is not None and streamed and result.first else None
        self.samples.append(Sample(f"{method} {route}", at, self.now() - at, first, problem))
        if result is None or problem is not None:
            raise Failed(problem)
        return result

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Listener]:
        """A connection for one request at a time; a broken one is not used again."""
        while self._idle and self._idle[0][0] < time.monotonic() - _IDLE_SECONDS:
            self._idle.popleft()[1].close()
        connection = self._idle.pop()[1] if self._idle else await Listener.connect(self.port)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append((time.monotonic(), connection))


def _problem(result: StreamResult, streamed: bool) -> str | None:
    """The problem, in the same words for every request with the same problem; None for a success."""
    code = _CODE.search(result.body)
    if result.status >= 300:
        return f"{result.status} {code[1].decode() if code else ''}".strip()
    if streamed and b"event: done\n" not in result.body:
        return f"the stream ended with {code[1].decode() if code else 'nothing'}"
    return None
