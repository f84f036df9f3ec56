"""Corrects typos in searches: finds words of the workspace that are spelled like a query word that is new there."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID

from pydantic import BaseModel

from oneai import metrics
from oneai.conversations.search_query import Term
from oneai.postgres import db
from oneai.postgres.db import Principal

# Shorter words have too many neighbours.
MIN_LETTERS = 4
# From this length on, two edits are tolerated.
TWO_EDITS_FROM = 7
# Limits: query words that are corrected, and corrections per word.
MAX_WORDS = 8
MAX_SUGGESTIONS = 5
# Limits: candidates per query word, and the statement's time. Eight words against a vocabulary of 825,000 take 0.05 s.
MAX_CANDIDATES = 10_000
TIMEOUT_SECONDS = 0.5


class _CandidateRow(BaseModel):
    query_word: str
    word: str


async def similar_words(
    principal: Principal, terms: Sequence[Term], conversation_id: UUID | None = None, *, everywhere: bool = False
) -> dict[str, tuple[str, ...]]:
    """The most similar words of the workspace for each unquoted word of `terms` that is new there.

    `conversation_id` and `everywhere` say which workspaces, as for a search.

    Empty on a timeout: the search still runs with the words as typed.
    """
    words = [
        (term.words[0], term.unfinished)
        for term in terms
        if len(term.words) == 1 and not term.quoted and _may_be_mistyped(term.words[0])
    ][:MAX_WORDS]
    if not words:
        return {}
    try:
        rows = await db.read_as(
            principal,
            "select query_word, word from oneai.fuzzy_matches(%s, %s, %s, %s, %s, %s)",
            [
                [word for word, _ in words],
                [unfinished for _, unfinished in words],
                [_max_edits(word) for word, _ in words],
                *(MAX_CANDIDATES, conversation_id, everywhere),
            ],
            _CandidateRow,
            seconds=TIMEOUT_SECONDS,
        )
    except db.StatementTimeout:
        metrics.count(metrics.SEARCH_WITHOUT_GUESSES)
        return {}
    return {
        word: _closest(word, (row.word for row in rows)) for word, rows in groupby(rows, key=lambda row: row.query_word)
    }


def edit_distance(one: str, other: str) -> int:
    """The Damerau-Levenshtein distance (optimal string alignment) between two words."""
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, before, row = row, above, [i]
        for j, b in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                row[j] = min(row[j], before[j - 2] + 1)
    return row[-1]


def _max_edits(word: str) -> int:
    """The tolerated edit distance."""
    return 1 if len(word) < TWO_EDITS_FROM else 2


def _may_be_mistyped(word: str) -> bool:
    return len(word) >= MIN_LETTERS and not any(letter in "0123456789" for letter in word)


def _closest(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    found = sorted(
        (distance, other) for other in candidates if (distance := edit_distance(word, other)) <= _max_edits(word)
    )
    return tuple(other for distance, other in found if distance == found[0][0])[:MAX_SUGGESTIONS]
