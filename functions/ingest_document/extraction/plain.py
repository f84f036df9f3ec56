"""Plain text: program code, logs, and Markdown, which is cut at its headings; and tables as CSV."""

import csv
import re
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from typing import IO

from extraction import encoding
from extraction.pieces import PIECE_CHARACTERS, Block, Piece, Reading, by_heading, by_rows, cut

_MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_CHUNK = PIECE_CHARACTERS * 4
_DIALECT_CHARACTERS = 16_384


def read_text(file: IO[bytes]) -> Reading:
    """One unit: pieces that end at the end of a line, where there is one."""
    return Reading(1, lambda _: _text(file))


def read_markdown(file: IO[bytes]) -> Reading:
    """One unit, cut at headings."""
    return Reading(1, lambda _: _markdown(file))


def read_csv(file: IO[bytes]) -> Reading:
    """One unit: its rows, between the characters that separate its cells."""
    return Reading(1, lambda _: _csv(file))


def _text(file: IO[bytes]) -> Iterator[Piece]:
    share = encoding.share_read(file)
    with encoding.open_text(file) as text:
        rest = ""
        while len(chunk := text.read(_CHUNK)) == _CHUNK:
            rest += chunk
            end = rest.rfind("\n") + 1 or rest.rfind(" ") + 1 or len(rest)
            part = share()
            yield from (Piece(each, part=part) for each in cut(rest[:end]))
            rest = rest[end:]
        yield from (Piece(each) for each in cut(rest + chunk))


def _markdown(file: IO[bytes]) -> Iterator[Piece]:
    share = encoding.share_read(file)
    with encoding.open_text(file) as text:
        yield from by_heading(_markdown_blocks(text, share))


def _markdown_blocks(text: TextIOWrapper, share: Callable[[], float]) -> Iterator[Block]:
    is_code = False
    while line := text.readline(PIECE_CHARACTERS):
        is_code ^= bool(_FENCE.match(line))
        heading = None if is_code else _MARKDOWN_HEADING.match(line)
        level = len(heading[1]) if heading else None
        yield Block(heading[2] if heading else line.rstrip("\n"), level, share())


def _csv(file: IO[bytes]) -> Iterator[Piece]:
    share = encoding.share_read(file)
    csv.field_size_limit(PIECE_CHARACTERS * 16)
    with encoding.open_text(file, newline="") as text:
        try:
            dialect: type[csv.Dialect] = csv.Sniffer().sniff(text.read(_DIALECT_CHARACTERS), ",;\t|")
        except csv.Error:
            dialect = csv.excel
    with encoding.open_text(file, newline="") as text:
        rows = (" | ".join(cells) for cells in csv.reader(text, dialect) if any(cells))
        yield from by_rows(((row, share()) for row in rows), None)
