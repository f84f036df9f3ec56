"""Every response is read as h11 reads it, a parser of its own in Python, or is refused.

Valid responses are both read and leave a connection in the same state. What a mutation has made of them may be refused
by either; where both read it, they read the same.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from oneai.clients.http import ConnectionLost
from oneai.clients.http.connection import HttpConnection
from tests.effort import sample

# What h11 says of the responses that llhttp alone takes: a zero byte in a reason phrase, and line ends before a status
# line (RFC 9112, 2.2). Neither changes where a body begins or ends.
TAKEN_BY_LLHTTP_ALONE = ("illegal status line", "no response line received")


@dataclass(frozen=True)
class Read:
    """What was read of a response. `is_reusable`: whether another request may be sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_reusable: bool


@dataclass(frozen=True)
class Peer:
    """What h11 says of a response: `read` is None where it is `refused`. `needs_end`: only the connection's end ends
    it."""

    read: Read | None
    refused: str = ""
    needs_end: bool = False


async def read_here(parts: Sequence[bytes], *, ends: bool) -> Read:
    """The response in these network reads, as our connection reads it. Raises ConnectionLost."""
    near, far = socket.socketpair()
    with far:
        _, connection = await asyncio.get_running_loop().create_connection(HttpConnection, sock=near)
        try:
            connection.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n", b"")
            for part in parts:
                connection.data_received(part)
            if ends:
                connection.connection_lost(None)
            # All of it is here: nothing is waited for.
            status, headers = await connection.read_head(0)
            body = b""
            while (data := await connection.read(0)) is not None:
                body += data
            if "transfer-encoding" in headers:
                headers["transfer-encoding"] = headers["transfer-encoding"].lower()  # as h11 has it
            return Read(status, headers, body, connection.is_reusable)
        finally:
            connection.abort()


def read_by_h11(data: bytes) -> Peer:
    """The response as h11 reads it."""
    peer = h11.Connection(h11.CLIENT)
    peer.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
    peer.send(h11.EndOfMessage())
    peer.receive_data(data)
    status, body, has_ended = 0, b"", False
    headers: dict[str, str] = {}
    try:
        while True:
            event = peer.next_event()
            if event is h11.NEED_DATA:
                if has_ended:
                    return Peer(None, "cut", needs_end=True)
                has_ended = True
                peer.receive_data(b"")
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                surplus = peer.trailing_data[0].strip(b"\r\n")  # line ends may come before the next status line
                is_reusable = peer.their_state is h11.DONE and not has_ended and not surplus
                return Peer(Read(status, headers, body, is_reusable), needs_end=has_ended)
            elif not isinstance(event, h11.InformationalResponse):
                return Peer(None, "closed", needs_end=True)
    except h11.RemoteProtocolError as error:
        return Peer(None, str(error), needs_end=True)


TOKENS = st.sampled_from([b"x", b"Server", b"X-A", b"date", b"retry-after", b"Set-Cookie"])
VALUES = st.text("abcXYZ 09;,=\t\u00e9", max_size=8).map(lambda text: text.strip().encode("latin-1"))
SPACES = st.sampled_from([b"", b" ", b"\t", b"  "])
FIELDS = st.tuples(TOKENS, SPACES, VALUES, SPACES).map(lambda each: b"%b:%b%b%b\r\n" % each)
SECTIONS = st.lists(FIELDS, max_size=3)
INTERIM = st.tuples(st.sampled_from([100, 102, 103]), SECTIONS).map(
    lambda each: b"HTTP/1.1 %d Wait\r\n%b\r\n" % (each[0], b"".join(each[1]))
)
STATUSES = st.sampled_from([200, 200, 201, 204, 304, 400, 413, 429, 500, 503])
REASONS = st.sampled_from([b"OK", b"", b"Not so \xe9"])
EXTENSIONS = st.sampled_from([b"", b"", b";a", b";a=b", b';a="b c"'])


