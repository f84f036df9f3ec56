"""One request and its response: the app's `receive` and `send` on one side, the platform on the other."""

import asyncio
import json
from typing import Any

from oneai import errors
from oneai.lambda_stream import faults
from oneai.lambda_stream.events import HeaderList, Message
from oneai.lambda_stream.runtime_api import DELIMITER, PRELUDE_LIMIT, Invocation, ResponseStream, RuntimeApi

# A response that the app left incomplete, perhaps because the client disconnected, is dropped after this time.
SECONDS_TO_ACCEPT_THE_REST = 3


class Exchange:
    """One ASGI call. `request_id` is the one that the app knows, `separate_cookies` the form of a Function URL's
    response."""

    def __init__(
        self, api: RuntimeApi, invocation: Invocation, body: bytes, *, request_id: str, separate_cookies: bool
    ) -> None:
        self._api, self._invocation, self._request_id = api, invocation, request_id
        self._body: bytes | None = body
        self._separate_cookies = separate_cookies
        self._stream: ResponseStream | None = None
        self._complete = False
        self._never = asyncio.get_running_loop().create_future()

    async def receive(self) -> Message:
        """The whole body, once. Lambda does not report disconnected clients, so a second call never returns."""
        if self._body is None:
            await self._never
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Sends each message of the app at once."""
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

    async def close(self, error: BaseException | None, seconds_left: float | None = None) -> None:
        """Ends the response after the app has returned or raised `error`, and waits until the platform has accepted it,
        `seconds_left` at most.

        A failure before the response has started becomes an HTTP 500 in our envelope rather than an invocation error,
        which API Gateway would turn into a 502 of its own.
        """
        if error is None and not self._complete:
            error = faults.Fault("Runtime.IncompleteResponse", "the app returned before its response was complete")
        if error is not None:
            faults.log(
                "the app failed", error, request_id=self._request_id, function_request_id=self._invocation.request_id
            )
        if self._stream is None:
            await self._send_internal_error()
        elif not self._complete:
            self._stream.end(error)
        if self._stream is not None:
            longest = None if seconds_left is None else max(seconds_left, SECONDS_TO_ACCEPT_THE_REST)
            await self._stream.wait_until_accepted(longest if self._complete else SECONDS_TO_ACCEPT_THE_REST)

    async def _send_internal_error(self) -> None:
        body = errors.envelope_bytes(errors.InternalError(), self._request_id)
        headers = {"content-type": "application/json", "x-request-id": self._request_id}
        await self._start(500, [(name.encode(), value.encode()) for name, value in headers.items()])
        await self.send({"type": "http.response.body", "body": body})

    async def _start(self, status: int, headers: HeaderList) -> None:
        prelude = json.dumps(_prelude(status, headers, separate_cookies=self._separate_cookies)).encode()
        if len(prelude) + len(DELIMITER) > PRELUDE_LIMIT:
            raise ValueError("status and headers exceed the platform's limit")
        self._stream = await self._api.stream(self._invocation, prelude)


def _prelude(status: int, headers: HeaderList, *, separate_cookies: bool) -> dict[str, Any]:
    """Status and headers as the platform expects them: single values, and repeated headers in a field of their own."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    prelude: dict[str, Any] = {"statusCode": status}
    if separate_cookies:
        cookies = values.pop("set-cookie", [])
        prelude["headers"] = {name: ", ".join(several) for name, several in values.items()}
        return prelude | ({"cookies": cookies} if cookies else {})
    prelude["headers"] = {name: several[0] for name, several in values.items() if len(several) == 1}
    repeated = {name: several for name, several in values.items() if len(several) > 1}
    return prelude | ({"multiValueHeaders": repeated} if repeated else {})
