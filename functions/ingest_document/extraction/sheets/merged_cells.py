"""Merged cells: a user sees only the first cell's value, even if a program wrote a value into each of them."""

import heapq
import re

from extraction.sheets.formulas import column_number

_LIST = re.compile(rb"<(?:\w+:)?mergeCells[\s>]")
_RANGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})[\"']"
)


class MergedCells:
    """The merged ranges of a sheet, queried row by row downwards."""

    def __init__(self, ranges: list[tuple[int, int, int, int]]) -> None:
        """Each range is its top, left, bottom and right, from 1."""
        self._waiting = sorted(ranges, reverse=True)
        self._open: list[tuple[int, int, int, int]] = []
        self._row = 0

    def of_row(self, row: int) -> list[tuple[int, int]]:
        """The columns, from and to, in which cells of this row are covered; unknown for a row above an earlier one."""
        if row < self._row or not (self._waiting or self._open):
            return []
        self._row = row
        while self._waiting and self._waiting[-1][0] <= row:
            top, left, bottom, right = self._waiting.pop()
            heapq.heappush(self._open, (bottom, top, left, right))
        while self._open and self._open[0][0] < row:
            heapq.heappop(self._open)
        covered = ((left + (top == row), right) for _, top, left, right in self._open)
        return [(first, last) for first, last in covered if first <= last]


def begin_in(text: bytes) -> bool:
    """Whether the list of merged ranges, which follows the sheet's rows, starts in this part."""
    return b"mergeCells" in text and bool(_LIST.search(text))


def add_ranges(text: bytes, ranges: list[tuple[int, int, int, int]]) -> int:
    """Adds the ranges of a part of the list; returns where the last of them ends."""
    end = 0
    for match in _RANGE.finditer(text):
        left, top, right, bottom = match.groups()
        end = match.end()
        ranges.append((int(top), column_number(left.decode()), int(bottom), column_number(right.decode())))
    return end
