"""Formulas as a user reads them, for cells whose value was never calculated."""

import re
from dataclasses import dataclass, field

# Texts, sheet names and table columns contain no references; then cells, whole columns and whole rows.
_TOKEN = re.compile(
    r"""(?P<kept>"(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\])"""
    r"|(?<![\w.$])(?P<cell>(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7}))(?![\w.(])"
    r"|(?<![\w.$])(?P<columns>(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3}))(?![\w.(])"
    r"|(?<![\w.$])(?P<rows>(\$?)(\d{1,7}):(\$?)(\d{1,7}))(?![\w.(])"
)
# Prefixes of newer functions and their parameters in a file, which displayed formulas do not have.
_PREFIX = re.compile(r"_xl(?:fn|ws|pm|udf)\.")
_COLUMNS, _ROWS = 16_384, 1_048_576


@dataclass
class Formulas:
    """The shared formulas of one sheet by number: the place of the first one, and its text."""

    _shared: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def keep(self, number: str, column: int, row: int, text: str) -> None:
        """Remembers the formula that others share."""
        self._shared[number] = column, row, text

    def of(self, number: str, column: int, row: int) -> str:
        """The shared formula for this cell; empty if its first cell has not been read."""
        if number not in self._shared:
            return ""
        first_column, first_row, text = self._shared[number]
        return moved(text, column - first_column, row - first_row)


def shown(text: str) -> str:
    """The formula after its equals sign, in one line."""
    return "=" + " ".join(_PREFIX.sub("", text).split()).removeprefix("=")


def moved(text: str, columns: int, rows: int) -> str:
    """The formula with its relative references moved; one that leaves the sheet is #REF!."""

    def replaced(match: re.Match[str]) -> str:
        if match["cell"]:
            return _column(match[3], match[4], columns) + _row(match[5], match[6], rows)
        if match["columns"]:
            return f"{_column(match[8], match[9], columns)}:{_column(match[10], match[11], columns)}"
        if match["rows"]:
            return f"{_row(match[13], match[14], rows)}:{_row(match[15], match[16], rows)}"
        return match[0]

    return _TOKEN.sub(replaced, text)


def _column(fixed: str, name: str, by: int) -> str:
    if fixed:
        return f"${name}"
    number = column_number(name) + by
    return column_name(number) if 1 <= number <= _COLUMNS else "#REF!"


def _row(fixed: str, number: str, by: int) -> str:
    if fixed:
        return f"${number}"
    return str(int(number) + by) if 1 <= int(number) + by <= _ROWS else "#REF!"


def column_number(name: str) -> int:
    """A is 1, XFD is 16,384."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_name(number: int) -> str:
    """The letters of a column, from 1."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
