"""Whether a request has left, which decides whether an answer that its user ends is charged."""

import asyncio

import pytest

from oneai.clients import openrouter
from oneai.clients.model_streams import completion as door
from oneai.errors import OneAIError
from oneai.models import Completion
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.upstream import Upstream, Wire, ask
from tests.patience import PATIENCE, until

REQUEST = {"model": "local/echo", "messages": [{"role": "user", "content": "Hello"}]}


async def read(completion: Completion) -> None:
    """To its end."""
    async for _ in completion:
        pass


async def test_a_request_counts_as_sent_before_any_response(configure: Configure) -> None:
    reads = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reads.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as server:
        configure(OPENROUTER_BASE_URL=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1")
        async with openrouter.complete(REQUEST) as completion:
            assert not completion.sent
            reading = asyncio.create_task(read(completion))
            await reads.wait()
            await until(lambda: completion.sent)
            assert completion.generation_id is None
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert completion.sent, "it was ended from here, and the other side has the request"
        await openrouter.close()


async def test_an_answered_request_counts_as_sent(upstream: Upstream) -> None:
    assert (await ask("local/echo")).said.sent


@pytest.mark.parametrize("model", ["local/error-503", "local/error-401", "local/error-before-first", "local/empty"])
async def test_a_refused_or_broken_request_does_not_count_as_sent(model: str, upstream: Upstream) -> None:
    heard = await ask(model)

    assert heard.said.sent == (heard.error is None)


THOUGHT = b'data: {"choices": [{"delta": {"reasoning": "Well"}}]}\n\n'
BROKE_OFF = b'data: {"choices": [], "error": {"code": 502, "message": "Overloaded"}}\n\n'


@pytest.mark.parametrize(
    ("status", "reads"),
    [("503 Service Unavailable", [b'{"error": ']), ("200 OK", [BROKE_OFF]), ("200 OK", [THOUGHT, BROKE_OFF])],
    ids=["refused", "broken off", "broken off after thoughts"],
)
async def test_cancelling_while_a_failures_usage_is_awaited_leaves_it_unsent(
    wire: Wire, configure: Configure, monkeypatch: pytest.MonkeyPatch, status: str, reads: list[bytes]
) -> None:
    monkeypatch.setattr(door, "ERROR_USAGE_WAIT_SECONDS", 2.0 * PATIENCE)
    configure(OPENROUTER_IDLE_SECONDS=str(2 * PATIENCE))
    wire.head = f"HTTP/1.1 {status}\r\ncontent-type: text/event-stream\r\n"
    wire.reads, wire.hangs = reads, True
    async with openrouter.complete(REQUEST) as completion:
        reading = asyncio.create_task(read(completion))
        await until(lambda: wire.asked and not completion.sent)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    assert not completion.sent


async def test_a_request_to_an_unreachable_upstream_is_not_sent(configure: Configure) -> None:
    configure(OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1")

    async with openrouter.complete(REQUEST) as completion:
        with pytest.raises(OneAIError):
            await read(completion)

    assert not completion.sent
    await openrouter.close()
