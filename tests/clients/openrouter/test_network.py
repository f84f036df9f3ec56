"""The connection itself: TLS, timeouts, bodies that are compressed or cut, and a proxy of the environment."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from oneai.clients import openrouter
from oneai.clients.openrouter import streamed
from oneai.clients.openrouter.connection import ConnectionLost, ReadTimedOut
from tests.clients.openrouter.conftest import Configure

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"

type Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def certificate(folder: Path) -> Path:
    """A certificate for `localhost` with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@asynccontextmanager
async def server(configure: Configure, handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """An upstream that answers with `handler`, after a request's headers, set as the client's; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await handler(reader, writer)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls) as listening:
        port = listening.sockets[0].getsockname()[1]
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        configure(OPENROUTER_BASE_URL=f"{scheme}://{host}:{port}/api/v1")
        yield port
        await openrouter.close()


async def post() -> streamed.StreamedResponse:
    """The response to a request."""
    return await streamed.post("/chat/completions", {"model": "m"}, "key", lambda: None)


def contexts(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """The server's TLS, and the file that a client trusts."""
    file = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


async def hello(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body of several reads, larger than what is kept unread."""
    writer.write(HEAD + b"content-length: 1000000\r\n\r\n")
    for _n in range(10):
        writer.write(b"x" * 100_000)
        await writer.drain()


async def test_a_response_is_read_over_tls(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, trusted = contexts(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with server(configure, hello, tls):
        response = await post()
        assert response.status == 200
        assert await response.read_all() == b"x" * 1_000_000
        await response.close()


async def test_a_server_with_an_unknown_certificate_is_refused(configure: Configure, tmp_path: Path) -> None:
    tls, _ = contexts(tmp_path)
    async with server(configure, hello, tls):
        with pytest.raises(ConnectionLost):
            await post()


async def test_a_silent_response_times_out(configure: Configure) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 5\r\n\r\nab")
        await reader.read(1000)
        await reader.read()

    async with server(configure, silent):
        configure(OPENROUTER_IDLE_SECONDS="0.2")
        response = await post()
        assert await response.read() == b"ab"
        with pytest.raises(ReadTimedOut):
            await response.read()
        await response.close()


async def test_a_body_that_is_compressed_all_the_same_is_read(configure: Configure) -> None:
    async def compressed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = gzip.compress(b"data: hello\n\n")
        writer.write(HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    async with server(configure, compressed):
        assert await (await post()).read_all() == b"data: hello\n\n"


async def test_a_body_that_is_cut_is_a_lost_connection(configure: Configure) -> None:
    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 100\r\n\r\nab")

    async with server(configure, cut):
        with pytest.raises(ConnectionLost):
            await (await post()).read_all()


async def test_a_proxy_of_the_environment_is_asked_for_other_hosts(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readuntil(b"\r\n\r\n")).splitlines()[0])
        writer.write(HEAD + b"content-length: 2\r\n\r\nok")
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        streamed._proxy.cache_clear()
        configure(OPENROUTER_BASE_URL="http://models.example/api/v1")
        assert await (await post()).read_all() == b"ok"
        await openrouter.close()
        streamed._proxy.cache_clear()

    assert lines == [b"POST http://models.example/api/v1/chat/completions HTTP/1.1"]


async def test_a_request_is_sent_in_one_piece(configure: Configure) -> None:
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(65536))
        writer.write(HEAD + b"content-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        configure(OPENROUTER_BASE_URL=f"http://127.0.0.1:{port}/api/v1")
        response = await post()
        await openrouter.close()

    assert response.status == 200
    assert received[0].endswith(b'\r\n\r\n{"model":"m"}')
