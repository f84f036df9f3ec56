"""Invokes an ordinary function: event in, its own adapter awaited in the gateway's loop, one whole answer out."""

import asyncio
import fnmatch
import json
from typing import Any

from mangum import Mangum
from mangum.protocols import HTTPCycle

from local.answers import BadGateway, GatewayResponse, GatewayTimeout, from_proxy_response
from local.events import Context, context_for
from local.functions import named_handler
from local.limits import INVOCATION_BYTES
from local.template import Function
from oneai.errors import BodyTooLarge
from oneai.http.function_url import FunctionUrlHandler

# Invocations continue after the gateway has given up waiting, until their own timeout, as on Lambda.
_running: set[asyncio.Task[Any]] = set()


class BufferedFunction:
    """A function behind Mangum or behind our own `Endpoint`, imported on construction."""

    def __init__(self, function: Function, binary_types: tuple[str, ...] = ()) -> None:
        self.function = function
        self.binary_types = binary_types
        self.adapter: Mangum | FunctionUrlHandler = named_handler(function)
        if not isinstance(self.adapter, Mangum | FunctionUrlHandler):
            raise TypeError(
                f"{function.logical_id}: a function behind HTTP has a Mangum or a FunctionUrlHandler as its handler"
            )

    @property
    def app(self) -> Any:
        """The ASGI app behind Mangum; None of a function without one."""
        return getattr(self.adapter, "app", None)

    async def invoke(self, event: dict[str, Any], request_id: str, patience: float) -> GatewayResponse:
        """The function's answer, or API Gateway's error if it is late, too large or missing."""
        check_size(event)
        invocation = asyncio.create_task(self._run(event, context_for(self.function, request_id)))
        _running.add(invocation)
        invocation.add_done_callback(_running.discard)
        done, _ = await asyncio.wait({invocation}, timeout=patience)
        if not done:
            raise GatewayTimeout
        if failure := invocation.exception():
            raise BadGateway from failure
        response = invocation.result()
        if _json_size(response) > INVOCATION_BYTES:
            raise BadGateway
        return from_proxy_response(response, decoded=self._decodes(event))

    def _decodes(self, event: dict[str, Any]) -> bool:
        """Whether base64 becomes bytes: always at a Function URL, and at the API if the first type in `Accept` is one
        of the template's `BinaryMediaTypes`."""
        accepted = next((value for name, value in event["headers"].items() if name.lower() == "accept"), "")
        first = accepted.partition(",")[0].partition(";")[0].strip()
        return "resource" not in event or any(fnmatch.fnmatch(first, pattern) for pattern in self.binary_types)

    async def _run(self, event: dict[str, Any], context: Context) -> dict[str, Any]:
        if isinstance(self.adapter, FunctionUrlHandler):
            async with asyncio.timeout(self.function.timeout):
                return await self.adapter.answer(event, context)
        # Like Mangum's __call__ without its run_until_complete, because this loop is already running.
        handler = self.adapter.infer(event, context)  # type: ignore[arg-type]
        cycle = HTTPCycle(handler.scope, handler.body)
        async with asyncio.timeout(self.function.timeout) as limit:
            await cycle.run(self.adapter.app)
        if limit.expired():  # Mangum treats the cancellation as an error of the app
            raise TimeoutError
        return handler({"status": cycle.status, "headers": cycle.headers, "body": cycle.body})


def check_size(event: dict[str, Any]) -> None:
    """Raises BodyTooLarge if Lambda would refuse the event."""
    # Escaping makes at most six characters of one: only an event that could be too large is measured.
    if len(event.get("body") or "") * 6 > INVOCATION_BYTES // 2 and _json_size(event) > INVOCATION_BYTES:
        raise BodyTooLarge


def _json_size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
