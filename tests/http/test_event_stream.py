"""A stream of events ends where one of its sends is not taken for too long, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest

from oneai.http import event_stream
from oneai.http.event_stream import EventStream

SECONDS = 1.0
# A fiftieth of it: a busy machine takes longer for a wait.
SOME = 0.02


class Client:
    """The server's side of one client: `waits` are the seconds for each message of the body."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.body: list[bytes] = []
        self.complete = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Takes a message."""
        if message["type"] != "http.response.body":
            return
        await asyncio.sleep(self.waits.pop(0) if self.waits else 0)
        self.body.append(message["body"])
        self.complete = not message["more_body"]

    async def receive(self) -> dict[str, Any]:
        """The request has no body."""
        raise AssertionError

    async def hear(self, events: AsyncIterator[bytes]) -> None:
        """Sends it a stream."""
        await EventStream(events)({"type": "http"}, self.receive, self.send)


async def events(count: int, seconds_between: float = 0) -> AsyncIterator[bytes]:
    """Yields this many events."""
    for n in range(count):
        await asyncio.sleep(seconds_between)
        yield b"%d" % n


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SECONDS_UNREAD", SECONDS)


async def test_a_client_that_is_slow_with_each_event_gets_all_of_them() -> None:
    client = Client(*[SOME] * 60)

    await client.hear(events(60))

    assert (len(client.body), client.complete) == (61, True)


async def test_a_silent_model_does_not_end_the_stream() -> None:
    client = Client()

    await client.hear(events(2, SECONDS * 1.2))

    assert (b"".join(client.body), client.complete) == (b"01", True)


@pytest.mark.parametrize("before", [0, 3])
async def test_an_unread_event_ends_the_stream(before: int) -> None:
    client = Client(*[SOME] * before, 3600)

    async with asyncio.timeout(60):
        await client.hear(events(10))

    assert (len(client.body), client.complete) == (before, False)


async def test_a_timeout_in_the_source_of_events_is_not_the_clients() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"0"
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await Client().hear(failing())