@st.composite
def chunked(draw: Callable[..., Any], body: bytes) -> bytes:
    """The body in chunks, with extensions and trailers."""
    wire, left = b"", body
    while left:
        size = draw(st.integers(1, len(left)))
        form = draw(st.sampled_from([b"%x", b"%X", b"000%x"]))
        wire += b"%b%b\r\n%b\r\n" % (form % size, draw(EXTENSIONS), left[:size])
        left = left[size:]
    return b"%b0%b\r\n%b\r\n" % (wire, draw(EXTENSIONS), b"".join(draw(SECTIONS)))


@st.composite
def responses(draw: Callable[..., Any]) -> bytes:
    """A valid response, after interim ones, and what may follow it."""
    body = draw(st.binary(max_size=40))
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    fields = draw(SECTIONS)
    if framing == "length":
        fields.append(draw(st.sampled_from([b"content-length", b"Content-Length"])) + b": %d\r\n" % len(body))
    elif framing == "chunked":
        fields.append(draw(st.sampled_from([b"transfer-encoding: chunked\r\n", b"Transfer-Encoding: Chunked\r\n"])))
        body = draw(chunked(body))
    if word := draw(st.sampled_from([b"", b"", b"close", b"Close", b"keep-alive"])):
        fields.append(b"connection: %b\r\n" % word)
    version = draw(st.sampled_from([b"1.1", b"1.1", b"1.1", b"1.0"]))
    line = b"HTTP/%b %d %b\r\n" % (version, draw(STATUSES), draw(REASONS))
    head = b"".join([*draw(st.lists(INTERIM, max_size=2)), line, *draw(st.permutations(fields)), b"\r\n"])
    surplus = draw(st.sampled_from([b"", b"", b"", b"HTTP/1.1 200 OK\r\n\r\n", b"surplus"]))
    return b"".join([head, body, surplus])


@st.composite
def mutated(draw: Callable[..., Any]) -> bytes:
    """A response that a few bytes were changed of, or that was cut off."""
    data = bytearray(draw(responses()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        byte = bytes([draw(st.sampled_from(list(b"\r\n \t:;,0159abcdefx\x00\x80\xff+-HT/.")))])
        change = draw(st.sampled_from(["put", "replace", "remove", "repeat"]))
        if change == "repeat":
            data[place:place] = data[draw(st.integers(0, place)) : place][-40:]
        else:
            data[place : place + (change != "put")] = b"" if change == "remove" else byte
    return bytes(data[: draw(st.sampled_from([len(data), len(data), draw(st.integers(0, len(data)))]))])


def split(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data in parts, cut at these places."""
    cuts = sorted(place % (len(data) + 1) for place in places)
    return [part for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True) if (part := data[start:end])]


PLACES = st.lists(st.integers(0, 2000), max_size=6)


@settings(max_examples=sample(100, 2500))
@given(responses(), PLACES)
async def test_a_valid_response_is_read_as_h11_reads_it(data: bytes, places: list[int]) -> None:
    peer = read_by_h11(data)
    assert peer.read is not None, peer.refused

    read = await read_here(split(data, places), ends=peer.needs_end)

    assert (read.status, read.headers, read.body) == (peer.read.status, peer.read.headers, peer.read.body)
    # h11 ends a connection after every response of HTTP/1.0; ours stays where the response asks for that.
    if b"HTTP/1.0" not in data:
        assert read.is_reusable == peer.read.is_reusable


@settings(max_examples=sample(150, 8000))
@given(mutated(), PLACES)
async def test_a_mutated_response_is_read_as_h11_reads_it_or_refused(data: bytes, places: list[int]) -> None:
    peer = read_by_h11(data)
    try:
        read = await read_here(split(data, places), ends=peer.needs_end)
    except ConnectionLost:
        return

    if peer.read is None:
        assert peer.refused.startswith(TAKEN_BY_LLHTTP_ALONE)
    else:
        assert (read.status, read.headers, read.body) == (peer.read.status, peer.read.headers, peer.read.body)
        assert peer.read.is_reusable or not read.is_reusable or b"HTTP/1.0" in data
