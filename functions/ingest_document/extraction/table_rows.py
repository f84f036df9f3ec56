"""Rows of tables as lines of text."""

from collections.abc import Iterable

from extraction.pieces import Block

SEPARATOR = " | "
# Up to this many empty cells keep the following cells under their heading. A longer run adds nothing, and 16,000 empty
# cells before a single word would make a sheet three hundred times as large.
_EMPTY_CELLS = 8


def line(cells: Iterable[tuple[int, str]]) -> str:
    """A row as text, given the columns of its cells, from 1 upwards, and their texts; without empty cells at the end.

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


def as_row(cells: list[list[Block]], *, is_layout: bool) -> list[Block]:
    """A row of a table as one line with separated cells, or as the blocks of its cells if it only arranges a page.

    Each cell is a list of its blocks, without blank ones.
    """
    filled = [cell for cell in cells if cell]
    if is_layout or (len(filled) == 1 and (len(cells) == 1 or len(filled[0]) > 1 or filled[0][0].level is not None)):
        return [block for cell in filled for block in cell]
    if not filled:
        return []
    texts = (cell[0].text if len(cell) == 1 else " ".join([block.text for block in cell]) for cell in cells)
    return [Block(SEPARATOR.join([" ".join(text.split()) for text in texts]))]
