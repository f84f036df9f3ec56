"""The job that groups visitors' questions by meaning."""

import math
import time
import zlib
from dataclasses import dataclass
from uuid import UUID

from oneai.chatbots.answering.telling_words import words_of
from oneai.errors import Busy
from oneai.postgres import db

# Questions of the first statement, and at most.
BATCH, MOST_IN_BATCH = 50, 500
# What a statement should take. The next one is larger or smaller for that, at most twice and half as large.
BATCH_SECONDS = 1.0
# What a statement may take, on a machine that is much too busy.
PATIENCE_SECONDS = 30
# Those of one run; the rest waits for the next one.
MOST = 50_000
# Of the vectors of the embedding model, and so of ours.
DIMENSIONS = 1024


@dataclass
class _Question:
    message_id: UUID
    content: str | None


async def group_questions(most: int = MOST, *, seconds: float = math.inf) -> int:
    """Puts each new question into a topic for about `seconds`, and returns how many it grouped. A statement that
    Postgres ended is tried again with half of its questions.

    Safe to interrupt and to run concurrently: each question is grouped once. Raises Busy if one question takes too
    long, or Postgres is unreachable.
    """
    total, batch = 0, BATCH
    until = time.monotonic() + seconds
    while total < most and (began := time.monotonic()) < until:
        try:
            grouped = await _group(batch)
        except Busy:
            if batch == 1:
                raise
            batch //= 2
            continue
        if not grouped:
            return total
        total += grouped
        taken = time.monotonic() - began
        batch = min(max(round(batch * BATCH_SECONDS / taken), batch // 2, 1), batch * 2, MOST_IN_BATCH)
    return total


async def _group(batch: int) -> int:
    """Groups the oldest questions, at most `batch`; 0: none waits, or another run groups them."""
    waiting = await db.as_service("select * from oneai.questions_to_group(%s)", [batch], _Question)
    if not waiting:
        return 0
    vectors = [None if each.content is None else word_vector(each.content) for each in waiting]
    (grouped,) = await db.call_long(
        "select oneai.group_questions(%s::uuid[], %s::text[])",
        [[each.message_id for each in waiting], vectors],
        seconds=PATIENCE_SECONDS,
    )
    return int(grouped)


def word_vector(text: str) -> str | None:
    """A question as the vector of its telling words, each in a place that its letters decide; None if it has none.
    Questions with the same words have the same direction."""
    places: dict[int, float] = {}
    for word in words_of(text):
        digest = zlib.crc32(word.encode("utf-8", "replace"))
        place = digest % DIMENSIONS
        places[place] = places.get(place, 0.0) + (1.0 if digest & 0x80000000 else -1.0)
    length = math.sqrt(sum(value * value for value in places.values()))
    if length == 0:
        return None
    return f"[{','.join(f'{places.get(place, 0.0) / length:.4g}' for place in range(DIMENSIONS))}]"
