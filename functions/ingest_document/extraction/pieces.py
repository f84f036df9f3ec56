"""The result of reading a file: units, such as pages, and in each unit pieces of text in the file's order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

PIECE_CHARACTERS = 8_000
"""The most a piece holds; longer texts are cut at the end of a line or a word."""
HEADING_CHARACTERS = 300
_OTHER_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())


@dataclass(frozen=True)
class Piece:
    """A text and its place; `part` is how much of its unit has been read with it, from 0 to 1.

    `mark` is the place of the unit where the piece starts, for `Reading.go_on`.
    """

    text: str
    page: int | None = None
    heading: str | None = None
    part: float = 1.0
    mark: tuple[int, ...] | None = None


@dataclass
class Letters:
    """Letters and digits of one unit: those that the file shows to a user, and those that its pieces contain.

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

    `pages` is the number of pages, each a unit; None for a file without pages. `letters(i)` and `is_picture(i)`
    are asked after the last piece of unit `i`: how complete the unit was read (None: not known for this format), and
    whether the unit is a page that is a picture with at most a few words of text. `go_on(i, mark)` yields the same as
    `unit(i)` from the piece with this mark on, in less time; None where pieces have no marks.
    """

    units: int
    unit: Callable[[int], Iterator[Piece]]
    pages: int | None = None
    letters: Callable[[int], Letters] | None = None
    is_picture: Callable[[int], bool] | None = None
    go_on: Callable[[int, Sequence[int]], Iterator[Piece]] | None = None


class Row(NamedTuple):
    """A row of a table as text, with the part of the table read, and the mark of a piece that starts with it."""

    text: str
    part: float
    mark: tuple[int, ...] | None = None


class Block(NamedTuple):
    """A paragraph; or a heading, of `level` 1 to 9."""

    text: str
    level: int | None = None
    part: float = 1.0


def clean(text: str) -> str:
    """The text without characters that Postgres and JSON cannot store: U+0000 and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def as_fields(piece: Piece) -> dict[str, Any]:
    """The piece for the answer."""
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


def by_rows(
    rows: Iterable[Row], heading: str | None, page: int | None = None, *, first: str | None = None
) -> Iterator[Piece]:
    """Pieces of a table's rows; each begins with the first row of the table.

    `first` is the result of `repeated`, if the rows start further down. A piece's mark is the mark of its row, and the
    number of the piece among those that start with this row.
    """
    path = [(1, heading)] if heading else []
    lines = [first] if first else []
    length, read, begin = len(first or ""), 0.0, None
    for row in rows:
        if begin is not None and first is not None and length + len(row.text) > PIECE_CHARACTERS // 2:
            yield from _marked(_pieces(lines, page, path, read), begin.mark)
            lines = [first] if first else []
            length, begin = len(first), None
        if first is None:
            first = repeated(row.text)
        begin = begin or row
        lines.append(row.text)
        length += len(row.text) + 1
        read = row.part
    if begin is not None:
        yield from _marked(_pieces(lines, page, path, 1.0), begin.mark)


def repeated(first: str) -> str:
    """The first row of a table, for the top of each of its pieces; empty if it is too long."""
    return first if len(first) <= PIECE_CHARACTERS // 8 else ""


def _marked(pieces: Iterator[Piece], mark: tuple[int, ...] | None) -> Iterator[Piece]:
    return pieces if mark is None else (replace(each, mark=(*mark, at)) for at, each in enumerate(pieces))
