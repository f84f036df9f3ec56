"""The running text is kept: about once a second, by a timer, for a model may think for a minute."""

import asyncio
import json
import time
from typing import Any

from oneai import db, log
from oneai.chat.answer import Answer
from oneai.errors import OneAIError

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
    while True:
        await _pause(answer, first=kept == 0)
        upto = len(answer.log)
        pieces, reasoning_end = _pieces(answer, kept, upto, reasoning_at)
        try:
            found = await _checkpoint(answer, pieces)
        except OneAIError:
            log.warning("a checkpoint failed; its text is kept with the next one", message_id=answer.turn.message_id)
        else:
            kept, reasoning_at = upto, reasoning_end
            if found == "stop":
                answer.stopping.set()
            elif found == "failed":
                answer.gone.set()
        if upto != told:
            told, last_told = upto, time.monotonic()
        elif time.monotonic() - last_told >= SECONDS_OF_SILENCE:
            last_told = time.monotonic()
            answer.tell()


async def _pause(answer: Answer, *, first: bool) -> None:
    if first and not answer.spoke.is_set():
        try:
            async with asyncio.timeout(SECONDS_BETWEEN):
                await answer.spoke.wait()
        except TimeoutError:
            return
    elif not first:
        await asyncio.sleep(SECONDS_BETWEEN)


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
    generation_id = answer.completion.generation_id if answer.completion else None
    stop_requested, state = await db.call(
        "select * from oneai.checkpoint(%s, %s, %s)",
        [answer.turn.message_id, json.dumps(pieces, ensure_ascii=False), generation_id],
        idempotent=True,
    )
    return "stop" if stop_requested else str(state)
