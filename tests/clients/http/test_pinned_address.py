"""A request to an address that its caller has resolved: the connection leads there, and the name stays the name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from oneai.clients import http
from oneai.clients.http import ConnectionLost, connection_pool
from tests.clients.http.http_server import HEAD, contexts, post

# No resolver knows a name below `.invalid` (RFC 6761, 6.4).
NAME = "hooks.invalid"


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on 127.0.0.1 that keeps its connections: its port, and the heads of its requests."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b'"m"}'):
                heads.append(head)
                writer.write(HEAD + b"content-length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls) as server:
        try:
            yield server.sockets[0].getsockname()[1], heads
        finally:
            http.close()


@pytest.fixture(autouse=True)
def _no_certificates_of_before() -> None:
    connection_pool._tls.cache_clear()


async def test_a_request_goes_to_the_address_and_names_the_host() -> None:
    async with listening() as (port, heads):
        response = await post(f"http://{NAME}:{port}/hook", address="127.0.0.1")
        assert await response.read_all() == b"ok"

    assert f"host: {NAME}:{port}".encode() in heads[0].split(b"\r\n")
    assert heads[0].startswith(b"POST /hook HTTP/1.1\r\n")


async def test_a_name_without_an_address_is_resolved() -> None:
    async with listening() as (port, heads):
        with pytest.raises(ConnectionLost):
            await post(f"http://{NAME}:{port}/hook")

    assert heads == []


async def test_the_certificate_has_to_be_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = contexts(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    asked_for: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    async with listening(tls) as (port, heads):
        response = await post(f"https://{NAME}:{port}", address="127.0.0.1")
        assert await response.read_all() == b"ok"
        with pytest.raises(ConnectionLost):
            await post(f"https://another.invalid:{port}", address="127.0.0.1")

    assert asked_for == [NAME, "another.invalid"]
    assert len(heads) == 1


async def test_a_connection_to_one_address_is_not_taken_for_another() -> None:
    async with listening() as (port, heads):
        url = f"http://{NAME}:{port}"
        for _ in range(2):
            assert await (await post(url, address="127.0.0.1")).read_all() == b"ok"
        with pytest.raises(ConnectionLost):
            await post(url, address="127.0.0.2")

    assert len(heads) == 2


async def test_no_proxy_is_asked_to_resolve_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as (port, heads), listening() as (proxy_port, asked):
        connection_pool.proxy_for.cache_clear()
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy_port}")
        assert await (await post(f"http://{NAME}:{port}", address="127.0.0.1")).read_all() == b"ok"
        connection_pool.proxy_for.cache_clear()

    assert (len(heads), asked) == (1, [])


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:80", "127.1", ""])
def test_an_address_that_is_no_ip_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        http.RequestHead.of_post(f"http://{NAME}", {}, address=address)
