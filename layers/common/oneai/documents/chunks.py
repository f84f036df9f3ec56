"""Cuts the text of a document into chunks: at headings and pages, else at paragraphs, lines, sentences, words, in this
order. A page ends no chunk where its last sentence goes on."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from oneai.token_estimate import MARGIN, TOKENS_PER_CHARACTER, estimate_tokens

# Tokens of a chunk. What is left of a section too long for one chunk and too short for two is halved, and a section
# shorter than the least is a chunk of its own.
MIN_TOKENS, MAX_TOKENS = 300, 500
# Code points that are examined for one chunk: more than the maximum of two chunks, in the script with the fewest
# tokens.
_WINDOW = 4000
# Marks that are skipped backwards to find the start of a grapheme; a longer grapheme is cut.
_LONGEST_GRAPHEME = 64

# Where to cut, best first. `.` ends a sentence only before a space, the others always.
_BREAKS = (
    re.compile(r"\n[^\S\n]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？।॥۔؟]+\s*"),
    re.compile(r"\s+"),
)
_END_OF_SENTENCE = re.compile(r"[.!?…:;।॥。！？۔؟][\"'”’)\]]*\Z")
# U+0000 and lone surrogates, which Postgres cannot store.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Piece(NamedTuple):
    """A part of a document as it was read: its text, and its page (from 1) and heading if the format has them."""

    text: str
    page: int | None = None
    heading: str | None = None


class Chunk(NamedTuple):
    """A part of a document that is embedded and found; `page` is the page on which it starts."""

    page: int | None
    heading: str | None
    content: str
    tokens: int


@dataclass
class _Section:
    """The text of consecutive pieces under one heading, across pages, and the position where each page starts."""

    heading: str | None
    text: str = ""
    pages: list[tuple[int, int | None]] = field(default_factory=list)

    def page_at(self, at: int) -> int | None:
        return next((page for begins, page in reversed(self.pages) if begins <= at), None)


def cut(pieces: Iterable[Piece], *, name: str) -> list[Chunk]:
    """The chunks of a document in order, at most MAX_TOKENS each; none if there is no text.

    `name` is the document's, which a heading does not repeat.
    """
    return [chunk for section in _sections(pieces, name) for chunk in _cut_section(section)]


def embedded_text(name: str, chunk: Chunk) -> str:
    """The text to embed for a chunk: the document's name, the heading and the page, then the text."""
    place = [name, *([chunk.heading] if chunk.heading else []), *([f"p. {chunk.page}"] if chunk.page else [])]
    return f"{' › '.join(place)}\n\n{chunk.content}"


def _sections(pieces: Iterable[Piece], name: str) -> Iterator[_Section]:
    section: _Section | None = None
    parts: list[str] = []
    for piece in pieces:
        text = _UNSTORABLE.sub("\ufffd", piece.text).strip()
        if not text:
            continue
        heading = _UNSTORABLE.sub("\ufffd", " ".join((piece.heading or "").split()))
        heading = heading if heading != name else ""
        if section is None or section.heading != (heading or None) or not _goes_on(section, piece.page, parts, text):
            if section is not None:
                section.text = "\n\n".join(parts)
                yield section
            section, parts = _Section(heading or None), []
        section.pages.append((sum(map(len, parts)) + 2 * len(parts), piece.page))
        parts.append(text)
    if section is not None:
        section.text = "\n\n".join(parts)
        yield section


def _goes_on(section: _Section, page: int | None, parts: Sequence[str], text: str) -> bool:
    """Whether `text` is on the section's last page, or its first sentence starts there."""
    if section.pages[-1][1] == page:
        return True
    return not _END_OF_SENTENCE.search(parts[-1]) and not (text[0].isupper() or text[0].isdigit())


def _cut_section(section: _Section) -> Iterator[Chunk]:
    text, start = section.text, 0
    while start < len(text):
        end = start + _length(text[start : start + _WINDOW])
        content = text[start:end].strip()
        yield Chunk(section.page_at(start), section.heading, content, estimate_tokens(content))
        start = end + len(text[end : end + _WINDOW]) - len(text[end : end + _WINDOW].lstrip())


def _length(window: str) -> int:
    """The length in code points of the chunk at the start of `window`, which is the remaining text or its start."""
    tokens = list(accumulate(map(_weight, window)))
    left = tokens[-1]
    if left <= MAX_TOKENS:
        return len(window)
    most = min(MAX_TOKENS, max(left - MIN_TOKENS, left / 2))
    return _best_break(window, _reached(tokens, min(MIN_TOKENS, most * 0.8)), _reached(tokens, most))


def _weight(character: str) -> float:
    code = ord(character)
    width = 0 if code < 0x80 else 1 if code < 0x800 else 2 if code < 0x10000 else 3
    return TOKENS_PER_CHARACTER[width] * MARGIN


def _reached(tokens: Sequence[float], count: float) -> int:
    """How many characters have at most `count` tokens."""
    # One token is reserved, because estimates are rounded up.
    return next((at for at, each in enumerate(tokens) if each > count - 1), len(tokens))


def _best_break(window: str, least: int, most: int) -> int:
    """The last break of the best kind between `least` and `most`, else the last start of a grapheme."""
    for kind in _BREAKS:
        ends = [match.start() for match in kind.finditer(window, least, most + 1)]
        if kind is _BREAKS[2]:
            ends = [match.end() for match in kind.finditer(window, least, most)]
        if ends:
            return ends[-1]
    end = most
    while end > max(least, most - _LONGEST_GRAPHEME) and within_grapheme(window, end):
        end -= 1
    return end if not within_grapheme(window, end) else most


def within_grapheme(text: str, at: int) -> bool:
    """Whether the characters before and after `at` form one grapheme, so that a text must not be cut there."""
    before, after = text[at - 1], text[at]
    if (before == "\r" and after == "\n") or before == "\u200d" or _extends(after):
        return True
    if _is_flag(before) and _is_flag(after):
        # Flags are pairs: `at` is inside one if an odd number of letters precedes it.
        run = next((n for n in range(at) if not _is_flag(text[at - 1 - n])), at)
        return run % 2 == 1
    # A syllable of Korean letters: leading ones, then vowels and finals.
    if _is_leading_jamo(after):
        return _is_leading_jamo(before)
    if "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7ff":
        return True
    # A virama joins consonants.
    return unicodedata.combining(before) == 9 and unicodedata.category(after) == "Lo"


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_leading_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u115f" or "\ua960" <= character <= "\ua97f"
