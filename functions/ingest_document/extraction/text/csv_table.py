"""Tables as CSV: the rows of a file in which a comma, a semicolon, a tab or a bar separates cells."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import islice
from typing import IO

from extraction.pieces import Letters, Piece, Reading, Row, by_rows, count_letters
from extraction.table_rows import line
from extraction.text import encoding
from extraction.text.csv_cells import cells_of, has_backslashes

# In a tie the first one wins, so separators that also occur in texts and numbers come last.
_SEPARATORS = "\t;|,"
# No line contains it, because U+0000 is removed.
_NONE = "\0"
_SAMPLE_LINES = 1_000
_SAMPLE_CHARACTERS = 131_072
_LINE_CHARACTERS = 131_072
# Excel's own first line, which names the separator; other programs show it as a row.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE | re.DOTALL)
# The right half of one number, as in 1.234,50, rather than a cell.
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d{1,3}(?:\.?\d{3})*,\d+\s*")


def read(file: IO[bytes]) -> Reading:
    """One unit: its rows, with ` | ` between cells, without the line that names the separator."""
    letters = Letters()

    def unit(_: int) -> Iterator[Piece]:
        letters.in_file = letters.read = 0
        return _pieces(file, letters)

    return Reading(1, unit, letters=lambda _: letters)


def _pieces(file: IO[bytes], letters: Letters) -> Iterator[Piece]:
    with encoding.open_text(file) as text:
        sample = list(islice(_lines(text), _SAMPLE_LINES))
    named = separator_line(sample)
    separator = named or separator_of(sample)
    share = encoding.share_read(file)
    with encoding.open_text(file) as text:
        lines = _counted(islice(_lines(text), 1 if named else 0, None), letters)
        rows = cells_of(lines, separator, backslashes=has_backslashes(sample))
        yield from by_rows((Row(row, share()) for row in _as_text(rows, letters) if row), None)


def _lines(text: TextIOWrapper) -> Iterator[str]:
    rest = ""
    while part := text.readline(_LINE_CHARACTERS):
        part = rest + part.replace("\0", "")
        # A line that is too long is cut between words.
        end = len(part) if len(part) < _LINE_CHARACTERS or part.endswith("\n") else part.rfind(" ") + 1 or len(part)
        yield part[:end]
        rest = part[end:]
    if rest:
        yield rest


def _counted(lines: Iterable[str], letters: Letters) -> Iterator[str]:
    for each in lines:
        letters.in_file += count_letters(each)
        yield each


def _as_text(rows: Iterable[list[str]], letters: Letters) -> Iterator[str]:
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        letters.read += sum(map(count_letters, cells))
        yield line(enumerate(cells, start=1))


def separator_line(lines: list[str]) -> str | None:
    """The separator that a first line such as `sep=;` names; None without such a line."""
    match = _SEPARATOR_LINE.fullmatch(lines[0].removesuffix("\n")) if lines else None
    return match[1] if match else None


def separator_of(lines: list[str]) -> str:
    """The separator with which the largest share of rows has the same number of cells, more than one.

    If no separator makes the lines a table, U+0000, which splits nothing.
    """
    backslashes = has_backslashes(lines)
    shares = {each: _share(lines, each, backslashes=backslashes) for each in _SEPARATORS}
    best = max(shares, key=lambda each: shares[each])
    return best if shares[best] else _NONE


def _share(lines: list[str], separator: str, *, backslashes: bool) -> float:
    widths = Counter(_width(row, separator) for row in cells_of(_first(lines), separator, backslashes=backslashes))
    del widths[0]
    total, single = widths.total(), widths.pop(1, 0)
    most = max(widths.values(), default=0)
    if total and not single and most * 2 >= total:
        return 1.0  # each row has several cells, and some end early or have one more
    # A few rows of prose with a semicolon each are not a table.
    is_table = single * 2 <= total or (most > 1 and most * 5 >= total)
    return most / total if total and is_table else 0.0


def _width(row: list[str], separator: str) -> int:
    """How many cells a row has, 0 for a blank one and for a comment in one cell."""
    if not any(cell.strip() for cell in row) or (len(row) == 1 and row[0].lstrip().startswith("#")):
        return 0
    if separator == "," and len(row) == 2 and _DECIMAL_COMMA.fullmatch(",".join(row)):
        return 1
    return len(row)


def _first(lines: list[str]) -> Iterator[str]:
    size = 0
    for each in lines:
        if size and size + len(each) > _SAMPLE_CHARACTERS:
            return
        size += len(each)
        yield each
