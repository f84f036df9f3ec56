"""An upstream whose answers to requests of embeddings are lost after it has read them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, get_args
from urllib.parse import urlsplit

import pytest

from oneai import settings
from oneai.clients import openrouter
from tests.world import World

type Loss = Literal["closed", "broken off", "silent", "no vectors", "no JSON", "too large"]
LOSSES: tuple[Loss, ...] = get_args(Loss.__value__)

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
TOO_LARGE = 65 * 1024 * 1024
ANSWERS: dict[Loss, bytes] = {
    "closed": b"",
    "broken off": HEAD + b'content-length: 9000\r\n\r\n{"data": [',
    "silent": b"",
    "no vectors": HEAD + b'content-length: 12\r\n\r\n{"data": []}',
    "no JSON": HEAD + b"content-length: 5\r\n\r\n<htm>",
    "too large": HEAD + b"content-length: %d\r\n\r\n" % TOO_LARGE,
}


@asynccontextmanager
async def losing_embeddings(world: World, monkeypatch: pytest.MonkeyPatch, loss: Loss) -> AsyncIterator[list[bytes]]:
    """Between the functions and the world's upstream: it passes on all but requests of embeddings, whose heads are
    yielded and whose answers are lost."""
    requests: list[bytes] = []
    upstream = urlsplit(world.upstream)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST /api/v1/embeddings "):
            (length,) = (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            requests.append(head)
            await _lose(writer, loss)
            if loss == "silent":
                await reader.read()
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(upstream.hostname, upstream.port)
        far_writer.write(head)
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with monkeypatch.context() as patch:
            patch.setenv("OPENROUTER_BASE_URL", f"http://127.0.0.1:{port}/api/v1")
            patch.setenv("OPENROUTER_IDLE_SECONDS", "0.5" if loss == "silent" else "20")
            settings.reset_cache()
            yield requests
            await openrouter.close()
        settings.reset_cache()
        server.close_clients()


async def _lose(writer: asyncio.StreamWriter, loss: Loss) -> None:
    writer.write(ANSWERS[loss])
    try:
        if loss == "too large":
            for _ in range(TOO_LARGE // 65_536):
                writer.write(b" " * 65_536)
                await writer.drain()
        await writer.drain()
    except ConnectionError:
        pass


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()
