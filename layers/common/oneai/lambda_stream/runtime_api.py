"""Client of the Runtime API, the platform's HTTP server inside the sandbox for events and their responses.

One connection per request, as the platform requires for streamed responses; it is on the same machine. Uses asyncio
streams, so that the app's tasks run while it waits for an event or a slow reader.
"""

import asyncio
import binascii
from dataclasses import dataclass

from oneai.lambda_stream import faults

PREFIX = "/2018-06-01/runtime"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
# The delimiter after the prelude, and the length within which the platform looks for it.
DELIMITER = bytes(8)
PRELUDE_LIMIT = 16 * 1024
# The bytes buffered for a slow reader; a task that sends more waits, other tasks do not.
UNSENT_LIMIT = 256 * 1024
READ_LIMIT = 1024 * 1024


class RuntimeApiError(Exception):
    """The platform did not accept a request. Its state is unknown then: only a new process helps."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """The platform's response to one request; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event, as `/next` returns it."""

    request_id: str
    deadline_ms: int
    trace_id: str | None
    invocation_id: str | None
    body: bytes

    @property
    def path(self) -> str:
        """The path for its response."""
        return f"/invocation/{self.request_id}"

    @property
    def echo(self) -> dict[str, str]:
        """The header that newer platforms expect back with the response."""
        return {"Lambda-Runtime-Invocation-Id": self.invocation_id} if self.invocation_id else {}


class ResponseStream:
    """A streamed response: chunks, then its end, with the error in the trailers if there was one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        # Read from the start, because the platform may refuse while the response is still being sent.
        self._reply = asyncio.create_task(_read(reader))

    async def write(self, data: bytes) -> None:
        """Sends one chunk. Waits only while the reader is far behind; raises OSError if the platform stopped."""
        if self._reply.done():
            raise ConnectionResetError("the platform stopped reading this response")
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

    async def wait_until_accepted(self, seconds: float | None = None) -> None:
        """Waits until the platform accepts the whole response. Raises RuntimeApiError if it does not (in `seconds`)."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._reply
        except (OSError, EOFError) as error:  # a TimeoutError is an OSError
            raise RuntimeApiError("the platform closed the connection before the response was complete") from error
        finally:
            # Drops bytes that are still buffered.
            self._writer.transport.abort()
        _check_status(202, response)


class RuntimeApi:
    """The requests of this runtime. A response with another status than the expected one raises RuntimeApiError."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._authority = address
        self._host, self._port = host.strip("[]"), int(port)

    async def next(self) -> Invocation:
        """Waits for the next event, without a timeout."""
        response = _check_status(200, await self._request("GET", "/invocation/next"))
        headers = response.headers
        return Invocation(
            request_id=headers["lambda-runtime-aws-request-id"],
            deadline_ms=int(headers.get("lambda-runtime-deadline-ms", 0)),
            trace_id=headers.get("lambda-runtime-trace-id"),
            invocation_id=headers.get("lambda-runtime-invocation-id"),
            body=response.body,
        )

    async def respond(self, invocation: Invocation, body: bytes) -> None:
        """Sends a response without streaming."""
        headers = {"Content-Type": "application/json", **invocation.echo}
        _check_status(202, await self._request("POST", f"{invocation.path}/response", headers, body))

    async def stream(self, invocation: Invocation, prelude: bytes) -> ResponseStream:
        """Opens a streamed response; status and headers are sent before the first byte of the body."""
        reader, writer = await self._connect()
        headers = {
            "Content-Type": "application/vnd.awslambda.http-integration-response",
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
            **invocation.echo,
        }
        writer.write(self._head("POST", f"{invocation.path}/response", headers))
        stream = ResponseStream(reader, writer)
        await stream.write(prelude + DELIMITER)
        return stream

    async def fail(self, path: str, error: BaseException, echo: dict[str, str] | None = None) -> None:
        """Reports an error outside of a response: `/init/error`, `/restore/error`, …"""
        headers = {"Content-Type": "application/json", ERROR_TYPE: faults.error_type(error), **(echo or {})}
        _check_status(202, await self._request("POST", path, headers, faults.describe(error)))

    async def wait_for_restore(self) -> None:
        """SnapStart: the snapshot is taken during this request; it returns in every process restored from it."""
        _check_status(200, await self._request("GET", "/restore/next"))

    async def _request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> ApiResponse:
        reader, writer = await self._connect()
        try:
            length = {"Content-Length": str(len(body))} if method == "POST" else {}
            writer.write(self._head(method, path, {**(headers or {}), **length}) + body)
            return await _read(reader)
        except (OSError, EOFError) as error:
            raise RuntimeApiError(f"the platform closed the connection on {path}") from error
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=READ_LIMIT)
        except OSError as error:
            raise RuntimeApiError("the platform cannot be reached") from error
        writer.transport.set_write_buffer_limits(high=UNSENT_LIMIT)
        return reader, writer

    def _head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        lines = [f"{method} {PREFIX}{path} HTTP/1.1", f"Host: {self._authority}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _check_status(status: int, response: ApiResponse) -> ApiResponse:
    if response.status != status:
        raise RuntimeApiError(f"the platform answered {response.status}: {response.body.decode(errors='replace')}")
    return response


async def _read(reader: asyncio.StreamReader) -> ApiResponse:
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
        return ApiResponse(status, headers, b"".join(pieces))
    return ApiResponse(status, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _line(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n")).decode("latin-1").rstrip("\r\n")
