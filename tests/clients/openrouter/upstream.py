"""The stand-in on a real socket, an upstream with handwritten bytes, and what the client yields."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from oneai.clients import openrouter
from oneai.errors import OneAIError
from oneai.models import Completion
from stand_ins.openrouter import create
from tests.patience import eventually, until
from tests.served import Server

RECORDED = ("replay/", "replay-json/", "replay-error/")


@dataclass
class CompletionResult:
    """Everything one completion brought."""

    text: str = ""
    reasoning: str = ""
    images: list[str] = field(default_factory=list)
    pieces: int = 0
    completion: Completion | None = None
    error: OneAIError | None = None

    @property
    def said(self) -> Completion:
        """The completion, which there must be."""
        assert self.completion is not None
        return self.completion

    @property
    def alert(self) -> str | None:
        """Which alert the error asks for."""
        return getattr(self.error, "alert", None)


async def ask(model: str, question: str = "What is a cat?", **fields: Any) -> CompletionResult:
    """Asks through the client and records the result."""
    heard = CompletionResult()
    request = {"model": model, "messages": [{"role": "user", "content": question}], **fields}
    try:
        async with openrouter.complete(request) as completion:
            heard.completion = completion
            async for pieces in completion:
                assert pieces, "an empty list of pieces is nothing to tell anybody"
                heard.pieces += len(pieces)
                for piece in pieces:
                    if piece.kind == "text":
                        heard.text += piece.text
                    elif piece.kind == "reasoning":
                        heard.reasoning += piece.text
                    else:
                        heard.images.append(piece.text)
    except OneAIError as error:
        heard.error = error
    return heard


@dataclass
class Upstream:
    """A stand-in that is running."""

    address: str

    async def requests(self) -> list[dict[str, Any]]:
        """What it was asked, oldest first."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.address}/local/openrouter/requests")
        found: list[dict[str, Any]] = answer.json()
        return found

    async def last(self) -> dict[str, Any]:
        """The last thing it was asked."""
        return (await self.requests())[-1]

    async def left(self) -> dict[str, Any]:
        """The last request, once its reader is known to be gone."""
        return await eventually(self.last, lambda last: last["client_disconnected_at_frame"] is not None)


@asynccontextmanager
async def running(recordings: Sequence[Path], *, generation_misses: int = 1) -> AsyncIterator[Upstream]:
    """Runs the stand-in on a free port, in this loop."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create(recordings, pause=0, generation_misses=generation_misses)
        server = Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await until(lambda: server.started or serving.done())
            yield Upstream(f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.end()
            await serving


class Wire:
    """An upstream written by hand: it answers every request with the reads, headers and status it was given."""

    def __init__(self) -> None:
        self.reads: list[bytes] = []
        self.head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
        self.asked = 0
        self.hangs = False
        self.drops = 0
        """How many of the next requests find their connection closed instead of an answer."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, any number of requests; each read is an HTTP chunk and reaches the client by itself."""
        while head := await self._head_of(reader):
            length = next((line[15:] for line in head.lower().split("\r\n") if line.startswith("content-length:")), "0")
            await reader.readexactly(int(length))
            self.asked += 1
            if self.drops:
                self.drops -= 1
                break
            writer.write(f"{self.head}transfer-encoding: chunked\r\n\r\n".encode())
            for read in self.reads:
                writer.write(b"%x\r\n%s\r\n" % (len(read), read))
            await writer.drain()
            if self.hangs:
                await reader.read()
                break
            writer.write(b"0\r\n\r\n")
        writer.close()

    async def _head_of(self, reader: asyncio.StreamReader) -> str:
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return ""
