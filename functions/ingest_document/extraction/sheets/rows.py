"""The rows of one sheet, with the text of each cell."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, NamedTuple

from extraction.office.package import Element, elements, parsed
from extraction.pieces import count_letters
from extraction.sheets import formulas, number_format, shared_strings
from extraction.sheets.formulas import Formulas, column_number
from extraction.sheets.merged_cells import MergedCells
from extraction.sheets.number_format import NumberFormat
from extraction.sheets.shared_strings import CellText
from extraction.sheets.sheet_part import Batch, batches

# A sheet may have a million of these elements besides its rows; they are discarded while it is read.
_MANY = ("mergeCell", "hyperlink", "conditionalFormatting", "dataValidation", "protectedRange", "ignoredError", "ext")
# A formula that others share: it has a range and a text.
_SHARED = re.compile(rb"<(?:[\w.-]+:)?f\s[^>]*\bref\s*=[^>]*>[^<]")
_WORD = re.compile(r"\w+")
# Dates, percentages and small numbers are often repeated.
_KNOWN_NUMBERS = 50_000
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?\d*")


class Place(NamedTuple):
    """Where a row starts: the number of rows before it, and the row number of the last of them."""

    rows: int
    number: int


START = Place(0, 0)


class Cell(NamedTuple):
    """The displayed text of a cell. `letters` counts its value in the file: letters of a text, 1 for any other value.

    `is_text` is whether `letters` are those of a text. `exact` is the number or date itself if the displayed text does
    not contain it, as `1,235` does not contain 1234.5.
    """

    column: int
    text: str
    letters: int
    is_text: bool
    exact: str = ""


@dataclass
class Book:
    """Properties of the cells of all sheets.

    `formats` are by the number of a cell's style. `is_uncalculated`: the program that wrote the file asks for all
    formulas to be calculated when it is opened, and wrote 0 for each of them.
    """

    strings: Sequence[CellText]
    formats: Sequence[NumberFormat]
    since_1904: bool
    is_uncalculated: bool


@dataclass
class Sheet:
    """One reading of a sheet; `page_texts` are its headers and footers, known after the last row."""

    book: Book
    merged: MergedCells
    page_texts: list[str] = field(default_factory=list)
    place: Place = START
    _formulas: Formulas = field(default_factory=Formulas)
    _columns: dict[str, int] = field(default_factory=dict)
    _numbers: dict[tuple[str | None, str], tuple[str, int, str]] = field(default_factory=dict)

    def rows(self, stream: IO[bytes], *, is_plain: bool, begin: Place = START) -> Iterator[tuple[Place, list[Cell]]]:
        """The cells that display something, row by row from a place on, each with the place of its row.

        `stream` is the part from its beginning, `is_plain` the result of `sheet_part.look`. At the end `place` is that
        of the end.
        """
        self.place = START
        if is_plain:
            for batch in batches(stream):
                yield from self._batch(batch, begin)
                if batch.rest is not None:
                    yield from self._elements(batch.rest, begin)
        else:
            yield from self._elements(stream, begin)

    def _batch(self, batch: Batch, begin: Place) -> Iterator[tuple[Place, list[Cell]]]:
        after = self.place.rows + batch.rows
        if after > begin.rows or (b"shared" in batch.xml and _SHARED.search(batch.xml)):
            rows = parsed(batch.xml)[0] if batch.rows else ()
            for row in rows:
                if row.tag.rpartition("}")[2] == "row":
                    yield from self._row(row, begin)
        else:
            # Rows without a number are counted from the first one.
            self.place = begin if after == begin.rows else Place(after, after)

    def _elements(self, stream: IO[bytes], begin: Place) -> Iterator[tuple[Place, list[Cell]]]:
        for element in elements(stream, "row", "headerFooter", *_MANY):
            name = element.tag.rpartition("}")[2]
            if name == "headerFooter":
                self.page_texts = _page_texts(element)
            elif name == "row":
                yield from self._row(element, begin)

    def _row(self, row: Element, begin: Place) -> Iterator[tuple[Place, list[Cell]]]:
        place = begin if self.place.rows == begin.rows else self.place
        number = _whole_number(row.get("r"), place.number + 1)
        cells = self._cells(row, number)
        if place.rows >= begin.rows:
            yield place, cells
        self.place = Place(place.rows + 1, number)

    def _cells(self, row: Element, number: int) -> list[Cell]:
        namespace = row.tag.rpartition("}")[0] + "}" if row.tag[0] == "{" else ""
        cell_name, *names = [namespace + name for name in ("c", "v", "f", "is")]
        covered = self.merged.of_row(number)
        cells: list[Cell] = []
        column, is_ordered = 0, True
        for element in row.iterchildren(cell_name):
            previous, column = column, self._column(element.get("r"), column + 1)
            is_ordered = is_ordered and column > previous
            if covered and any(first <= column <= last for first, last in covered):
                continue
            if (cell := self._cell(element, column, number, names)) is not None:
                cells.append(cell)
        return cells if is_ordered else sorted(cells, key=lambda cell: cell.column)

    def _column(self, reference: str | None, following: int) -> int:
        """The column of a reference such as AB12; the next column if a cell has none."""
        if not reference:
            return following
        letters = reference.rstrip("0123456789")
        if (known := self._columns.get(letters)) is None:
            match = _REFERENCE.fullmatch(reference)
            known = min(16_384, column_number(match[1])) if match else 0
            self._columns[letters] = known
        return known or following

    def _cell(self, element: Element, column: int, row: int, names: list[str]) -> Cell | None:
        value: str | None = None
        formula = inline = None
        for child in element:
            name = child.tag
            if name == names[0]:
                value = child.text
            elif name == names[1]:
                formula = child
            elif name == names[2]:
                inline = child
        kind = element.get("t")
        if formula is not None:
            text = self._formula(formula, column, row)
            is_missing = value is None and inline is None and kind != "str"
            if text and (is_missing or (self.book.is_uncalculated and value == "0")):
                return Cell(column, formulas.shown(text), 1, is_text=False)
        if inline is not None:
            return self._text(column, shared_strings.of_element(inline), element.get("s"))
        value = value and value.strip()
        return self._value(value, kind, column, element.get("s")) if value else None

    def _value(self, value: str, kind: str | None, column: int, style: str | None) -> Cell | None:
        """The display of a stored value, by the cell's kind of value."""
        match kind:
            case "s":
                index = _whole_number(value, -1)
                known = 0 <= index < len(self.book.strings)
                return self._text(column, self.book.strings[index], style) if known else None
            case "str" | "inlineStr":
                text = shared_strings.unescaped(value)
                return self._text(column, CellText(text, count_letters(text)), style)
            case "b":
                return Cell(column, "FALSE" if value in ("0", "false") else "TRUE", 1, is_text=False)
            case "e":
                return Cell(column, value, 1, is_text=False)
        if (known_number := self._numbers.get((style, value))) is None:
            if len(self._numbers) >= _KNOWN_NUMBERS:
                self._numbers.clear()
            known_number = self._numbers[style, value] = self._number(value, style, is_iso=kind == "d")
        shown, letters, exact = known_number
        return Cell(column, shown, letters, False, exact) if letters or exact else None

    def _formula(self, element: Element, column: int, row: int) -> str:
        text = element.text or ""
        if element.get("t") == "shared" and (number := element.get("si")) is not None:
            if not text:
                return self._formulas.of(number, column, row)
            self._formulas.keep(number, column, row, text)
        return text

    def _text(self, column: int, value: CellText, style: str | None) -> Cell | None:
        if style is not None:
            format_ = self._format(style)
            if format_.hides_text():
                return None
            if not format_.is_general:
                return Cell(column, " ".join(format_.text(value.text).split()), value.letters, is_text=True)
        return Cell(column, value.text, value.letters, is_text=True) if value.text or value.letters else None

    def _number(self, value: str, style: str | None, *, is_iso: bool) -> tuple[str, int, str]:
        """The display of a number, whether a user sees any of it (1 or 0), and its exact value."""
        format_ = self._format(style)
        if format_.is_general and value.isdecimal() and value[0] != "0" and len(value) <= 20:
            return value, 1, ""  # an account number may have more digits than a float
        number = _days_of(value, since_1904=self.book.since_1904) if is_iso else _number(value)
        if number is None or (is_iso and not format_.is_date):
            return " ".join(value.split()), 1, ""
        if format_.hides(number):
            return "", 0, ""
        shown = " ".join(format_.number(number).split())
        exact = format_.exact(value, number)
        if not shown and number == 0:  # as `#` displays it
            return "", 0, exact
        is_told = exact == shown or set(_WORD.findall(exact)) <= set(_WORD.findall(shown))
        return shown, 1, "" if is_told else exact

    def _format(self, style: str | None) -> NumberFormat:
        formats = self.book.formats
        index = _whole_number(style, 0)
        if 0 <= index < len(formats):
            return formats[index]
        return number_format.of_code(number_format.GENERAL, since_1904=self.book.since_1904)


