"""Invokes the streaming function: the scope that the Lambda runtime builds from the event, every chunk sent at once.

A client that disconnects changes nothing for the app, because Lambda does not report it.
"""

import asyncio
import time
from typing import Any

from local.answers import GatewayResponse, GatewayTimeout, refusal, with_request_id
from local.buffered import check_size
from local.functions import named_handler
from local.limits import STREAM_BYTES, STREAM_IDLE_SECONDS
from local.template import Function
from oneai import log
from oneai.errors import InternalError, OneAIError
from oneai.lambda_stream import scope_from
from oneai.lambda_stream.lifespan import Lifespan

_running: set[asyncio.Task[Any]] = set()


class StreamedFunction:
    """An ASGI app whose responses are forwarded as they are produced."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.app = named_handler(function)
        self.lifespan: Lifespan | None = None

    async def startup(self) -> None:
        """Runs the app's startup."""
        self.lifespan = Lifespan(self.app)
        await self.lifespan.startup()

    async def shutdown(self) -> None:
        """Runs the app's shutdown, which settles its running answers."""
        if self.lifespan is not None:
            lifespan, self.lifespan = self.lifespan, None
            await lifespan.shutdown()

    async def invoke(self, event: dict[str, Any], request_id: str, patience: float, send: Any) -> None:
        """Streams the app's answer into `send`, and returns when it is complete or cut."""
        check_size(event)
        deadline_ms = int((time.time() + self.function.timeout) * 1000)
        scope, body = scope_from(event, request_id=request_id, deadline_ms=deadline_ms)
        scope["state"] = dict(self.lifespan.state) if self.lifespan else {}
        response = StreamedResponse(body, request_id, send)
        invocation = asyncio.create_task(self._run(scope, response))
        _running.add(invocation)
        invocation.add_done_callback(_running.discard)
        await response.finished(patience)

    async def _run(self, scope: dict[str, Any], response: "StreamedResponse") -> None:
        """Runs the whole invocation: the app and its background tasks, until Lambda would kill the function."""
        tasks: set[asyncio.Task[Any]] = scope["extensions"]["oneai.invocation"]["tasks"]
        try:
            async with asyncio.timeout(self.function.timeout):
                try:
                    await self.app(scope, response.receive, response.send)
                except Exception:  # noqa: BLE001  an app may raise anything
                    log.exception("the app failed", function=self.function.name)
                response.app_is_done()
                while running := {task for task in tasks if not task.done()}:
                    await asyncio.wait(running)
        except TimeoutError:
            log.warning("the function's time was up", function=self.function.name)
            for task in tasks:
                task.cancel()
            response.app_is_done()


class StreamedResponse:
    """Connects one ASGI call of the app to the server, and enforces API Gateway's limits. `failure` is what the client
    is answered where the app answers nothing."""

    def __init__(self, body: bytes, request_id: str, send: Any, failure: OneAIError | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._body: bytes | None = body
        self._request_id = request_id
        self._send = send
        self._failure = failure or InternalError()
        self._started = self._complete = False
        self._sent = 0
        self._last_sent = loop.time()
        self._over: asyncio.Future[None] = loop.create_future()
        self._never: asyncio.Future[None] = loop.create_future()

    async def receive(self) -> dict[str, Any]:
        """The whole body once, then nothing: a disconnect is not reported."""
        if self._body is None:
            await self._never
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        if self._over.done():
            return  # cut; the app does not notice
        if message["type"] == "http.response.start":
            self._started = True
            message = {**message, "headers": with_request_id(list(message.get("headers", ())), self._request_id)}
        elif message["type"] == "http.response.body":
            self._sent += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._sent > STREAM_BYTES:
                self._complete = False
                self._end()
                return
        self._last_sent = asyncio.get_running_loop().time()
        await self._send(message)
        if self._complete:
            self._end()

    def app_is_done(self) -> None:
        """Ends the response, complete or not."""
        self._end()

    async def finished(self, patience: float) -> None:
        """Waits until the response is complete or must end: late, idle or too large, or ended by the app.

        Returning with an incomplete response makes the server close the connection, as API Gateway does.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while not self._over.done():
            wake_at = min(end, self._last_sent + STREAM_IDLE_SECONDS)
            if wake_at <= loop.time():
                break
            await asyncio.wait({self._over}, timeout=wake_at - loop.time())
        late = not self._over.done()
        self._end()
        if not self._started:
            answer: GatewayResponse = refusal(GatewayTimeout() if late else self._failure, self._request_id)
            await answer.send(self._send)

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)
