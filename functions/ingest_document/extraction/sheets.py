"""Excel (xlsx): the rows of each sheet, with the values that formulas had when the file was saved."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any

import openpyxl

from extraction.pieces import Piece, Reading, by_rows


def read(file: IO[bytes], archive: zipfile.ZipFile) -> Reading:
    """The `archive` is the file's. An exception of openpyxl means that the file is torn."""
    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheets: list[Any] = workbook.worksheets

    def unit(index: int) -> Iterator[Piece]:
        member = archive.getinfo(sheets[index]._worksheet_path)

        def part() -> float:
            read_bytes = file.tell() - member.header_offset
            return min(1.0, max(0.0, read_bytes / max(1, member.compress_size)))

        return by_rows(((row, part()) for row in _rows(sheets[index])), sheets[index].title)

    return Reading(len(sheets), unit)


def _rows(sheet: Any) -> Iterator[str]:
    # What a sheet says of its size may be a million empty columns, which would be put into every row.
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        cells = [_as_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield " | ".join(cells)


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return " ".join(str(value).split())
