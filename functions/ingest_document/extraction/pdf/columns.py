"""Columns of a PDF's page: its lines in reading order."""

import statistics
from dataclasses import dataclass
from itertools import pairwise

from extraction.pdf import bidi
from extraction.pdf.characters import Cluster

# A column has at least this many lines, with this many letters on average, and most of them fill it.
_COLUMN_LINES, _COLUMN_LETTERS, _COLUMN_FILLED = 4, 14, 0.55
_COLUMNS = 6
# Leadings between a column and the lines below it.
_GAP_BELOW = 1.5


@dataclass(slots=True)
class Segment:
    """A part of a line without a wide gap inside."""

    clusters: list[Cluster]
    x0: float
    x1: float

    @property
    def letters(self) -> int:
        return sum(len(each.text) for each in self.clusters)


Line = list[Segment]


def in_columns(lines: list[Line], depth: int = 0) -> list[Line]:
    """The lines in reading order: of columns side by side the left one first, unless they are a table."""
    lines = [line for line in lines if line]
    gutter = _gutter(lines) if depth < _COLUMNS else None
    if gutter is None:
        return lines
    ordered: list[Line] = []
    zone: list[Line] = []
    for line in [*lines, None]:
        if line is not None and not any(each.x0 < gutter < each.x1 for each in line):
            zone.append(line)
            continue
        ordered += _zone(zone, gutter, depth)
        zone = []
        if line is not None:
            ordered.append(line)
    return ordered


def _zone(lines: list[Line], gutter: float, depth: int) -> list[Line]:
    """Lines that the gutter divides: as two columns, right-to-left ones from the right, or row by row."""
    lines, below = _without_tail(lines, gutter)
    above, lines, after = _without_short_lines(lines, gutter)
    left, right = _left_of(lines, gutter), _right_of(lines, gutter)
    if not (_is_column(left) and _is_column(right)):
        return above + lines + after + below
    kinds = [bidi.kind_of(each.text) for line in lines for segment in line for each in segment.clusters]
    is_reversed = sum(kind in ("R", "A") for kind in kinds) > kinds.count("L")
    sides = (right, left) if is_reversed else (left, right)
    columns = [line for side in sides for line in in_columns(side, depth + 1)]
    return above + columns + after + below


def _left_of(lines: list[Line], gutter: float) -> list[Line]:
    return [part for line in lines if (part := [each for each in line if each.x1 <= gutter])]


def _right_of(lines: list[Line], gutter: float) -> list[Line]:
    return [part for line in lines if (part := [each for each in line if each.x0 >= gutter])]


def _without_tail(lines: list[Line], gutter: float) -> tuple[list[Line], list[Line]]:
    """The lines of the columns, and those below both columns, after a gap, that are not prose: a table or a sum."""
    heights = [line[0].clusters[0].y for line in lines]
    ends = [side[-1][0].clusters[0].y for side in (_left_of(lines, gutter), _right_of(lines, gutter)) if side]
    gaps = [above - below for above, below in pairwise(heights)]
    usual = statistics.median(gaps) if gaps else 0.0
    for at, gap in enumerate(gaps, start=1):
        if gap > _GAP_BELOW * usual and heights[at] < max(ends) and not _is_prose(lines[at:], gutter):
            return lines[:at], lines[at:]
    return lines, []


def _without_short_lines(lines: list[Line], gutter: float) -> tuple[list[Line], list[Line], list[Line]]:
    """The short lines above the columns, the columns, and the short lines below them."""
    sides = _left_of(lines, gutter), _right_of(lines, gutter)
    if all(_is_column(side) for side in sides) or not all(sides):
        return [], lines, []
    ends = [(min(line[0].x0 for line in side), max(line[-1].x1 for line in side)) for side in sides]
    full = [at for at, line in enumerate(lines) if any(_fills(line, *end) for end in ends)]
    if not full:
        return [], lines, []
    return lines[: full[0]], lines[full[0] : full[-1] + 1], lines[full[-1] + 1 :]


def _fills(line: Line, left: float, right: float) -> bool:
    return sum(each.x1 - each.x0 for each in line if left <= each.x0 and each.x1 <= right) >= _COLUMN_FILLED * (
        right - left
    )


def _is_prose(lines: list[Line], right: float) -> bool:
    return _is_column(lines, right) and sum(len(line) > 1 for line in lines) < len(lines) / 2


def _is_column(lines: list[Line], right: float | None = None) -> bool:
    """Whether the lines are prose that fills its column, which ends at `right` or where its longest line does."""
    if len(lines) < _COLUMN_LINES:
        return False
    left = min(line[0].x0 for line in lines)
    if right is None:
        right = max(line[-1].x1 for line in lines)
    widths = [line[-1].x1 - line[0].x0 for line in lines]
    letters = [sum(each.letters for each in line) for line in lines]
    return (
        statistics.fmean(letters) >= _COLUMN_LETTERS
        and statistics.median(widths) >= _COLUMN_FILLED * (right - left) > 0
    )


def _gutter(lines: list[Line]) -> float | None:
    """Where the fewest lines cross the middle part of the page, if those are a minority; None for one column."""
    if len(lines) < _COLUMN_LINES:
        return None
    left, right = min(line[0].x0 for line in lines), max(line[-1].x1 for line in lines)
    width = right - left
    if not 0 < width < 1e5:
        return None
    steps: list[tuple[float, int]] = []
    for line in lines:
        for each in line:
            steps += [(each.x0, 1), (each.x1, -1)]
    steps.sort()
    best: tuple[int, float, float] | None = None
    crossing = 0
    for (x, step), (after, _) in pairwise(steps):
        crossing += step
        begin, end = max(x, left + 0.12 * width), min(after, right - 0.12 * width)
        if end - begin > 0.5 and (best is None or (crossing, begin - end) < best[:2]):
            best = (crossing, begin - end, (begin + end) / 2)
    if best is None or best[0] > len(lines) * 0.4:
        return None
    return best[2]
