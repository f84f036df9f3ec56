"""An app with SnapStart hooks, which write down when they ran."""

import os
from typing import Any

from plain import MEETING_PLACE, Scope, echo  # type: ignore[import-not-found]
from snapshot_restore_py import register_after_restore, register_before_snapshot

FAILING = os.environ.get("FAILING_HOOK")


def note(word: str) -> None:
    if word == FAILING:
        raise LookupError(f"{word} failed")
    with (MEETING_PLACE / "hooks").open("a") as file:
        file.write(f"{word}\n")


async def after_awaited() -> None:
    note("after restore, awaited")


register_after_restore(after_awaited)
register_before_snapshot(note, "before snapshot, registered first")
register_before_snapshot(note, "before snapshot, registered second")
register_after_restore(note, word="after restore, registered second")


async def app(scope: Scope, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        assert (await receive())["type"] == "lifespan.startup"
        note("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
    else:
        await echo(scope, receive, send)
