"""One request and its response: the app's `receive` and `send` on one side, the platform on the other."""

import asyncio
import json
from typing import Any

from oneai import errors
from oneai.lambda_stream import faults
from oneai.lambda_stream.events import Headers, Message
from oneai.lambda_stream.runtime_api import DELIMITER, PRELUDE_LIMIT, Call, RuntimeApi, Stream

# What an app left incomplete, because nobody read it perhaps, is given up after so long.
SECONDS_TO_TAKE_THE_REST = 3


class Exchange:
    """Carries one ASGI call. `cookies_apart` is the form of a Function URL's answer."""

    def __init__(self, api: RuntimeApi, call: Call, body: bytes, *, cookies_apart: bool) -> None:
        self._api, self._call = api, call
        self._body: bytes | None = body
        self._cookies_apart = cookies_apart
        self._stream: Stream | None = None
        self._complete = False
        self._never = asyncio.get_running_loop().create_future()

    async def receive(self) -> Message:
        """The whole body, once. Lambda never tells that a client has left, so neither does this: it waits for ever."""
        if self._body is None:
            await self._never
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Passes on what the app says, each piece at once."""
        match message["type"]:
            case "http.response.start" if self._stream is None:
                await self._start(message["status"], list(message.get("headers", ())))
            case "http.response.body" if self._stream is not None and not self._complete:
                await self._stream.write(message.get("body", b""))
                if not message.get("more_body", False):
                    self._complete = True
                    self._stream.end()
            case unexpected:
                raise RuntimeError(f"the app sent {unexpected} out of turn")

    async def close(self, error: BaseException | None) -> None:
        """The app is done, well or with `error`: finishes what it left open, and waits until all of it is taken.

        An app that failed before it had begun becomes an HTTP 500 in our envelope rather than an invocation error,
        which API Gateway would turn into a 502 of its own.
        """
        if error is None and not self._complete:
            error = faults.Fault("Runtime.IncompleteResponse", "the app returned before its response was complete")
        if error is not None:
            faults.log("the app failed", error, function_request_id=self._call.request_id)
        if self._stream is None:
            await self._apologise()
        elif not self._complete:
            self._stream.end(error)
        if self._stream is not None:
            await self._stream.accepted(None if self._complete else SECONDS_TO_TAKE_THE_REST)

    async def _apologise(self) -> None:
        body = errors.envelope_bytes(errors.InternalError(), self._call.request_id)
        headers = {"content-type": "application/json", "x-request-id": self._call.request_id}
        await self._start(500, [(name.encode(), value.encode()) for name, value in headers.items()])
        await self.send({"type": "http.response.body", "body": body})

    async def _start(self, status: int, headers: Headers) -> None:
        prelude = json.dumps(_prelude(status, headers, cookies_apart=self._cookies_apart)).encode()
        if len(prelude) + len(DELIMITER) > PRELUDE_LIMIT:
            raise ValueError("status and headers are more than the platform reads")
        self._stream = await self._api.stream(self._call, prelude)


def _prelude(status: int, headers: Headers, *, cookies_apart: bool) -> dict[str, Any]:
    """Status and headers as the platform takes them: single values, and what is said twice in a place of its own."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    prelude: dict[str, Any] = {"statusCode": status}
    if cookies_apart:
        cookies = values.pop("set-cookie", [])
        prelude["headers"] = {name: ", ".join(several) for name, several in values.items()}
        return prelude | ({"cookies": cookies} if cookies else {})
    prelude["headers"] = {name: several[0] for name, several in values.items() if len(several) == 1}
    repeated = {name: several for name, several in values.items() if len(several) > 1}
    return prelude | ({"multiValueHeaders": repeated} if repeated else {})
