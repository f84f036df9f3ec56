"""Markdown, split at its headings. As in CommonMark, code, comments and front matter have none."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import IO

from extraction.pieces import PIECE_CHARACTERS, Block, Piece, Reading, by_heading
from extraction.text import encoding

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
# An info string after backticks has no backtick, or `code` in a paragraph would open a block.
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_LIST_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)[ \t]{0,4}")
_QUOTE = re.compile(r" {0,3}>[ \t]?")
_BREAK = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}")
# HTML in which a line with # is not a heading, and the end of each kind.
_RAW = re.compile(r" {0,3}(?:(<!--)|<(pre|script|style|textarea)(?=[\s>]|$))", re.IGNORECASE)
_FRONT_MATTER = {"---": ("---", "..."), "+++": ("+++",)}
_FRONT_MATTER_LINES = 500
# The maximum lines of a heading, which keeps the buffer small.
_PARAGRAPH_LINES = 50


def read(file: IO[bytes]) -> Reading:
    """One unit, split at headings."""
    return Reading(1, lambda _: _pieces(file))


def _pieces(file: IO[bytes]) -> Iterator[Piece]:
    share = encoding.share_read(file)
    with encoding.open_text(file) as text:
        lines = iter(lambda: text.readline(PIECE_CHARACTERS), "")
        yield from by_heading(blocks(lines, share))


def blocks(lines: Iterable[str], share: Callable[[], float] = lambda: 1.0) -> Iterator[Block]:
    """The lines as blocks, headings with their level; `share` says how much has been read."""
    source = iter(lines)
    front, rest = _front_matter(source)
    for line in front:
        yield Block(line, part=share())
    reader = _Reader()
    for line in chain(rest, source):
        for text, level in reader.feed(line.replace("\0", "").rstrip("\n")):
            yield Block(text, level, share())
    for text, level in reader.paragraph():
        yield Block(text, level)


def _front_matter(source: Iterator[str]) -> tuple[list[str], list[str]]:
    """The lines of front matter (YAML or TOML), and the lines that were read to find it."""
    first = next(source, "")
    ends = _FRONT_MATTER.get(first.rstrip())
    if ends is None:
        return [], [first]
    taken = [first]
    for line in islice(source, _FRONT_MATTER_LINES):
        taken.append(line)
        if line.rstrip() in ends:
            return [each.rstrip("\n") for each in taken], []
    return [], taken


class _Reader:
    """The open block at a line: a paragraph, which an underline makes a heading, a list, a fence or raw HTML."""

    def __init__(self) -> None:
        self._paragraph: list[str] = []
        self._fence = ""
        self._fence_quotes = 0
        self._raw_end: str | None = None
        self._indents: list[int] = []

    def paragraph(self) -> Iterator[tuple[str, int | None]]:
        """The lines of the paragraph that ends here."""
        yield from ((line, None) for line in self._paragraph)
        self._paragraph = []

    def feed(self, line: str) -> Iterator[tuple[str, int | None]]:
        """Texts, with the level of those that are headings; lines of a paragraph are kept until it ends."""
        inner, quotes = _without_quotes(line.expandtabs(4))
        inner = self._without_indent(inner)
        if self._fence and quotes < self._fence_quotes:
            self._fence = ""  # a block inside a quotation ends with it
        if self._fence or self._raw_end is not None:
            self._end_code(inner)
            yield line, None
        elif self._begin_code(inner, quotes):
            yield from self.paragraph()
            yield line, None
        elif self._paragraph and not quotes and (underline := _UNDERLINE.fullmatch(inner)):
            text = " ".join(each.strip() for each in self._paragraph)
            self._paragraph = []
            yield text, 1 if underline[1][0] == "=" else 2
        elif not quotes and not self._indents and (heading := _HEADING.fullmatch(inner)):
            yield from self.paragraph()
            yield heading[2] or "", len(heading[1])
        elif inner.strip() and not quotes and not self._indents and not _BREAK.fullmatch(inner):
            if self._paragraph or not inner.startswith("    "):
                self._paragraph.append(line)
                if len(self._paragraph) >= _PARAGRAPH_LINES:
                    yield from self.paragraph()
            else:
                yield line, None  # code, by its indentation
        else:
            yield from self.paragraph()
            yield line, None

    def _without_indent(self, line: str) -> str:
        """The line without the indentation of the open list items, which can have any width."""
        if self._fence or not line.strip():
            return line[self._indents[-1] :] if self._indents else line
        indent = len(line) - len(line.lstrip(" "))
        while self._indents and indent < self._indents[-1]:
            self._indents.pop()
        base = self._indents[-1] if self._indents else 0
        rest = line[base:]
        while (item := _LIST_ITEM.match(rest)) and not _BREAK.fullmatch(rest) and self._raw_end is None:
            base += item.end()
            self._indents.append(base)
            rest = line[base:]
        return rest

    def _begin_code(self, line: str, quotes: int) -> bool:
        if fence := _FENCE.match(line):
            self._fence, self._fence_quotes = fence[1], quotes
            return True
        if raw := _RAW.match(line):
            self._raw_end = "-->" if raw[1] else f"</{raw[2].lower()}>"
            self._end_code(line[raw.end() :])
            return True
        return False

    def _end_code(self, line: str) -> None:
        if self._raw_end is not None:
            if self._raw_end in line.lower():
                self._raw_end = None
            return
        closing = re.fullmatch(r" {0,3}(`{3,}|~{3,})[ \t]*", line)
        if closing and closing[1][0] == self._fence[0] and len(closing[1]) >= len(self._fence):
            self._fence = ""


def _without_quotes(line: str) -> tuple[str, int]:
    quotes = 0
    while quote := _QUOTE.match(line):
        line = line[quote.end() :]
        quotes += 1
    return line, quotes
