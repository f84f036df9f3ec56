"""A reader of tables counts what it loses: a share below 0.98 of a sheet's or a table's letters is seen."""

import io
import zipfile
from typing import Any

import pytest

from tests.ingest_document import extracted, made
from tests.world_cases.sheets.made_book import book, number, row, sheet, strings, styles

ROWS = [[f"person number {n}", n * 1.5, n] for n in range(50)]


def share_read(reading: Any) -> float:
    """The share of all letters that the pieces of all units contain."""
    for unit in range(reading.units):
        list(reading.unit(unit))
    counts = [reading.letters(unit) for unit in range(reading.units)]
    read, in_file = sum(each.read for each in counts), sum(each.in_file for each in counts)
    return float(read / in_file)


def read_sheets(content: bytes) -> Any:
    """The reading of a book, in this process."""
    return extracted.module("extraction.sheets.workbook").read(zipfile.ZipFile(io.BytesIO(content)))


def read_table(content: bytes) -> Any:
    """The reading of a CSV file, in this process."""
    return extracted.module("extraction.text.csv_table").read(io.BytesIO(content))


def test_a_valid_workbook_is_read_completely() -> None:
    shared = strings("<r><t>rich </t></r><r><t>text</t></r>", "<t>東京</t><rPh><t>トウキョウ</t></rPh>", "<t>plain</t>")
    rows = "<row><c t='s' s='1'><v>0</v></c><c t='s'><v>1</v></c><c t='s' s='2'><v>2</v></c></row>"
    parts = {"xl/sharedStrings.xml": shared, "xl/styles.xml": styles('"Note: "@', ";;;")}
    hidden = row(number(5, 2), number(1))

    assert share_read(read_sheets(book({"A": sheet(rows + hidden)}, parts=parts))) == 1.0
    assert share_read(read_sheets(made.sheets({"A": ROWS, "B": ROWS}))) == 1.0


def test_a_reader_that_knows_one_kind_of_run_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = book(
        {"A": sheet("<row><c t='s'><v>0</v></c></row>")},
        parts={"xl/sharedStrings.xml": strings("<r><t>lost text</t></r><r><t>x</t></r>")},
    )
    module = extracted.module("extraction.sheets.shared_strings")
    monkeypatch.setattr(module, "rich_text", lambda element: element.findtext("{*}t") or "")

    assert share_read(read_sheets(content)) < 0.98


def test_a_number_format_that_wrongly_shows_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = book({"A": sheet(row(*(number(n + 0.25, 1) for n in range(9))))}, parts={"xl/styles.xml": styles("0.0%")})
    module = extracted.module("extraction.sheets.number_format")
    monkeypatch.setattr(module.NumberFormat, "number", lambda *_: "")

    assert share_read(read_sheets(content)) < 0.98


def test_a_valid_table_is_read_completely() -> None:
    content = 'no,note\n1,"a ""b"", c"\n2,"left open\n3,"two\nlines"\n4,नमस्ते\n'.encode()

    assert share_read(read_table(content)) == 1.0


def test_cells_dropped_from_a_table_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = extracted.module("extraction.text.csv_table")
    whole = module.cells_of
    monkeypatch.setattr(module, "cells_of", lambda *given, **how: (cells[:1] for cells in whole(*given, **how)))

    assert share_read(read_table(b"sep=,\nno,note\n" + b"1,a long note\n" * 20)) < 0.98
