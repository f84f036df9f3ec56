"""Word (docx): paragraphs and tables in their order, cut at headings."""

from collections.abc import Iterator
from typing import IO

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from extraction.pieces import Block, Piece, Reading, by_heading

_LEVELS = {"Title": 1} | {f"Heading {level}": level + 1 for level in range(1, 10)}


def read(file: IO[bytes]) -> Reading:
    """An exception of python-docx means that the file is torn."""
    file.seek(0)
    document = docx.Document(file)
    return Reading(1, lambda _: _pieces(document))


def _pieces(document: Document) -> Iterator[Piece]:
    return by_heading(_blocks(document))


def _blocks(document: Document) -> Iterator[Block]:
    count = len(document.element.body)
    levels = _levels(document)
    for number, content in enumerate(document.iter_inner_content(), start=1):
        part = min(1.0, number / count)
        if isinstance(content, Paragraph):
            if text := content.text.strip():
                yield Block(text, levels.get(_style(content)), part)
        else:
            for row in _rows(content):
                yield Block(row, part=part)


def _levels(document: Document) -> dict[str | None, int]:
    """By the id of a style, which a translated Word calls otherwise than its name: its level as a heading."""
    return {style.style_id: _LEVELS[style.name] for style in document.styles if style.name in _LEVELS}


def _style(paragraph: Paragraph) -> str | None:
    # `Paragraph.style` goes through all styles each time.
    properties = paragraph._p.pPr
    return None if properties is None else properties.style


def _rows(table: Table) -> Iterator[str]:
    """The rows as text. `Table.rows` works out merged cells, and takes minutes for a table of thousands of rows."""
    for row in table._tbl.tr_lst:
        cells = [" ".join(_paragraphs(cell)) for cell in row.iter(qn("w:tc"))]
        if any(cells):
            yield " | ".join(cells)


def _paragraphs(cell: object) -> Iterator[str]:
    for paragraph in cell.iterchildren(qn("w:p")):  # type: ignore[attr-defined]  # an element of lxml, which has no types
        if text := "".join(each.text or "" for each in paragraph.iter(qn("w:t"))).strip():
            yield text
