"""Small ASGI apps for the runtime's tests. They use files as signals, so that nothing depends on a clock."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

Scope = dict[str, Any]

MEETING_PLACE = Path(os.environ["MEETING_PLACE"])
SSE = [(b"content-type", b"text/event-stream")]
_left_behind: set[asyncio.Task[None]] = set()


def say(word: str, text: str = "") -> None:
    """Signals the test that something happened."""
    (MEETING_PLACE / word).write_text(text)


async def hear(word: str) -> None:
    """Waits for the test to allow something."""
    while not (MEETING_PLACE / word).exists():  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.01)


async def start(send: Any, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    await send({"type": "http.response.start", "status": status, "headers": SSE if headers is None else headers})


async def body(send: Any, data: bytes = b"", *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with what it was asked, as JSON."""
    request = await receive()
    described = {
        name: scope[name] for name in ("method", "path", "scheme", "root_path", "http_version", "client", "server")
    }
    described["query_string"] = scope["query_string"].decode()
    described["headers"] = [[name.decode(), value.decode()] for name, value in scope["headers"]]
    described["body_hex"] = request["body"].hex()
    described["deadline_ms"] = scope["extensions"]["oneai.invocation"]["deadline_ms"]
    described["request_id"] = scope["extensions"]["oneai.invocation"]["request_id"]
    described["trace_id"] = os.environ.get("_X_AMZN_TRACE_ID")
    described["state"] = scope["state"]
    described["loop"] = id(asyncio.get_running_loop())
    await start(send, headers=[(b"content-type", b"application/json")])
    await body(send, json.dumps(described).encode())


async def return_body(scope: Scope, receive: Any, send: Any) -> None:
    """Answers with the bytes it was sent, under two cookies and a header said twice."""
    request = await receive()
    twice = [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"Vary", b"Origin"), (b"Vary", b"Accept")]
    await start(send, 201, [(b"Content-Type", b"application/octet-stream"), *twice])
    await body(send, request["body"])


async def two_chunks(scope: Scope, receive: Any, send: Any) -> None:
    await start(send)
    await hear("the prelude has arrived")
    await body(send, b"data: one\n\n", more=True)
    await hear("one has arrived")
    await body(send, b"", more=True)
    await body(send, b"data: two\n\n", more=True)
    await hear("two has arrived")
    await body(send)


async def no_body(scope: Scope, receive: Any, send: Any) -> None:
    await start(send, 204, [])
    await body(send)


async def large(scope: Scope, receive: Any, send: Any) -> None:
    """`?megabytes=` in pieces of 64 KB, while another task counts on."""
    pieces = int(scope["query_string"].partition(b"=")[2]) * 16

    async def beat() -> None:
        beats = 0
        while True:
            say("heart", str(beats := beats + 1))
            await asyncio.sleep(0.01)

    heart = asyncio.create_task(beat())
    await start(send)
    for number in range(pieces):
        await body(send, bytes([number % 256]) * 65536, more=True)
        if number == 0:
            say("the first piece is sent")
    say("all is sent")
    await body(send)
    heart.cancel()


async def gives_up_on_its_reader(scope: Scope, receive: Any, send: Any) -> None:
    """Sends until its reader stops, gives up, and still has something to save."""

    async def save() -> None:
        await hear("save it")
        say("saved")

    scope["extensions"]["oneai.invocation"]["tasks"].add(asyncio.create_task(save()))
    await start(send)
    try:
        while True:
            async with asyncio.timeout(1):
                await body(send, bytes(1024 * 1024), more=True)
    except TimeoutError:
        say("given up")


async def leaves_a_task(scope: Scope, receive: Any, send: Any) -> None:
    """Ends its response, and has something to finish afterwards: first one thing, then a second."""
    tasks = scope["extensions"]["oneai.invocation"]["tasks"]

    async def later() -> None:
        await hear("the response has ended")
        say("still here")
        await hear("finish the first")
        tasks.add(asyncio.create_task(even_later()))

    async def even_later() -> None:
        say("the first is finished")
        await hear("finish the second")
        if scope["path"] == "/badly":
            raise LookupError("a task that failed")

    tasks.add(asyncio.create_task(later()))
    await start(send)
    await body(send, b"data: done\n\n")


async def has_a_task_that_failed(scope: Scope, receive: Any, send: Any) -> None:
    """A task fails before the response ends, with no effect."""
    tasks = scope["extensions"]["oneai.invocation"]["tasks"]

    async def fail() -> None:
        raise LookupError("a task that failed")

    task = asyncio.create_task(fail())
    tasks.add(task)
    await asyncio.wait({task})
    await start(send)
    await body(send)


async def lingers(scope: Scope, receive: Any, send: Any) -> None:
    """Ends its response and keeps running."""
    await start(send)
    await body(send, b"data: done\n\n")
    await hear("the response has ended")
    say("still here")
    await hear("return")


async def fails_first(scope: Scope, receive: Any, send: Any) -> None:
    raise LookupError("a private detail")


async def fails_between(scope: Scope, receive: Any, send: Any) -> None:
    await start(send)
    await body(send, b"data: one\n\n", more=True)
    raise LookupError("the well is dry")


async def fails_after(scope: Scope, receive: Any, send: Any) -> None:
    await start(send)
    await body(send, b"data: one\n\n")
    raise LookupError("after the end")


async def says_nothing(scope: Scope, receive: Any, send: Any) -> None:
    await receive()


async def stops_short(scope: Scope, receive: Any, send: Any) -> None:
    await start(send)
    await body(send, b"data: one\n\n", more=True)


async def long_headers(scope: Scope, receive: Any, send: Any) -> None:
    await start(send, headers=[(b"x-long", b"x" * 20_000)])
    await body(send)


async def listens_for_a_disconnect(scope: Scope, receive: Any, send: Any) -> None:
    await receive()
    stream = asyncio.create_task(receive())
    await start(send)
    await body(send, b"data: one\n\n", more=True)
    await hear("one has arrived")
    await body(send, f"data: heard {stream.done()}\n\n".encode())
    stream.cancel()


async def writes_for_ever(scope: Scope, receive: Any, send: Any) -> None:
    """Until the reader leaves; a task still saves what there is."""

    async def save() -> None:
        await hear("the reader has stopped")
        say("saved")

    task = asyncio.create_task(save())
    scope["extensions"]["oneai.invocation"]["tasks"].add(task)
    await start(send)
    try:
        while True:
            await body(send, b"data: more\n\n", more=True)
            await asyncio.sleep(0.01)
    except OSError:
        say("the reader has stopped")
        raise


class WithLifespan:
    """Has a beginning and an end of its own, and a task that only its end finishes."""

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self.request(scope, receive, send)
            return
        assert (await receive())["type"] == "lifespan.startup"
        if os.environ.get("STARTUP") == "fails":
            await send({"type": "lifespan.startup.failed", "message": "no key"})
            return
        self.stopped = asyncio.Event()
        scope["state"]["greeting"] = "hello"
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.stopped.set()
        say("shut down")
        await send({"type": "lifespan.shutdown.complete"})

    async def request(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["path"] != "/until-shutdown":
            await echo(scope, receive, send)
            return
        await start(send)
        await body(send, b"data: one\n\n", more=True)
        await self.stopped.wait()
        await body(send, b"data: cut short\n\n")


with_lifespan = WithLifespan()
