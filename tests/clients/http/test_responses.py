"""The connection itself: TLS, timeouts, bodies that are compressed or cut, and what is no response."""

import asyncio
import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest

from oneai.clients import http
from oneai.clients.http import ConnectionLost, ReadTimedOut, connection, connection_pool, streamed
from tests.clients.http.http_server import HEAD, contexts, post, sending, server

pytestmark = pytest.mark.sampled(0.5)

OK = HEAD + b"content-length: 2\r\n\r\nok"


@pytest.fixture(autouse=True)
def _no_certificates_of_before() -> None:
    connection_pool._tls.cache_clear()


async def hello(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body of several reads, larger than what is kept unread."""
    writer.write(HEAD + b"content-length: 1000000\r\n\r\n")
    for _n in range(10):
        writer.write(b"x" * 100_000)
        await writer.drain()


async def test_a_response_is_read_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = contexts(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with server(hello, tls) as url:
        response = await post(url)
        assert response.status == 200
        assert await response.read_all() == b"x" * 1_000_000
        response.close()


async def test_a_server_with_an_unknown_certificate_is_refused(tmp_path: Path) -> None:
    tls, _ = contexts(tmp_path)
    async with server(hello, tls) as url:
        with pytest.raises(ConnectionLost):
            await post(url)


async def test_a_silent_response_times_out() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 5\r\n\r\nab")
        await reader.read(1000)
        await reader.read()

    async with server(silent) as url:
        response = await post(url, idle_seconds=0.2)
        assert await response.read() == b"ab"
        with pytest.raises(ReadTimedOut):
            await response.read()
        response.close()


async def test_a_server_that_never_responds_times_out() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        await reader.read()

    async with server(silent) as url:
        with pytest.raises(ReadTimedOut):
            await post(url, idle_seconds=0.2)


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (HEAD + b"content-encoding: gzip\r\n\r\n" + gzip.compress(b"hello"), b"hello"),
        (HEAD + b"content-encoding: gzip\t\r\n\r\n" + gzip.compress(b"hello"), b"hello"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", b"hello"),
        (HEAD + b"\r\nhello", b"hello"),
        (HEAD + b"content-length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
    ],
    ids=[
        "compressed",
        "compressed, with space after it",
        "chunked",
        "until it is closed",
        "empty",
        "none",
        "after interim ones",
        "of HTTP/1.0",
    ],
)
async def test_a_body_of_any_kind_is_read(sent: bytes, body: bytes) -> None:
    async with server(sending(sent)) as url:
        assert await (await post(url)).read_all() == body
    async with server(sending(*(sent[n : n + 1] for n in range(len(sent))))) as url:
        assert await (await post(url)).read_all() == body


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 two hundred OK\r\n\r\n",
        HEAD + b"content-length: 100\r\n\r\nab",
        HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhel",
        HEAD + b"transfer-encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n",
        HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: identity\r\n\r\nhello",
        HEAD + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n\x81\x05hello",
        HEAD + b"x: " + b"y" * 10 * connection.MAX_HEAD_BYTES,
    ],
    ids=[
        "nothing",
        "another protocol",
        "no status",
        "cut",
        "a cut chunk",
        "no size of a chunk",
        "two lengths",
        "another coding before chunked",
        "another coding in a header of its own",
        "another coding",
        "not compressed as it says",
        "an upgrade",
        "headers without end",
    ],
)
async def test_an_invalid_response_is_a_lost_connection(sent: bytes) -> None:
    async with server(sending(sent)) as url:
        with pytest.raises(ConnectionLost):
            await (await post(url)).read_all()


async def test_a_trailer_is_no_header() -> None:
    sent = b"%btransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-key: 1\r\ncontent-type: text/html\r\n\r\n" % HEAD
    async with server(sending(sent)) as url:
        response = await post(url)
        assert await response.read_all() == b"ok"

    assert response.headers == {"content-type": "text/event-stream", "transfer-encoding": "chunked"}


async def test_a_response_before_the_end_of_the_request_is_accepted() -> None:
    left = asyncio.Event()

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 9\r\n\r\ntoo large")
        await left.wait()

    async with server(refuse) as url:
        response = await post(url, b"m" * 20_000_000)
        assert response.status == 413
        assert await response.read_all() == b"too large"
        # Half of a request is on its way there.
        assert not streamed._pools[asyncio.get_running_loop()]._idle
        left.set()


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    async with server(sending(OK)) as url:
        for value in (b"One\x01AI", b"One\r\nX-Evil: AI"):
            with pytest.raises(ConnectionLost):
                http.RequestHead.of_post(url, {b"title": value})
            with pytest.raises(ConnectionLost):
                await post(url, title=value)
        assert (await post(url, title=b"One AI")).status == 200


@pytest.mark.parametrize("path", ["/a b", "/a\x00", "/चैट", "/a?b=c d"])
async def test_an_address_with_a_character_that_none_may_have_is_not_asked(path: str) -> None:
    with pytest.raises(ConnectionLost):
        http.RequestHead.of_post(f"http://127.0.0.1{path}", {})


async def test_a_request_is_sent_in_one_piece() -> None:
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(65536))
        writer.write(HEAD + b"content-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        response = await post(f"http://127.0.0.1:{port}")
        http.close()

    assert response.status == 200
    assert received[0].endswith(b'\r\n\r\n{"model":"m"}')


async def test_a_compressed_body_is_inflated_in_bounded_pieces() -> None:
    """64 MB of zeros are 64 kB compressed, as one network read brings them."""
    size = 64 * 1024 * 1024
    sent = HEAD + b"content-encoding: gzip\r\n\r\n" + gzip.compress(bytes(size))
    async with server(sending(sent)) as url:
        response = await post(url)
        pieces = []
        while (piece := await response.read()) is not None:
            pieces.append(len(piece))

    assert max(pieces) <= streamed.INFLATED_AT_ONCE
    assert sum(pieces) == size


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_decompression_bomb_is_given_up_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(streamed, "MAX_INFLATED", 4 * 1024 * 1024)
    compress = gzip.compress if encoding == "gzip" else zlib.compress
    sent = HEAD + f"content-encoding: {encoding}\r\n\r\n".encode() + compress(bytes(64 * 1024 * 1024))
    async with server(sending(sent)) as url:
        tracemalloc.start()
        try:
            with pytest.raises(ConnectionLost):
                await (await post(url)).read_all()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 16 * 1024 * 1024


async def test_the_beginning_of_a_compressed_error_is_read_even_if_it_is_a_bomb() -> None:
    sent = b"HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(b"error " * 10_000_000)
    async with server(sending(sent)) as url:
        error = await (await post(url)).read_error()

    assert error.startswith(b"error ")
    assert len(error) <= streamed.MAX_ERROR + streamed.INFLATED_AT_ONCE


async def test_an_absurdly_large_body_is_given_up() -> None:
    async with server(sending(HEAD + b"\r\n", b"x" * 3_000_000)) as url:
        with pytest.raises(streamed.ResponseTooLarge):
            await (await post(url)).read_all(1_000_000)
