"""What a file is read into: units, such as pages, and in each of them pieces of text in the order of the file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

PIECE_CHARACTERS = 8_000
"""The most a piece holds; longer texts are cut at the end of a line or a word."""
HEADING_CHARACTERS = 300
_OTHER_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())


@dataclass(frozen=True)
class Piece:
    """A text with where it stands; `part` is how much of its unit has been read with it, from 0 to 1."""

    text: str
    page: int | None = None
    heading: str | None = None
    part: float = 1.0


@dataclass
class Letters:
    """Letters and digits of one unit: those that the file shows to a person, and those that its pieces contain.

    Both count each occurrence once. Text that a reader repeats or adds, such as the first row of a table above each of
    its pieces or the word "Comment", is not counted as read.
    """

    in_file: int = 0
    read: int = 0


def count_letters(text: str) -> int:
    """How many letters and digits the text has, in any script; spaces, punctuation and combining marks do not count."""
    if text.isascii():
        return len(text.encode("ascii").translate(None, _OTHER_ASCII))  # many times as fast
    return sum(map(str.isalnum, text))


@dataclass(frozen=True)
class Reading:
    """An opened file: `unit(i)` yields the pieces of unit `i`, the same ones in the same order each time.

    `pages` is how many pages there are, each a unit; None for a file without pages. `letters(i)` and `is_picture(i)`
    are asked after the last piece of unit `i`: how complete the unit was read (None: not known for this format), and
    whether the unit is a page that is a picture with at most a few words of text.
    """

    units: int
    unit: Callable[[int], Iterator[Piece]]
    pages: int | None = None
    letters: Callable[[int], Letters] | None = None
    is_picture: Callable[[int], bool] | None = None


class Block(NamedTuple):
    """A paragraph; or a heading, of `level` 1 to 9."""

    text: str
    level: int | None = None
    part: float = 1.0


def clean(text: str) -> str:
    """The text without what Postgres and JSON cannot hold: U+0000 and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def as_fields(piece: Piece) -> dict[str, Any]:
    """The piece as the answer has it."""
    return {"text": clean(piece.text), "page": piece.page, "heading": piece.heading and clean(piece.heading)}


def cut(text: str) -> Iterator[str]:
    """The text in parts of at most PIECE_CHARACTERS, none of them blank."""
    begin = 0
    while begin < len(text):
        end = begin + PIECE_CHARACTERS
        if end < len(text):
            earliest = begin + PIECE_CHARACTERS // 2
            end = text.rfind("\n", earliest, end) + 1 or text.rfind(" ", earliest, end) + 1 or end
        if part := text[begin:end].strip():
            yield part
        begin = end


def by_heading(blocks: Iterable[Block], page: int | None = None) -> Iterator[Piece]:
    """Pieces that end at headings; each has the headings above it as a path, such as `Terms > Notice`."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    length, part = 0, 0.0
    for block in blocks:
        if block.level is not None or length + len(block.text) > PIECE_CHARACTERS:
            yield from _pieces(lines, page, path, part)
            lines, length = [], 0
        if block.level is not None and block.text.strip():
            path = [above for above in path if above[0] < block.level]
            path.append((block.level, " ".join(block.text.split())))
        lines.append(block.text)
        length += len(block.text) + 1
        part = block.part
    yield from _pieces(lines, page, path, 1.0)


def _pieces(lines: list[str], page: int | None, path: list[tuple[int, str]], part: float) -> Iterator[Piece]:
    heading = " > ".join(text for _, text in path)[:HEADING_CHARACTERS] or None
    for text in cut("\n".join(lines)):
        yield Piece(text, page, heading, part)


def by_rows(rows: Iterable[tuple[str, float]], heading: str | None, page: int | None = None) -> Iterator[Piece]:
    """Pieces of a table's rows, given as text with the part of the table read; each begins with the first row."""
    first: str | None = None
    lines: list[str] = []
    length, read = 0, 0.0
    for row, part in rows:
        if first is None:
            first = row if len(row) <= PIECE_CHARACTERS // 8 else ""
        elif lines and length + len(row) > PIECE_CHARACTERS // 2:
            yield from _pieces(lines, page, [(1, heading)] if heading else [], read)
            lines = [first] if first else []
            length = len(first)
        lines.append(row)
        length += len(row) + 1
        read = part
    yield from _pieces(lines, page, [(1, heading)] if heading else [], 1.0)
