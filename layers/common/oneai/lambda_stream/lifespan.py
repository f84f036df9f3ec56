"""ASGI's lifespan: startup and shutdown of apps that support it."""

import asyncio
from typing import Any

from oneai.lambda_stream import faults
from oneai.lambda_stream.events import App, Message


class Lifespan:
    """`startup` belongs to init, before any snapshot; `shutdown` to the end of the process.

    `state` is copied into the scope of every request.
    """

    def __init__(self, app: App) -> None:
        self.state: dict[str, Any] = {}
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._started = False
        self._task = asyncio.create_task(self._run(app))

    async def startup(self) -> None:
        """Raises Fault when the app reports that it cannot start.

        An app without lifespan returns or raises; then it has no shutdown either.
        """
        reply = await self._send("lifespan.startup")
        if reply.get("type") == "lifespan.startup.failed":
            raise faults.Fault("Runtime.StartupFailed", reply.get("message", ""))
        self._started = reply.get("type") == "lifespan.startup.complete"
        if not self._started:
            self._task.cancel()

    async def shutdown(self) -> None:
        """Lets the app finish its work. A failure is logged: no request is left to report it to."""
        if not self._started:
            return
        reply = await self._send("lifespan.shutdown")
        if reply.get("type") == "lifespan.shutdown.failed":
            faults.log("the app failed to stop", faults.Fault("Runtime.ShutdownFailed", reply.get("message", "")))

    async def _run(self, app: App) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await app(scope, self._to_app.get, self._from_app.put)
        except Exception as error:  # noqa: BLE001 - how an app without lifespan reports that
            if self._started:
                faults.log("the app failed outside of any request", error)

    async def _send(self, event_type: str) -> Message:
        """The app's reply; empty when it returned without one."""
        self._to_app.put_nowait({"type": event_type})
        reply = asyncio.create_task(self._from_app.get())
        await asyncio.wait({reply, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if reply.done():
            return reply.result()
        reply.cancel()
        return {} if self._from_app.empty() else self._from_app.get_nowait()
