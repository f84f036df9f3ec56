"""Rows of tables as lines of text."""

from collections.abc import Iterable

SEPARATOR = " | "
# Up to this many empty cells keep what follows under its heading. A longer run says nothing more, and 16,000 empty
# cells before a single word would make a sheet grow three hundred times.
_EMPTY_CELLS = 8


def line(cells: Iterable[tuple[int, str]]) -> str:
    """A row as text, given the columns of its cells, from 1 upwards, and what they show; empty cells at the end go.

    A run of more than eight empty cells is one.
    """
    parts: list[str] = []
    previous = 0
    for column, text in cells:
        if not text:
            continue
        gap = column - previous - 1
        if gap > 0:
            parts += [""] * (gap if gap <= _EMPTY_CELLS else 1)
        parts.append(text)
        previous = column
    return SEPARATOR.join(parts)
