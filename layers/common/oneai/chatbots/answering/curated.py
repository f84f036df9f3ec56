"""Curated answers that fit a question, by its words: they come before documents, need no model and cost nothing."""

from dataclasses import dataclass
from uuid import UUID

from oneai.chatbots.answering.telling_words import words_of
from oneai.postgres import db

# The share of the words of both questions that are common. From the first on the answer is given as the answer, from
# the second on it is offered as the nearest one.
FITS = 0.75
NEAR = 0.34


@dataclass(frozen=True, slots=True)
class Match:
    """A curated question with its answer, and how much its words have in common with what was asked, from 0 to 1."""

    question: str
    answer: str
    score: float

    @property
    def fits(self) -> bool:
        """Whether it is what was asked."""
        return self.score >= FITS


async def find(chatbot_id: UUID, question: str, most: int = 1) -> list[Match]:
    """The curated answers that are nearest to the question, best first, at most `most`; none that has little in common.
    Raises Busy."""
    words = words_of(question)
    if not words:
        return []
    return await db.as_service(
        "select * from oneai.nearest_curated_answers(%s, %s::text[], %s, %s)", [chatbot_id, words, NEAR, most], Match
    )
