"""The walk over the XML of Word and PowerPoint.

It enters every element except those known to be invisible, so text in an unknown wrapper is read and not lost. Word and
PowerPoint add their own elements: `word/walk.py` and `slides/walk.py`.
"""

import sys
from collections.abc import Callable, Iterable

from extraction.office import charts, equation
from extraction.office.markup import is_understood, name, reference
from extraction.office.package import Element, Package
from extraction.pieces import Block, count_letters
from extraction.table_rows import as_row

# lxml accepts at most 256 levels of elements, and nested cells need five calls for each level.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 2_000))

INVISIBLE = {
    *("w:del", "w:moveFrom", "w:delText", "w:instrText", "w:delInstrText", "w:fldData"),
    *("w:rPr", "w:pPr", "w:tblPr", "w:tblPrEx", "w:trPr", "w:tcPr", "w:sectPr", "w:sdtPr", "w:sdtEndPr"),
}
"""The elements that are not entered. `w:del` and `w:moveFrom` hold what a tracked change took out of the text."""


class Walk:
    """Collects the blocks of one part in `blocks`.

    `added` counts the letters of texts that are in no element, such as the numbers of lists; the caller subtracts them
    from the letters read. The depth of the tree, which lxml limits to 256, limits the recursion.
    """

    def __init__(self, package: Package, part: str) -> None:
        self.package, self.part = package, part
        self.relationships = package.by_id(part)
        self.blocks: list[Block] = []
        self.line: list[str] | None = None
        self.added = 0
        self._cells: list[list[Block]] | None = None
        self._has_table = False
        self.handlers: dict[str, Callable[[Element], None]] = {
            "mc:AlternateContent": self._alternatives,
            **dict.fromkeys(("w:t", "a:t", "m:t"), self.text),
            **dict.fromkeys(("w:br", "w:cr", "a:br"), lambda _: self.write("\n")),
            **dict.fromkeys(("w:tab", "w:ptab", "a:tab"), lambda _: self.write("\t")),
            "w:noBreakHyphen": lambda _: self.write("-"),
            "m:oMath": self._equation,
            **dict.fromkeys(("w:p", "a:p"), self.paragraph),
            **dict.fromkeys(("w:tbl", "a:tbl"), self.table),
            **dict.fromkeys(("w:tr", "a:tr"), self.row),
            **dict.fromkeys(("w:tc", "a:tc"), self._cell),
            **dict.fromkeys(("c:chart", "cx:chart"), self._chart),
            "dgm:relIds": self._diagram,
            "v:textpath": self._word_art,
        }

    def enter(self, element: Element) -> None:
        """Reads an element with its handler, or, unless it is invisible, reads its content."""
        known = name(element.tag)
        if known in INVISIBLE:
            self.skip(element)
        elif handler := self.handlers.get(known):
            handler(element)
        else:
            self.enter_all(element)

    def enter_all(self, elements: Iterable[Element]) -> None:
        """Reads elements one after the other."""
        for each in elements:
            self.enter(each)

    def skip(self, element: Element) -> None:
        """Called with each invisible element, for those that have an effect."""

    def text(self, element: Element) -> None:
        """Reads the text of an element."""
        # Soft hyphens are visible only at the end of a line, and would divide words for a search.
        self.write((element.text or "").replace("\n", " ").replace("\xad", ""))

    def write(self, text: str) -> None:
        """Adds text to the paragraph; outside of one it becomes a block."""
        if self.line is not None:
            self.line.append(text)
        elif text.strip():
            self.blocks.append(Block(text.strip()))

    def add(self, text: str) -> None:
        """Adds text that is in no element of the file."""
        self.added += count_letters(text)
        self.write(text)

    def level(self, paragraph: Element) -> int | None:  # noqa: ARG002
        """The level of a paragraph that is a heading."""
        return None

    def label(self, paragraph: Element) -> str:  # noqa: ARG002
        """The text that a list adds before a paragraph that is not blank."""
        return ""

    def paragraph(self, paragraph: Element) -> None:
        """Reads a paragraph. Blocks inside it, such as text boxes, come after it."""
        outer_line, outer_blocks = self.line, self.blocks
        self.line, self.blocks = [], []
        self.enter_all(paragraph)
        text, nested = "".join(self.line).strip(), self.blocks
        self.line, self.blocks = outer_line, outer_blocks
        if text:
            label = self.label(paragraph)
            self.added += count_letters(label)
            self.blocks.append(Block(label + text, self.level(paragraph)))
        self.blocks += nested

    def collected(self, element: Element) -> list[Block]:
        """The blocks of a separate element, such as a cell or a note."""
        outer_line, outer_blocks = self.line, self.blocks
        self.line, self.blocks = None, []
        self.enter_all(element)
        found = self.blocks
        self.line, self.blocks = outer_line, outer_blocks
        return found

    def _alternatives(self, element: Element) -> None:
        """Reads one of several forms of the same content: the first choice that Office understands."""
        branches = [each for each in element if name(each.tag) in ("mc:Choice", "mc:Fallback")]
        chosen = next((each for each in branches if is_understood(each)), branches[0] if branches else element)
        self.enter_all(chosen)

    def table(self, table: Element) -> None:
        """Reads a table."""
        self.enter_all(table)
        self._has_table = True  # of the row around it, if there is one

    def row(self, row: Element) -> None:
        """Reads a table row: as one line, or as the blocks of its cells if they contain tables."""
        outer, self._cells = self._cells, []
        self._has_table = False
        self.enter_all(row)
        self.blocks += as_row(self._cells, is_layout=self._has_table)
        self._cells = outer

    def _cell(self, cell: Element) -> None:
        found = self.collected(cell)
        if self._cells is None:  # a cell without a row
            self.blocks += found
        else:
            self._cells.append(found)

    def _equation(self, element: Element) -> None:
        self.write(f" {equation.linear(element)} ")

    def _word_art(self, element: Element) -> None:
        self.blocks += [Block(text)] if (text := element.get("string", "").strip()) else []

    def _chart(self, element: Element) -> None:
        if (related := self.relationships.get(reference(element))) is not None:
            found, added = charts.chart(self.package, related.part)
            self.blocks += found
            self.added += added

    def _diagram(self, element: Element) -> None:
        if (related := self.relationships.get(reference(element, "dm"))) is not None:
            for text_body in charts.diagram_texts(self.package.xml(related.part)):
                self.blocks += self.collected(text_body)
