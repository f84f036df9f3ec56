"""Invokes an ordinary function: event in, Mangum's own adapter awaited in the gateway's loop, one whole answer out."""

import asyncio
import json
from typing import Any

from mangum import Mangum
from mangum.protocols import HTTPCycle

from local.answers import Answer, BadGateway, GatewayTimeout, from_proxy_response
from local.events import Context, context_for
from local.functions import named_handler
from local.limits import INVOCATION_BYTES
from local.template import Function
from oneai.errors import BodyTooLarge

# Invocations nobody waits for any more run on until their own time is up, as on Lambda.
_running: set[asyncio.Task[Any]] = set()


class BufferedFunction:
    """A function behind Mangum, imported when it is first made."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.adapter: Mangum = named_handler(function)
        if not isinstance(self.adapter, Mangum):
            raise TypeError(f"{function.logical_id}: a function behind HTTP has a Mangum as its handler")

    async def invoke(self, event: dict[str, Any], request_id: str, patience: float) -> Answer:
        """The function's answer, or what API Gateway says when it is late, too large or none at all."""
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
        return from_proxy_response(response)

    async def _run(self, event: dict[str, Any], context: Context) -> dict[str, Any]:
        # What Mangum's __call__ does, without its run_until_complete: there is a loop already, this one.
        handler = self.adapter.infer(event, context)  # type: ignore[arg-type]
        cycle = HTTPCycle(handler.scope, handler.body)
        async with asyncio.timeout(self.function.timeout) as limit:
            await cycle.run(self.adapter.app)
        if limit.expired():  # Mangum takes the cancellation for an error of the app
            raise TimeoutError
        return handler({"status": cycle.status, "headers": cycle.headers, "body": cycle.body})


def check_size(event: dict[str, Any]) -> None:
    """Raises BodyTooLarge when Lambda would not take the event."""
    # Escaping makes a character six at most; only what could be too large is worth measuring.
    if len(event.get("body") or "") * 6 > INVOCATION_BYTES // 2 and _json_size(event) > INVOCATION_BYTES:
        raise BodyTooLarge


def _json_size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
