"""TCP and TLS for httpcore on asyncio itself (httpcore, "Network Backends").

A read is one future with one timer, and none where bytes are there already. The library's own backend opens a cancel
scope for each, and switches the selector on and off.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore

# Of bytes that were not read yet; with more the socket is left to fill.
MOST_UNREAD_BYTES = 256 * 1024
# Until an address of the other kind (IPv6, IPv4) is tried beside one that is silent; RFC 8305.
NEXT_ADDRESS_SECONDS = 0.25
# A write of at most so many bytes, such as a request's headers, is sent together with the next one.
HELD_BYTES = 16 * 1024


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Connects with asyncio."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the library's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """A connection. Raises httpcore.ConnectTimeout and httpcore.ConnectError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, protocol = await loop.create_connection(
                    _Protocol,
                    host,
                    port,
                    local_addr=(local_address, 0) if local_address else None,
                    happy_eyeballs_delay=NEXT_ADDRESS_SECONDS,
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError from error
        return AsyncioStream(protocol)

    async def sleep(self, seconds: float) -> None:
        """Waits, before a connection is tried again."""
        await asyncio.sleep(seconds)


class AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, protocol: "_Protocol") -> None:
        self._protocol = protocol
        self._held = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What has arrived; empty at the end. Raises httpcore.ReadTimeout, httpcore.ReadError, and what `write`
        raises."""
        if self._held:
            await self._flush(b"", timeout)
        return await self._protocol.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Holds a request's headers until its body follows, in one packet and one record of TLS. Otherwise, and after
        an empty write, which ends a request, it returns when all is sent but for a rest that the socket takes later.
        Raises httpcore.WriteTimeout and httpcore.WriteError."""
        if buffer and not self._held and len(buffer) <= HELD_BYTES:
            self._held = buffer
        else:
            await self._flush(buffer, timeout)

    async def _flush(self, buffer: bytes, seconds: float | None) -> None:
        data = [each for each in (self._held, buffer) if each]
        self._held = b""
        if data:
            await self._protocol.write(data, seconds)

    async def aclose(self) -> None:
        """Closes it now, without a farewell of TLS that the other side may not answer."""
        self._protocol.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS. Raises httpcore.ConnectTimeout and httpcore.ConnectError."""
        protocol, loop = self._protocol, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                transport = await loop.start_tls(
                    protocol.transport, protocol, ssl_context, server_hostname=server_hostname
                )
        except BaseException as error:
            protocol.transport.abort()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout from error
            if isinstance(error, OSError):  # which an SSLError is too
                raise httpcore.ConnectError from error
            raise
        protocol.transport = cast("asyncio.Transport", transport)
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a connection; one that is idle and readable was closed by the other side."""
        if info == "is_readable":
            return self._protocol.has_news
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._protocol.transport.get_extra_info(names.get(info, info))


class _Protocol(asyncio.Protocol):
    """Keeps what arrives until it is read."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._unread: list[bytes] = []
        self._unread_bytes = 0
        self._at_end = False
        self._failure: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._reads = self._writes = True

    @property
    def has_news(self) -> bool:
        """Whether a read would return at once."""
        return bool(self._unread) or self._at_end

    async def read(self, max_bytes: int, seconds: float | None) -> bytes:
        """See `AsyncioStream.read`."""
        if not self.has_news:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await _within(self._reader, seconds, httpcore.ReadTimeout)
            finally:
                self._reader = None
        if not self._unread:
            if self._failure is not None:
                raise httpcore.ReadError from self._failure
            return b""
        data = self._unread[0] if len(self._unread) == 1 else b"".join(self._unread)
        data, rest = data[:max_bytes], data[max_bytes:]
        self._unread = [rest] if rest else []
        self._unread_bytes = len(rest)
        if not self._reads and self._unread_bytes <= MOST_UNREAD_BYTES:
            self._reads = True
            self.transport.resume_reading()
        return data

    async def write(self, data: list[bytes], seconds: float | None) -> None:
        """Sends it. Raises httpcore.WriteTimeout and httpcore.WriteError."""
        if self._failure is not None or self.transport.is_closing():
            raise httpcore.WriteError from self._failure
        self.transport.writelines(data)
        if not self._writes:
            self._writer = asyncio.get_running_loop().create_future()
            try:
                await _within(self._writer, seconds, httpcore.WriteTimeout)
            finally:
                self._writer = None
            if self._failure is not None:
                raise httpcore.WriteError from self._failure

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread.append(data)
        self._unread_bytes += len(data)
        if self._reads and self._unread_bytes > MOST_UNREAD_BYTES:
            self._reads = False
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self._at_end = True
        _wake(self._reader)

    def pause_writing(self) -> None:
        self._writes = False

    def resume_writing(self) -> None:
        self._writes = True
        _wake(self._writer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._at_end = True
        self._failure = exc
        _wake(self._reader)
        _wake(self._writer)


async def _within(future: "asyncio.Future[None]", seconds: float | None, late: type[Exception]) -> None:
    """Waits for the future. Raises `late` after so many seconds."""
    if seconds is None:
        await future
        return
    timer = asyncio.get_running_loop().call_later(seconds, _fail, future, late)
    try:
        await future
    finally:
        timer.cancel()


def _fail(future: "asyncio.Future[None]", late: type[Exception]) -> None:
    if not future.done():
        future.set_exception(late())


def _wake(future: "asyncio.Future[None] | None") -> None:
    if future is not None and not future.done():
        future.set_result(None)
