"""Merged cells: a person sees the value of the first one, also where a program wrote one into each of them."""

import heapq
import re
from typing import IO

from extraction.sheets.formulas import column_number

_CHUNK = 1_048_576
_LIST = re.compile(rb"<(?:\w+:)?mergeCells[\s>]")
_RANGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})[\"']"
)
_OVERLAP = 4096


class MergedCells:
    """The merged ranges of a sheet, asked for row by row downwards."""

    def __init__(self, stream: IO[bytes]) -> None:
        """They stand behind the rows, so the part is searched for them first. XML in UTF-16 has none here."""
        self._waiting = sorted(_ranges(stream), reverse=True)
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


def _ranges(stream: IO[bytes]) -> list[tuple[int, int, int, int]]:
    found: list[tuple[int, int, int, int]] = []
    rest, has_begun = b"", False
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        has_begun = has_begun or (b"mergeCells" in text and bool(_LIST.search(text)))
        end = 0
        if has_begun:
            for match in _RANGE.finditer(text):
                left, top, right, bottom = match.groups()
                end = match.end()
                found.append((int(top), column_number(left.decode()), int(bottom), column_number(right.decode())))
        rest = text[max(end, len(text) - _OVERLAP) :]
    return found
