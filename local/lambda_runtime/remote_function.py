"""A streaming function in processes of its own: what API Gateway sees of it, with Lambda in between.

`CHAT_RUNTIME=lambda` has the gateway invoke its streaming functions so. `AWS_LAMBDA_MAX_CONCURRENCY` is how many
invocations one environment has at a time, as on Managed Instances; without it each has one, as on demand.
"""

import asyncio
import json
import os
from typing import Any

from local.answers import BadGateway
from local.buffered import check_size
from local.environment import max_concurrency
from local.functions import variables
from local.lambda_runtime.execution_environment import ExecutionEnvironment
from local.lambda_runtime.invocation import DELIMITER, Invocation
from local.lambda_runtime.runtime_api import EventQueue
from local.streamed import StreamedResponse
from local.template import Function
from oneai import log
from oneai.errors import Busy

# With one invocation each; more requests than these have room for are refused, as Lambda throttles.
MAX_ENVIRONMENTS = 32
# Within which the delimiter has to come.
_PRELUDE_BYTES = 16 * 1024


class RemoteFunction:
    """A streaming function, in as many environments as its requests need."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.concurrency = max_concurrency()
        self._queue = EventQueue()
        self._environments: dict[ExecutionEnvironment, asyncio.Task[None]] = {}
        self._streams: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def startup(self) -> None:
        """Starts an environment, whose initialisation the first request waits for."""
        self._stopping = False
        self._start_environment()

    async def shutdown(self) -> None:
        """Stops all environments; their running answers are settled."""
        self._stopping = True
        await asyncio.gather(*(environment.stop() for environment in self._environments))
        if self._environments:
            await asyncio.wait(self._environments.values())

    def kill(self) -> None:
        """Kills all processes; the next request starts another."""
        for environment in self._environments:
            environment.kill()

    async def invoke(self, event: dict[str, Any], request_id: str, patience: float, send: Any) -> None:
        """Streams the function's answer into `send`, and returns when it is complete or cut. Raises Busy where every
        environment is full."""
        check_size(event)
        if not self._has_room():
            raise Busy
        invocation = Invocation(event, timeout_s=self.function.timeout, request_id=request_id)
        self._queue.put(invocation)
        response = StreamedResponse(b"", request_id, send, failure=BadGateway())
        stream = asyncio.create_task(_forward(invocation, response))
        self._streams.add(stream)
        stream.add_done_callback(self._streams.discard)
        await response.finished(patience)

    def _has_room(self) -> bool:
        """Whether one more event can be handled, perhaps by an environment that is started for it."""
        if sum(environment.free for environment in self._environments) > len(self._queue):
            return True
        if self._stopping or len(self._environments) >= MAX_ENVIRONMENTS:
            return False
        self._start_environment()
        return True

    def _start_environment(self) -> None:
        environment = ExecutionEnvironment(self._queue, self._variables(), self.function.folder, self.concurrency)
        self._environments[environment] = asyncio.create_task(self._run(environment))

    async def _run(self, environment: ExecutionEnvironment) -> None:
        try:
            await environment.run()
        finally:
            del self._environments[environment]
        if not environment.polled:
            log.error(
                "a function did not start",
                function=self.function.name,
                init_error=environment.init_error and environment.init_error.body,
            )
            waiting = self._queue.take_all()
        else:
            waiting = [] if self._queue_can_be_served() else self._queue.take_all()
        for invocation in waiting:
            await invocation.end()

    def _queue_can_be_served(self) -> bool:
        """Whether events that waited for an environment that has ended find another."""
        return not len(self._queue) or self._has_room()

    def _variables(self) -> dict[str, str]:
        """The stack's variables and the template's; the pool's size is the template's, for the gateway has its own."""
        stated = variables(self.function)
        limit = {} if self.concurrency is None else {"AWS_LAMBDA_MAX_CONCURRENCY": str(self.concurrency)}
        kind = "on-demand" if self.concurrency is None else "lambda-managed-instances"
        return {
            **stated,
            **os.environ,
            **{name: value for name, value in stated.items() if name == "DATABASE_POOL_SIZE"},
            **limit,
            "_HANDLER": self.function.handler,
            "LAMBDA_TASK_ROOT": str(self.function.folder),
            "AWS_LAMBDA_FUNCTION_NAME": self.function.logical_id,
            "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
        }


async def _forward(invocation: Invocation, response: StreamedResponse) -> None:
    """Passes the response on as it comes, and reads on where its client has left: Lambda does not stop for that."""
    received = b""
    try:
        while DELIMITER not in received and (chunk := await invocation.chunk()) is not None:
            received += chunk
            if len(received) > _PRELUDE_BYTES and DELIMITER not in received[:_PRELUDE_BYTES]:
                break
        prelude, delimiter, body = received.partition(DELIMITER)
        if not delimiter:
            return
        await response.send({"type": "http.response.start", **_status_and_headers(json.loads(prelude))})
        if body:
            await response.send({"type": "http.response.body", "body": body, "more_body": True})
        while (chunk := await invocation.chunk()) is not None:
            await response.send({"type": "http.response.body", "body": chunk, "more_body": True})
        if not invocation.truncated and not invocation.trailers:
            await response.send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        response.app_is_done()
        while not invocation.ended.is_set():
            await invocation.chunk()


def _status_and_headers(prelude: dict[str, Any]) -> dict[str, Any]:
    values = {name: [value] for name, value in prelude.get("headers", {}).items()}
    values |= prelude.get("multiValueHeaders", {})
    values |= {"set-cookie": prelude["cookies"]} if "cookies" in prelude else {}
    headers = [(name.encode(), value.encode("latin-1")) for name, several in values.items() for value in several]
    return {"status": prelude.get("statusCode", 200), "headers": headers}
