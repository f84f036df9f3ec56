"""Snippets of search hits: the part of the text with the most query words, and their positions in it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from oneai.conversations.search_query import Term
from oneai.conversations.tokenize import Word, end_with_marks, tokenize
from oneai.text import divides_sign

# Code points of a snippet, including dots; and of its part before the first hit.
LENGTH = 240
BEFORE = 60
_DOTS = "…"


class Snippet(NamedTuple):
    """A part of a text, with dots where it was cut, and its hits: code points of `snippet`, end exclusive."""

    snippet: str
    highlights: list[tuple[int, int]]


class _Hit(NamedTuple):
    start: int
    end: int
    term: int


def make_snippet(text: str, terms: Sequence[Term], words: Sequence[Word] | None = None) -> Snippet:
    """The part of `text` with the most distinct terms, or its start if it has none.

    `words` are those of the text, if they are already known.
    """
    hits = sorted(_hits(text, tokenize(text) if words is None else words, terms))
    first = _best_hit(hits)
    start = _start(text, hits[first].start if hits else 0)
    end = _end(text, start)
    lead, trail = _DOTS if start else "", _DOTS if end < len(text) else ""
    inside = ((hit.start, min(hit.end, end)) for hit in hits if start <= hit.start < end)
    highlights = [(left - start + len(lead), right - start + len(lead)) for left, right in _merge_overlaps(inside)]
    return Snippet(f"{lead}{text[start:end]}{trail}", highlights)


def _hits(text: str, text_words: Sequence[Word], terms: Sequence[Term]) -> Iterator[_Hit]:
    positions: dict[str, list[int]] = {}
    for at, word in enumerate(text_words):
        positions.setdefault(word.text, []).append(at)
    for number, term in enumerate(terms):
        for end in _ends(positions, term):
            span = text_words[max(end - len(term.words) + 1, 0) : end + 1]
            if [word.text for word in span[:-1]] == list(term.words[:-1]):
                for word in span:
                    yield _Hit(word.start, end_with_marks(text, word.end), number)


def _ends(positions: dict[str, list[int]], term: Term) -> Iterator[int]:
    """Positions at which the last word of a term occurs."""
    last = term.words[-1]
    for word in {last, *term.similar, *(word for word in positions if term.unfinished and word.startswith(last))}:
        yield from positions.get(word, ())


def _best_hit(hits: list[_Hit]) -> int:
    """The index of the hit at which the snippet starts."""
    best, best_count, end = 0, 0, 0
    for first in range(len(hits)):
        end = max(end, first)
        while end < len(hits) and hits[end].end - hits[first].start <= LENGTH - BEFORE - 2:
            end += 1
        different = len({hit.term for hit in hits[first:end]})
        if different > best_count:
            best, best_count = first, different
    return best


def _start(text: str, hit: int) -> int:
    """Some words before the hit; 0 for short texts."""
    start = max(hit - BEFORE, 0)
    if len(text) <= LENGTH or not start:
        return 0
    space = next((at for at in range(start, hit) if text[at].isspace()), None)
    start = start if space is None else space + 1
    while start and divides_sign(text, start):
        start -= 1
    return start


def _end(text: str, start: int) -> int:
    end = start + LENGTH - 2
    if len(text) - start <= LENGTH - bool(start):
        return len(text)
    space = next((at for at in range(end, end - 40, -1) if text[at].isspace()), None)
    end = end if space is None else space
    while end > start + 1 and divides_sign(text, end):
        end -= 1
    return end


def _merge_overlaps(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merges overlapping spans: one character can yield two words."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
