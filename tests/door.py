"""A door before a stand-in, which a test closes: the service is away then, at the same address."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class DoorClosedError(Exception):
    """The door closed while a response was sent: the server resets its connection."""


@dataclass
class Door:
    """Lets requests through to `app` while it is open. A response that is sent when it closes breaks off."""

    app: ASGIApp
    is_open: bool = True
    refused: int = 0
    """The requests while it was closed."""
    broken: int = 0
    """The responses that broke off after their start."""
    hangs: bool = False
    """Whether it accepts requests and never responds."""
    left: int = 0
    """The requests that were given up while it hung."""
    _closed: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        """The service goes away."""
        self.is_open = False
        self._closed.set()

    def open(self) -> None:
        """It is back."""
        self.is_open = True
        self._closed.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.hangs:
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left += 1
            return
        if not self.is_open:
            self.refused += 1
            await JSONResponse({"error": {"code": 503, "message": "No backend."}}, 503)(scope, receive, send)
            return
        has_started = False

        async def pass_on(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        answering = asyncio.ensure_future(_call(self.app, scope, receive, pass_on))
        closing = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait((answering, closing), return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
                return
        finally:
            closing.cancel()
            answering.cancel()
        if has_started:
            self.broken += 1
            raise DoorClosedError
        self.refused += 1
        await JSONResponse({"error": {"code": 503, "message": "No backend."}}, 503)(scope, receive, send)


async def _call(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> Any:
    await app(scope, receive, send)
