"""The app's own beginning and end: ASGI's lifespan, for apps that have one."""

import asyncio
from typing import Any

from oneai.lambda_stream import faults
from oneai.lambda_stream.events import App, Message


class Lifespan:
    """`startup` belongs to init, before any snapshot; `shutdown` to the end of the process.

    `state` is what the app wants every request to find in its scope.
    """

    def __init__(self, app: App) -> None:
        self.state: dict[str, Any] = {}
        self._questions: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._started = False
        self._task = asyncio.create_task(self._run(app))

    async def startup(self) -> None:
        """Raises Fault when the app says that it cannot start.

        An app that knows no lifespan leaves, or takes it for a request; then it has no end of its own either.
        """
        answer = await self._ask("lifespan.startup")
        if answer.get("type") == "lifespan.startup.failed":
            raise faults.Fault("Runtime.StartupFailed", answer.get("message", ""))
        self._started = answer.get("type") == "lifespan.startup.complete"
        if not self._started:
            self._task.cancel()

    async def shutdown(self) -> None:
        """Lets the app finish what it began. Its failure is logged: there is nobody left to answer to."""
        if not self._started:
            return
        answer = await self._ask("lifespan.shutdown")
        if answer.get("type") == "lifespan.shutdown.failed":
            faults.log("the app failed to stop", faults.Fault("Runtime.ShutdownFailed", answer.get("message", "")))

    async def _run(self, app: App) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await app(scope, self._questions.get, self._answers.put)
        except Exception as error:  # noqa: BLE001 - how an app without lifespan says so
            if self._started:
                faults.log("the app failed outside of any request", error)

    async def _ask(self, question: str) -> Message:
        """The app's answer; empty when it left without one."""
        self._questions.put_nowait({"type": question})
        listening = asyncio.create_task(self._answers.get())
        await asyncio.wait({listening, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            return listening.result()
        listening.cancel()
        return {} if self._answers.empty() else self._answers.get_nowait()