def _whole_number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else default


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _days_of(text: str, *, since_1904: bool) -> float | None:
    """The number of days for a date or time in ISO 8601, as in strict files."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    days = (moment - datetime(1904, 1, 1) if since_1904 else moment - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001
    return days if days > 60 or since_1904 else days - 1


def _page_texts(element: Element) -> list[str]:
    """The printed headers and footers; those of even pages and of the first page only if they are on."""
    printed = {"odd"}
    if element.get("differentOddEven") in ("1", "true"):
        printed.add("even")
    if element.get("differentFirst") in ("1", "true"):
        printed.add("first")
    texts: list[str] = []
    for child in element.iterchildren("*"):
        match = _PAGE_TEXT.fullmatch(child.tag.rpartition("}")[2])
        if match and match[1] in printed and (text := _without_codes(child.text or "")):
            texts.append(f"{match[2]}: {text}")
    return list(dict.fromkeys(texts))


_PAGE_TEXT = re.compile("(odd|even|first)(Header|Footer)")
# The codes of a header (ECMA-376 part 1, 18.3.1.46): fonts, sizes, colours, the page's number and such.
_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|\d{1,3}|(?P<and>&)|(?P<other>.))', re.DOTALL)


def _without_codes(text: str) -> str:
    return " ".join(_CODE.sub(lambda match: "&" if match["and"] else " ", text).split())
