"""The job that groups visitors' questions by meaning."""

import math
import zlib
from dataclasses import dataclass
from uuid import UUID

from oneai.chatbots.answering.telling_words import words_of
from oneai.postgres import db

# Questions per statement, well within the role's statement timeout.
BATCH = 500
# Those of one run; the rest waits for the next one.
MOST = 50_000
# Of the vectors of the embedding model, and so of ours.
DIMENSIONS = 1024


@dataclass
class _Question:
    message_id: UUID
    content: str | None


async def group_questions(most: int = MOST) -> int:
    """Puts each new question into a topic, and returns how many it grouped. Safe to interrupt and to run
    concurrently: each question is grouped once."""
    total = 0
    while total < most:
        waiting = await db.as_service("select * from oneai.questions_to_group(%s)", [BATCH], _Question)
        if not waiting:
            return total
        vectors = [None if each.content is None else word_vector(each.content) for each in waiting]
        (grouped,) = await db.call(
            "select oneai.group_questions(%s::uuid[], %s::text[])", [[each.message_id for each in waiting], vectors]
        )
        if not grouped:  # another run groups them
            return total
        total += grouped
    return total


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
