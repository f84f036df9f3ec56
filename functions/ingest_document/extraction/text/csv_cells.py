"""The cells of CSV rows.

The only quote is `"`, doubled inside a quoted cell (RFC 4180); an apostrophe is part of a word. MySQL and Spark escape
a quote with a backslash instead. A quote that is never closed is an ordinary character, so it swallows no rows.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

# The maximum size of a cell. A quote that is still open after this did not open a cell.
_CELL_LINES = 1_000
_CELL_CHARACTERS = 131_072
_EMPTY_CELL = re.compile(r'(?:^|(?<=[,;|\t]))[ ]*""[ ]*(?=[,;|\t\n]|$)')
# A backslash before a closing quote is the end of a path, such as "C:\".
_ESCAPED_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*\\"(?![ ]*(?:[,;|\t\n]|$))')
_DOUBLED_QUOTE = re.compile(r'(?<!\\)""')


def has_backslashes(lines: Iterable[str]) -> bool:
    """Whether quotes inside quoted cells have a backslash before them, and none is doubled."""
    found = False
    for each in lines:
        if '"' in each:
            if _DOUBLED_QUOTE.search(_EMPTY_CELL.sub("", each)):
                return False
            found = found or _ESCAPED_QUOTE.search(each) is not None
    return found


def cells_of(lines: Iterable[str], separator: str, *, backslashes: bool = False) -> Iterator[list[str]]:
    """The cells of each row; a quoted cell may have several lines.

    With `backslashes`, a backslash escapes a quote inside a quoted cell; see `has_backslashes`.
    """
    source = _Lines(lines, backslashes=backslashes)
    while (text := source.take()) is not None:
        if '"' in text:
            yield _cells(text, separator, source)
        else:
            yield text.removesuffix("\n").split(separator)


class _Lines:
    """Lines that can be read ahead."""

    def __init__(self, lines: Iterable[str], *, backslashes: bool) -> None:
        self.backslashes = backslashes
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()

    def take(self) -> str | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def give_back(self, lines: list[str]) -> None:
        self._ahead.extendleft(reversed(lines))


def _cells(text: str, separator: str, source: _Lines) -> list[str]:
    cells: list[str] = []
    at = 0
    while True:
        begin = at
        while text.startswith(" ", begin) and separator != " ":
            begin += 1
        if text.startswith('"', begin) and (quoted := _quoted(text, begin, separator, source)) is not None:
            cell, text, at = quoted
        else:
            cell = ""
        end = text.find(separator, at)
        # As in Excel, text between a closing quote and the separator belongs to the cell.
        rest = text[at:] if end < 0 else text[at:end]
        cells.append(cell + rest.removesuffix("\n"))
        if end < 0:
            return cells
        at = end + len(separator)


def _quoted(text: str, begin: int, separator: str, source: _Lines) -> tuple[str, str, int] | None:
    """The quoted cell that starts here, the text with all of the cell's lines, and where the cell ends.

    None if the quote is never closed: a next single quote that is neither doubled nor after the cell's last character
    opens another cell.
    """
    taken: list[str] = []
    at = begin + 1
    while True:
        end = text.find('"', at)
        if end >= 0 and source.backslashes and _is_escaped(text, end, begin + 1):
            at = end + 1
            continue
        if end >= 0 and text.startswith('"', end + 1):
            at = end + 2
            continue
        if end >= 0 and (not taken or _ends_cell(text, end + 1, separator)):
            cell = text[begin + 1 : end].replace('""', '"')
            return re.sub(r'\\(["\\])', r"\1", cell) if source.backslashes else cell, text, end + 1
        following = source.take() if end < 0 and len(taken) < _CELL_LINES else None
        if following is None or len(text) - begin > _CELL_CHARACTERS:
            source.give_back(taken if following is None else [*taken, following])
            return None
        at = len(text)
        taken.append(following)
        text += following


def _is_escaped(text: str, quote: int, begin: int) -> bool:
    before = text[begin:quote]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _ends_cell(text: str, at: int, separator: str) -> bool:
    rest = text[at : at + 80].lstrip(" ")
    return not rest or rest.startswith(("\n", separator))
