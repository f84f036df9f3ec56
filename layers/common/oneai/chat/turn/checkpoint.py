"""Checkpoints of a running answer: about once a second, by a timer, since a model may think for a minute."""

import asyncio
import json
import random
import time
from contextlib import suppress
from typing import Any

from oneai import log
from oneai.chat.turn import web_sources
from oneai.chat.turn.answer import Answer
from oneai.chat.turn.settle import report_routes
from oneai.errors import Busy
from oneai.postgres import db

SECONDS_BETWEEN = 1.0
# By so much of it two differ, so that those of answers which began, or waited for Postgres, together drift apart.
SPREAD = 0.1
# Followers are woken after this much silence, to send a comment that keeps every proxy's idle timer from firing.
SECONDS_OF_SILENCE = 15.0


async def checkpoint_loop(answer: Answer) -> None:
    """Checkpoints until cancelled: the first text at once, then every second what is new, or nothing but the lease.

    Interrupts the answer when a stop was requested in another process, or the message was deleted. Where a crash of
    Postgres has taken pieces that had been stored, all of them are stored again.
    """
    stored_count = woken_count = 0
    stored_sources = answer.sources
    reasoning_at = 0
    sends_all = False
    woken_at = time.monotonic()
    has_first_token = False
    while True:
        await _pause(answer, until_first_token=not has_first_token)
        has_first_token = answer.first_token.is_set()
        count = len(answer.deltas)
        pieces, reasoning_end = _pieces(answer, stored_count, count, reasoning_at)
        # The pages that a search found, or what a chatbot's answer rests on; the list is replaced whenever there are
        # more.
        sources = answer.sources if answer.turn.web_searches or answer.turn.chatbot else None
        new_sources = sources if sources is not stored_sources else None
        checkpoint = asyncio.create_task(_checkpoint(answer, pieces, new_sources, sends_all=sends_all))
        try:
            result = await asyncio.shield(checkpoint)
        except asyncio.CancelledError:
            # Cancelling a statement takes a connection of its own; letting it finish is faster.
            await asyncio.wait([checkpoint])
            raise
        except Busy as error:
            # Of hundreds of answers while Postgres restarts: one short line each.
            log.warning("a checkpoint waits for Postgres", message_id=answer.turn.message_id, code=error.code)
        except Exception:  # noqa: BLE001 — without a next one the lease would expire
            log.exception("a checkpoint failed; its text is kept with the next one", message_id=answer.turn.message_id)
        else:
            stored_sources = sources
            sends_all = result == "incomplete"
            stored_count, reasoning_at = (0, 0) if sends_all else (count, reasoning_end)
            if result in ("stop", "deleted"):
                answer.interrupt(deleted=result == "deleted")
        if count != woken_count:
            woken_count, woken_at = count, time.monotonic()
        elif time.monotonic() - woken_at >= SECONDS_OF_SILENCE:
            woken_at = time.monotonic()
            answer.wake_followers()


async def _pause(answer: Answer, *, until_first_token: bool) -> None:
    """A second, or less where the first token comes sooner: text that a client has received is charged."""
    if not until_first_token:
        await asyncio.sleep(SECONDS_BETWEEN * random.uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311  no secret
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_BETWEEN):
            await answer.first_token.wait()


def _pieces(answer: Answer, start: int, end: int, reasoning_at: int) -> tuple[list[dict[str, Any]], int]:
    """The new deltas, neighbours of one kind joined; `at` counts the code points of the same kind."""
    pieces: list[dict[str, Any]] = []
    parts: list[str] = []
    for delta in answer.deltas[start:end]:
        if delta.kind not in ("text", "refusal", "reasoning"):
            continue  # stored when the answer is settled
        kind = "reasoning" if delta.kind == "reasoning" else "text"
        if not pieces or pieces[-1]["kind"] != kind:
            if pieces:
                pieces[-1]["text"] = "".join(parts)
            parts = []
            pieces.append({"kind": kind, "at": delta.at if kind == "text" else reasoning_at})
        parts.append(delta.text)
        if kind == "reasoning":
            reasoning_at += len(delta.text)
    if pieces:
        pieces[-1]["text"] = "".join(parts)
    return pieces, reasoning_at


async def _checkpoint(
    answer: Answer, pieces: list[dict[str, Any]], sources: list[dict[str, Any]] | None, *, sends_all: bool
) -> str:
    completion = answer.completion
    if sources:
        await web_sources.store(answer.turn.message_id, sources)
    stop_requested, state = await db.call(
        "select * from oneai.checkpoint(%s, %s, %s, %s, %s, %s)",
        [
            answer.turn.message_id,
            json.dumps(pieces, ensure_ascii=False),
            answer.generation_id,
            completion.sent if completion else False,
            sends_all,
            answer.unstored_tokens(),
        ],
        idempotent=True,
    )
    # Otherwise other processes would wait for the provider until this answer ends.
    await report_routes()
    return "stop" if stop_requested else str(state)
