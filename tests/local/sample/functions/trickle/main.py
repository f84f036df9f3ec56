"""Answers piece by piece, in the way the request's body asks for."""

import asyncio
from typing import Any

left: list[str] = []


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    wanted = (await receive())["body"].decode()
    if scope["path"] == "/left":
        await _say(send, " ".join(left).encode() or b"none")
    elif wanted == "fail at once":
        raise ValueError("before the first byte")
    else:
        await _trickle(wanted, scope, receive, send)


async def _trickle(wanted: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"first ", "more_body": True})
    if wanted == "fail midway":
        raise ValueError("after the first byte")
    if wanted == "be silent":
        await asyncio.sleep(60)
    if wanted == "outlive the client":
        hung_up = asyncio.create_task(receive())
        for _ in range(20):
            await asyncio.sleep(0.02)
            await send({"type": "http.response.body", "body": b"on and on ", "more_body": True})
        left.append("heard that the client left" if hung_up.done() else "wrote to the end")
        hung_up.cancel()
    if wanted == "leave a task":

        async def after() -> None:
            await asyncio.sleep(0.1)
            left.append("the task ran")

        scope["extensions"]["oneai.invocation"]["tasks"].add(asyncio.create_task(after()))
    await send({"type": "http.response.body", "body": b"last"})


async def _say(send: Any, text: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text})
