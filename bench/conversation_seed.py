"""Rows of typical conversations for `bench.seed`: questions, answers, edits and regenerations."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bench.vocabulary import Words


def new_id(chance: random.Random) -> UUID:
    """A deterministic id."""
    return UUID(int=chance.getrandbits(128), version=4)


@dataclass
class SeededConversation:
    """One conversation to be inserted."""

    id: UUID
    user: UUID
    began: datetime
    visible: int
    model: str


_USAGE = (
    '{"prompt_tokens": 90, "completion_tokens": 40, "reasoning_tokens": 0, "cached_tokens": 0, "cost_micro_usd": 52, '
    '"estimated": false}'
)


def messages(
    talk: SeededConversation, chance: random.Random, words: Words, *, rare: str | None
) -> Iterator[tuple[Any, ...]]:
    """The rows of a conversation. Six of fourteen pairs have a regenerated answer, three an edited question."""
    parent: UUID | None = None
    for at in range(1, talk.visible, 2):
        asked_anew, answered_anew = chance.choices(((False, False), (False, True), (True, True)), (5, 6, 3))[0]
        question, answer, other_question, other_answer = (new_id(chance) for _ in range(4))
        asked = words.text(chance.randint(3, 20)) if rare is None or at > 1 else f"{words.text(5)} {rare}"
        replies = (words.text(chance.randint(10, 60)) for _ in range(2))
        yield _row(talk, at, asked, id=question, parent=parent, shown=not asked_anew, chosen=not asked_anew)
        yield _row(
            talk,
            at + 1,
            next(replies),
            id=answer,
            parent=question,
            shown=not answered_anew,
            chosen=asked_anew or not answered_anew,
        )
        if asked_anew:
            text = words.text(chance.randint(3, 20))
            yield _row(talk, at, text, id=other_question, parent=parent, of=question, kind="user_edit")
        if answered_anew:
            above = other_question if asked_anew else question
            yield _row(talk, at + 1, next(replies), id=other_answer, parent=above, of=answer, kind="regeneration")
        parent = other_answer if answered_anew else answer


def _row(
    talk: SeededConversation,
    number: int,
    text: str,
    *,
    id: UUID,
    parent: UUID | None,
    of: UUID | None = None,
    kind: str | None = None,
    shown: bool = True,
    chosen: bool = True,
) -> tuple[Any, ...]:
    """A row of chat_messages in the order of its columns; `of` is the original of a revision."""
    answering = number % 2 == 0
    at = talk.began + timedelta(seconds=number, milliseconds=500 * (of is not None))
    return (
        *(id, talk.id, talk.user, "assistant" if answering else "user", text, talk.model),
        *(talk.model if answering else None, number, int(of is not None), kind, parent, of, chosen, shown, at),
        _USAGE if answering else None,
    )
