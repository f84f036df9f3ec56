"""The running text is kept: about once a second, by a timer, for a model may think for a minute."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from oneai import log
from oneai.chat.turn.answer import Answer
from oneai.postgres import db

SECONDS_BETWEEN = 1.0
# Followers are woken after this much silence, to send a comment that keeps every proxy's idle timer from firing.
SECONDS_OF_SILENCE = 15.0


async def keep(answer: Answer) -> None:
    """Checkpoints until cancelled: the first text at once, then every second what is new, or nothing but the lease.

    Sets `answer.stopping` when a stop was asked for elsewhere, `answer.gone` when the message is no more.
    """
    kept = told = 0
    reasoning_at = 0
    last_told = time.monotonic()
    spoke = False
    while True:
        await _pause(answer, for_words=not spoke)
        spoke = answer.spoke.is_set()
        upto = len(answer.log)
        pieces, reasoning_end = _pieces(answer, kept, upto, reasoning_at)
        checkpoint = asyncio.create_task(_checkpoint(answer, pieces))
        try:
            found = await asyncio.shield(checkpoint)
        except asyncio.CancelledError:
            # Taking back a statement costs a connection of its own; it is over sooner when nobody interferes.
            await asyncio.wait([checkpoint])
            raise
        except Exception:  # noqa: BLE001 — whatever it was, without a next one the lease would run out
            log.exception("a checkpoint failed; its text is kept with the next one", message_id=answer.turn.message_id)
        else:
            kept, reasoning_at = upto, reasoning_end
            if found == "stop":
                answer.stopping.set()
            elif found == "gone":
                answer.gone.set()
        if upto != told:
            told, last_told = upto, time.monotonic()
        elif time.monotonic() - last_told >= SECONDS_OF_SILENCE:
            last_told = time.monotonic()
            answer.tell()


async def _pause(answer: Answer, *, for_words: bool) -> None:
    """A second, unless it is for the first words and they come sooner: what a person has read is charged."""
    if not for_words:
        await asyncio.sleep(SECONDS_BETWEEN)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_BETWEEN):
            await answer.spoke.wait()


def _pieces(answer: Answer, start: int, end: int, reasoning_at: int) -> tuple[list[dict[str, Any]], int]:
    """What came since, neighbours of one kind joined; `at` counts the code points of the same kind."""
    pieces: list[dict[str, Any]] = []
    parts: list[str] = []
    for event in answer.log[start:end]:
        if not pieces or pieces[-1]["kind"] != event.kind:
            if pieces:
                pieces[-1]["text"] = "".join(parts)
            parts = []
            pieces.append({"kind": event.kind, "at": event.at if event.kind == "text" else reasoning_at})
        parts.append(event.text)
        if event.kind == "reasoning":
            reasoning_at += len(event.text)
    if pieces:
        pieces[-1]["text"] = "".join(parts)
    return pieces, reasoning_at


async def _checkpoint(answer: Answer, pieces: list[dict[str, Any]]) -> str:
    asked = answer.completion
    stop_requested, state = await db.call(
        "select * from oneai.checkpoint(%s, %s, %s, %s)",
        [
            answer.turn.message_id,
            json.dumps(pieces, ensure_ascii=False),
            asked.generation_id if asked else None,
            asked.sent if asked else False,
        ],
        idempotent=True,
    )
    return "stop" if stop_requested else str(state)
