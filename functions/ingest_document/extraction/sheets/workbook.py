"""Excel (xlsx, xlsm, xltx): the rows of each sheet as Excel shows them, with comments, text boxes and charts.

Hidden rows, columns and sheets are read: filters hide rows that users still look for, and Excel's own search finds them
too. The heading of a hidden sheet says that it is hidden.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from extraction.office.package import Element, Package
from extraction.pieces import Letters, Piece, Reading, Row, by_rows, count_letters, cut, repeated
from extraction.problems import ProblemFound
from extraction.sheets import notes, shapes, shared_strings, styles
from extraction.sheets.merged_cells import MergedCells
from extraction.sheets.rows import START, Book, Cell, Place, Sheet
from extraction.sheets.sheet_part import Look, look
from extraction.table_rows import SEPARATOR, line

# The start of a sheet: after no row, no letter and no piece.
_BEGIN = (*START, 0, 0, 0)
_SHEETS = ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")


@dataclass(frozen=True)
class _Listed:
    """A sheet in the workbook's list: the heading of its pieces, and its part."""

    heading: str | None
    part: str


def read(archive: zipfile.ZipFile) -> Reading:
    """One unit for each sheet, in the order of their tabs.

    Raises ProblemFound: `torn` without a workbook or a sheet, `unsupported` for a binary workbook (xlsb). An exception
    of lxml or zipfile means that the file is corrupt.
    """
    package = Package(archive, recovers=True)
    workbook = _workbook(package)
    related = package.relationships(workbook)
    root = package.xml_or_none(workbook)
    if root is None:
        raise ProblemFound("torn")
    by_kind = {each.kind: each.part for each in related}
    since_1904 = any(_is_on(each, "date1904") for each in root.iter("{*}workbookPr"))
    strings = by_kind.get("sharedStrings") or next(iter(package.find("/sharedstrings.xml")), None)
    styles_part = by_kind.get("styles") or next(iter(package.find("/styles.xml")), None)
    book = Book(
        strings=_strings(package, strings),
        formats=styles.formats(styles_part and package.xml_or_none(styles_part), since_1904=since_1904),
        since_1904=since_1904,
        is_uncalculated=any(_is_on(each, "fullCalcOnLoad") for each in root.iter("{*}calcPr")),
    )
    listed = _listed(package, root, {each.id: each.part for each in related if each.kind in _SHEETS})
    if not listed:
        raise ProblemFound("torn")
    persons = [each.part for each in related if each.kind == "person"]
    letters = [Letters() for _ in listed]

    def go_on(index: int, mark: Sequence[int]) -> Iterator[Piece]:
        rows, number, in_file, read, place = mark
        letters[index] = Letters(in_file, read)
        pieces = _pieces(package, listed[index], book, persons, letters[index], begin=Place(rows, number))
        return islice(pieces, place, None)

    return Reading(len(listed), lambda index: go_on(index, _BEGIN), letters=lambda index: letters[index], go_on=go_on)


def _workbook(package: Package) -> str:
    named = [each.part for each in package.relationships("") if each.kind == "officeDocument"]
    found = next(iter(named or package.find("xl/workbook.xml") or package.find("workbook.xml")), None)
    if found is None or found.endswith(".bin"):
        raise ProblemFound("torn" if found is None and not package.find(".bin") else "unsupported")
    return found


def _is_on(element: Element, name: str) -> bool:
    return element.get(name) in ("1", "true", "on")


def _strings(package: Package, part: str | None) -> Sequence[shared_strings.CellText]:
    return [] if part is None else shared_strings.read(package.content(part))


def _listed(package: Package, workbook: Element, by_id: dict[str, str]) -> list[_Listed]:
    """The existing sheets; without a valid list, all parts that are worksheets."""
    found: list[_Listed] = []
    for each in workbook.iter("{*}sheet"):
        id_ = next((value for name, value in each.attrib.items() if name.endswith("}id")), None)
        if id_ in by_id:
            hidden = " (hidden)" if each.get("state") in ("hidden", "veryHidden") else ""
            found.append(_Listed(f"{each.get('name', '')}{hidden}".strip() or None, by_id[id_]))
    if found:
        return found
    others = [part for part in package.find(".xml") if "/worksheets/" in part]
    return [_Listed(None, part) for part in sorted(others, key=lambda part: (len(part), part))]


def _pieces(
    package: Package, listed: _Listed, book: Book, persons: list[str], letters: Letters, *, begin: Place
) -> Iterator[Piece]:
    """The pieces of a sheet from a place on. `letters` are those of the rows before it, and are increased."""
    with package.open(listed.part) as stream:
        looked = look(stream)
    sheet = Sheet(book, MergedCells(looked.merged))
    size = max(1, package.size(listed.part))
    first = _first_row(package, listed.part, book, looked, begin)

    def rows(stream: IO[bytes]) -> Iterator[Row]:
        for place, cells in sheet.rows(stream, is_plain=looked.is_plain, begin=begin):
            mark = (*place, letters.in_file, letters.read)
            if text := _line(cells, letters):
                yield Row(text, min(1.0, stream.tell() / size), mark if looked.is_plain else None)

    with package.open(listed.part) as stream:
        yield from by_rows(rows(stream), listed.heading, first=first)
    further = [*sheet.page_texts, *_around(package, listed.part, persons)]
    for at, text in enumerate(cut("\n".join(further))):
        yield Piece(text, heading=listed.heading, mark=(*sheet.place, letters.in_file, letters.read, at))


def _first_row(package: Package, part: str, book: Book, looked: Look, end: Place) -> str | None:
    """The first row that is not blank, for the top of each piece; None if there is none before `end`."""
    with package.open(part) as stream:
        for place, cells in Sheet(book, MergedCells(looked.merged)).rows(stream, is_plain=looked.is_plain):
            if place.rows >= end.rows:
                return None
            if text := _line(cells, Letters()):
                return repeated(text)
    return None


def _line(row: list[Cell], letters: Letters) -> str:
    """The row as text, whose letters are counted as they are handed on; below it, in parentheses, its exact values.

    Users search for 1234.5, and models calculate with it, although the sheet displays 1,235.
    """
    shown: list[tuple[int, str]] = []
    exact: list[str] = []
    for cell in row:
        letters.in_file += cell.letters
        # Text that a format adds, and a number's digits, are not in the file.
        letters.read += min(cell.letters, count_letters(cell.text)) if cell.is_text else bool(cell.text)
        shown.append((cell.column, cell.text))
        if cell.exact:
            exact.append(cell.exact)
    text = line(shown)
    return f"{text}\n(exact: {SEPARATOR.join(exact)})" if exact else text


def _around(package: Package, sheet: str, persons: list[str]) -> list[str]:
    """Comments, then drawings of the sheet."""
    related: dict[str, list[str]] = {}
    for each in package.relationships(sheet):
        if each.part not in (of_kind := related.setdefault(each.kind, [])):
            of_kind.append(each.part)
    lines = notes.read(package, related.get("comments", []), related.get("threadedComment", []), persons)
    for drawing in (*related.get("drawing", []), *related.get("vmlDrawing", [])):
        lines += shapes.read(package, drawing)
    return lines
