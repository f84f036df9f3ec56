"""A proxy between the functions and Postgres that tests control: it counts round trips, hangs, breaks and recovers."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.world import Database


class Wire:
    """A unix socket in front of Postgres. `trips` has the statement of every round trip, in the order they were made;
    `connections` counts those that were opened, requests to cancel included."""

    def __init__(self, database: Database) -> None:
        self.trips: list[str] = []
        self.connections = 0
        self._database = database
        self._folder = Path(tempfile.mkdtemp(prefix="oneai-wire-"))
        self._moves = asyncio.Event()
        self._moves.set()
        self._broken = False
        self._loses_reply_to: str | None = None
        self._breaks_at: str | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The URL of Postgres behind this proxy for `oneai_app`."""
        return f"postgresql://oneai_app@/{self._database.name}?host={self._folder}"

    def trips_without_checkpoints(self) -> list[str]:
        """The functions or statements that were called, in order."""
        return [trip for trip in self.trips if "oneai.checkpoint" not in trip]

    def break_(self) -> None:
        """Breaks all open connections and refuses new ones."""
        self._broken = True
        self._drop_all()

    def hang(self) -> None:
        """Stops all traffic, on open connections and on new ones."""
        self._moves.clear()

    def break_at(self, words: str) -> None:
        """`break_`, as soon as a statement with these words comes; Postgres never sees it."""
        self._breaks_at = words

    @property
    def broken(self) -> bool:
        """Whether connections are broken and refused."""
        return self._broken

    def mend(self) -> None:
        """Restores the connection to Postgres."""
        self._broken, self._breaks_at = False, None
        self._moves.set()

    def lose_the_next_reply_to(self, words: str) -> None:
        """The next statement with these words is carried out, and the connection breaks before its result arrives."""
        self._loses_reply_to = words

    @asynccontextmanager
    async def strung(self) -> AsyncIterator["Wire"]:
        """The wire, while it hangs between the two."""
        server = await asyncio.start_unix_server(self._carry, self._folder / ".s.PGSQL.5432")
        try:
            yield self
        finally:
            self.mend()
            server.close()
            self._drop_all()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._broken:
            writer.close()
            return
        self.connections += 1
        there = self._database.server.socket_folder / ".s.PGSQL.5432"
        far_reader, far_writer = await asyncio.open_unix_connection(there)
        self._open |= {writer, far_writer}
        talk = _Talk()
        ways = [
            asyncio.create_task(self._questions(reader, far_writer, talk)),
            asyncio.create_task(self._replies(far_reader, writer, talk)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            end.close()
            self._open.discard(end)
        await asyncio.wait(ways)

    async def _questions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: "_Talk") -> None:
        """Message by message: a type, a length that counts itself, the rest. The first has no type."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            kind = b""
            while True:
                length = await reader.readexactly(4)
                body = await reader.readexactly(int.from_bytes(length) - 4)
                if kind == b"P":
                    talk.statement = body.split(b"\0")[1].decode()
                elif kind == b"Q":
                    talk.statement = body.rstrip(b"\0").decode()
                if self._breaks_at is not None and self._breaks_at in talk.statement:
                    self.break_()
                    return
                if kind in (b"S", b"Q"):
                    self.trips.append(talk.statement)
                    if self._loses_reply_to is not None and self._loses_reply_to in talk.statement:
                        self._loses_reply_to, talk.loses_reply = None, True
                await self._moves.wait()
                writer.write(kind + length + body)
                await writer.drain()
                kind = await reader.readexactly(1)

    async def _replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: "_Talk") -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._moves.wait()
                if talk.loses_reply:
                    return
                writer.write(data)
                await writer.drain()

    def _drop_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()


class _Talk:
    """The traffic of one connection."""

    statement = ""
    loses_reply = False
