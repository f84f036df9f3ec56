"""HTTP/1.1 as the Runtime API speaks it: headers, error objects, refusals, whole responses."""

import asyncio
import json

from local.lambda_runtime.invocation import Failure, Headers

ACCEPTED = ("202 Accepted", b'{"status":"OK"}')


async def read_headers(reader: asyncio.StreamReader) -> Headers:
    """Headers or trailers up to the empty line; names in lower case."""
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return headers


async def read_failure(path: str, headers: Headers, reader: asyncio.StreamReader) -> Failure:
    """The body of a request to one of the error paths."""
    return Failure(path, headers, json.loads(await reader.readexactly(int(headers["content-length"]))))


def refusal(status: str, error_type: str, message: str) -> tuple[str, bytes]:
    """A refusal in AWS's words."""
    return status, json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def write_response(writer: asyncio.StreamWriter, status: str, body: bytes, headers: Headers | None = None) -> None:
    """A whole response."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
