"""The Runtime API: the platform's HTTP server inside the sandbox, which hands out events and takes answers.

One connection per call, as the platform asks of streamed responses; it is on the same machine. Written on asyncio
streams, so that the app's tasks go on while an event is awaited or a reader is slow.
"""

import asyncio
import binascii
from dataclasses import dataclass

from oneai.lambda_stream import faults

PREFIX = "/2018-06-01/runtime"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
# The platform finds the end of the prelude by these, and looks no further than this.
DELIMITER = bytes(8)
PRELUDE_LIMIT = 16 * 1024
# What may wait in this process for a slow reader; whoever sends more waits with it, other tasks go on.
UNSENT_LIMIT = 256 * 1024
READ_LIMIT = 1024 * 1024


class Refused(Exception):
    """The platform did not take what this process sent. Its state is not ours any more: only a new process helps."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform says to one call; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One event, as `/next` hands it out."""

    request_id: str
    deadline_ms: int
    trace_id: str | None
    invocation_id: str | None
    body: bytes

    @property
    def path(self) -> str:
        """Where its answer goes."""
        return f"/invocation/{self.request_id}"

    @property
    def echo(self) -> dict[str, str]:
        """The header that newer platforms want back with the answer."""
        return {"Lambda-Runtime-Invocation-Id": self.invocation_id} if self.invocation_id else {}


class Stream:
    """A response on its way: chunk by chunk, then its end, with the error in the trailers if there was one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        # Listened to from the start, because the platform may refuse while we are still sending.
        self._answer = asyncio.create_task(_read(reader))

    async def write(self, data: bytes) -> None:
        """Sends one chunk. Waits only while the reader is far behind; raises OSError when nobody reads any more."""
        if self._answer.done():
            raise ConnectionResetError("the platform takes no more of this response")
        if data:  # an empty chunk would end the body
            self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))
            await self._writer.drain()

    def end(self, error: BaseException | None = None) -> None:
        """Ends the body at once, without waiting for the reader."""
        trailers = ""
        if error is not None:
            body = binascii.b2a_base64(faults.describe(error), newline=False).decode()
            trailers = f"{ERROR_TYPE}: {faults.error_type(error)}\r\n{ERROR_BODY}: {body}\r\n"
        self._writer.write(f"0\r\n{trailers}\r\n".encode())

    async def accepted(self, seconds: float | None = None) -> None:
        """Returns when the platform has taken the whole response; raises Refused when it has not (within `seconds`)."""
        try:
            async with asyncio.timeout(seconds):
                answer = await self._answer
        except (OSError, EOFError) as error:  # a TimeoutError is an OSError
            raise Refused("the platform hung up before the response was complete") from error
        finally:
            # What still waits for a reader is dropped.
            self._writer.transport.abort()
        _must_be(202, answer)


class RuntimeApi:
    """The calls this runtime makes. Any answer but the expected one raises Refused."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._authority = address
        self._host, self._port = host.strip("[]"), int(port)

    async def next(self) -> Call:
        """Waits for the next event, for as long as it takes."""
        answer = _must_be(200, await self._call("GET", "/invocation/next"))
        headers = answer.headers
        return Call(
            request_id=headers["lambda-runtime-aws-request-id"],
            deadline_ms=int(headers.get("lambda-runtime-deadline-ms", 0)),
            trace_id=headers.get("lambda-runtime-trace-id"),
            invocation_id=headers.get("lambda-runtime-invocation-id"),
            body=answer.body,
        )

    async def respond(self, call: Call, body: bytes) -> None:
        """Answers in one piece, without streaming."""
        headers = {"Content-Type": "application/json", **call.echo}
        _must_be(202, await self._call("POST", f"{call.path}/response", headers, body))

    async def stream(self, call: Call, prelude: bytes) -> Stream:
        """Opens a streamed response; status and headers leave before the first byte of the body is known."""
        reader, writer = await self._connect()
        headers = {
            "Content-Type": "application/vnd.awslambda.http-integration-response",
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
            **call.echo,
        }
        writer.write(self._head("POST", f"{call.path}/response", headers))
        stream = Stream(reader, writer)
        await stream.write(prelude + DELIMITER)
        return stream

    async def fail(self, path: str, error: BaseException, echo: dict[str, str] | None = None) -> None:
        """Reports an error where there is no response to put it into: `/init/error`, `/restore/error`, …"""
        headers = {"Content-Type": "application/json", ERROR_TYPE: faults.error_type(error), **(echo or {})}
        _must_be(202, await self._call("POST", path, headers, faults.describe(error)))

    async def restored(self) -> None:
        """SnapStart: the snapshot is taken while this waits; it returns in every process restored from it."""
        _must_be(200, await self._call("GET", "/restore/next"))

    async def _call(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        reader, writer = await self._connect()
        try:
            length = {"Content-Length": str(len(body))} if method == "POST" else {}
            writer.write(self._head(method, path, {**(headers or {}), **length}) + body)
            return await _read(reader)
        except (OSError, EOFError) as error:
            raise Refused(f"the platform hung up on {path}") from error
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=READ_LIMIT)
        except OSError as error:
            raise Refused("the platform cannot be reached") from error
        writer.transport.set_write_buffer_limits(high=UNSENT_LIMIT)
        return reader, writer

    def _head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        lines = [f"{method} {PREFIX}{path} HTTP/1.1", f"Host: {self._authority}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _must_be(status: int, answer: Answer) -> Answer:
    if answer.status != status:
        raise Refused(f"the platform answered {answer.status}: {answer.body.decode(errors='replace')}")
    return answer


async def _read(reader: asyncio.StreamReader) -> Answer:
    status = int((await _line(reader)).split(maxsplit=2)[1])
    headers = {}
    while line := await _line(reader):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        pieces = []
        while size := int((await _line(reader)).partition(";")[0], 16):
            pieces.append(await reader.readexactly(size))
            await _line(reader)
        return Answer(status, headers, b"".join(pieces))
    return Answer(status, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _line(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n")).decode("latin-1").rstrip("\r\n")
