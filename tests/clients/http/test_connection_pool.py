"""Which connection a request takes: one that waits, a new one, or one through a proxy."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from oneai.clients import http
from oneai.clients.http import ConnectionLost, connection_pool, streamed
from oneai.clients.http.connection import HttpConnection
from tests.clients.http.http_server import HEAD, contexts, post, sending, server
from tests.patience import eventually

OK = HEAD + b"content-length: 2\r\n\r\nok"


@asynccontextmanager
async def counting(answer: bytes, then_close: bool = False) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers any number of requests of a connection: its address, and how many requests each of them
    brought."""
    requests: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        n = len(requests)
        requests.append(0)
        try:
            while True:
                await reader.readuntil(b'"m"}')
                requests[n] += 1
                writer.write(answer)
                await writer.drain()
                if then_close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", requests
        http.close()


async def ask_twice(url: str) -> None:
    for _ in range(2):
        assert await (await post(url)).read_all() == b"ok"


async def test_a_response_read_to_its_end_keeps_its_connection() -> None:
    async with counting(OK) as (url, requests):
        await ask_twice(url)
        assert requests == [2]


@pytest.mark.parametrize(
    "answer",
    [HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\nok", OK + OK, OK + b"surplus"],
    ids=["it says that it closes", "a second response", "no response"],
)
async def test_the_next_request_opens_a_connection_after_such_a_response(answer: bytes) -> None:
    async with counting(answer) as (url, requests):
        await ask_twice(url)
        assert requests == [1, 1]


async def test_a_connection_closed_by_the_server_is_not_reused() -> None:
    async with counting(OK, then_close=True) as (url, requests):
        assert await (await post(url)).read_all() == b"ok"
        ((_, waiting),) = idle()
        await eventually(lambda: closed(waiting), bool)
        assert await (await post(url)).read_all() == b"ok"
        assert requests == [1, 1]


def idle() -> list[tuple[connection_pool.Origin, HttpConnection]]:
    """The connections that wait for a request."""
    return streamed._pools[asyncio.get_running_loop()]._idle


async def closed(connection: HttpConnection) -> bool:
    return connection._is_closed


async def test_a_connection_idle_for_long_is_not_reused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with counting(OK) as (url, requests):
        assert await (await post(url)).read_all() == b"ok"
        monkeypatch.setattr(connection_pool, "IDLE_SECONDS", -1.0)
        assert await (await post(url)).read_all() == b"ok"
        assert requests == [1, 1]


async def test_an_unread_response_closes_its_connection() -> None:
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n")
        await reader.read(1000)
        assert await reader.read() == b""
        left.set()

    async with server(endless) as url:
        response = await post(url)
        assert await response.read() == b"ok"
        response.close()
        await left.wait()
        assert await response.read() is None


async def test_the_number_of_idle_connections_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "IDLE_CONNECTIONS", 3)
    async with counting(OK) as (url, requests):
        responses = await asyncio.gather(*(post(url) for _ in range(8)))
        for response in responses:
            assert await response.read_all() == b"ok"
        assert len(requests) == 8
        assert len(idle()) == 3


async def test_an_address_without_a_listener_is_a_lost_connection() -> None:
    async with server(sending(OK)) as url:
        pass
    with pytest.raises(ConnectionLost):
        await post(url)


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """For setting the environment's proxies."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    caches = (connection_pool.proxy_for, connection_pool._tls)
    for cache in caches:
        cache.cache_clear()
    yield monkeypatch
    for cache in caches:
        cache.cache_clear()


async def test_a_proxy_from_the_environment_is_used_for_other_hosts(proxies: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        proxies.setenv("http_proxy", f"http://asha:a%40b@127.0.0.1:{port}")
        assert await (await post("http://models.example/api/v1?a=b")).read_all() == b"ok"
        http.close()

    lines = heads[0].split(b"\r\n")
    assert lines[0] == b"POST http://models.example/api/v1?a=b HTTP/1.1"
    assert b"host: models.example" in lines
    assert b"proxy-authorization: Basic " + b64encode(b"asha:a@b") in lines


@pytest.mark.parametrize("status", [200, 407])
async def test_a_tls_request_through_a_proxy_is_hidden_from_it(
    proxies: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    heads: list[bytes] = []
    tls, trusted = contexts(tmp_path)
    proxies.setenv("SSL_CERT_FILE", str(trusted))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 %d Said\r\n\r\n" % status)
        if status == 200:
            there, back = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
            await asyncio.gather(copy(reader, back), copy(there, writer))
        writer.close()

    async with (
        server(sending(OK), tls) as url,
        await asyncio.start_server(proxy, "127.0.0.1", 0) as listening,
    ):
        proxies.setenv("https_proxy", f"http://asha:secret@127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        # Any host but those that are always asked without a proxy; the certificate is for `localhost`.
        proxies.setattr(connection_pool, "proxy_for", _always)
        if status == 200:
            assert await (await post(url)).read_all() == b"ok"
        else:
            with pytest.raises(ConnectionLost):
                await post(url)

    lines = heads[0].split(b"\r\n")
    assert lines[0] == b"CONNECT localhost:%d HTTP/1.1" % (urlsplit(url).port or 0)
    assert b"proxy-authorization: Basic " + b64encode(b"asha:secret") in lines
    assert b"key" not in heads[0]


def _always(_scheme: str, _host: str) -> str | None:
    return os.environ["https_proxy"]
