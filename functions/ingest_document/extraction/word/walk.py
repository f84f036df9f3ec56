"""The walk over a part of a Word file: tracked changes, fields, lists, notes, comments and hidden text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from extraction.list_numbers import roman
from extraction.office.markup import attribute, is_hidden_shape, is_on, name, reference
from extraction.office.package import Element, Package
from extraction.office.symbols import in_font, is_symbol_font, symbol
from extraction.office.walk import Walk
from extraction.pieces import Block, count_letters
from extraction.word.numbering import Numbering
from extraction.word.styles import Styles, numbered, outline_level

_PRIVATE = re.compile("[\uf020-\uf0ff]")


@dataclass
class Shared:
    """Data for all parts of one document: styles, list counters, and the notes and comments by id."""

    styles: Styles
    numbering: Numbering
    notes: dict[tuple[str, str], tuple["WordWalk", Element]] = field(default_factory=dict)
    comments: dict[str, tuple["WordWalk", Element]] = field(default_factory=dict)
    chunk: Callable[[str], list[Block]] = lambda _: []
    """The blocks of a file that the document takes in where it is opened (`w:altChunk`)."""
    marks: dict[str, int] = field(default_factory=lambda: {"footnote": 0, "endnote": 0})


@dataclass
class _Field:
    """An open field: its result is visible, its code is not. `value` is shown for a form field without a result."""

    value: str = ""
    in_code: bool = True
    has_result: bool = False


class WordWalk(Walk):
    """Collects the blocks of one part of a Word file."""

    def __init__(self, package: Package, part: str, shared: Shared) -> None:
        super().__init__(package, part)
        self.shared = shared
        self._fields: list[_Field] = []
        self._style_of_paragraph = ""
        self._style_of_table = ""
        self._carried = ""
        self._notes: list[Block] = []
        self.handlers |= {
            "w:r": self._run,
            "w:sym": self._symbol,
            "w:ruby": self._ruby,
            "w:fldChar": self._field_mark,
            "w:footnoteReference": lambda each: self._note("footnote", each),
            "w:endnoteReference": lambda each: self._note("endnote", each),
            "w:commentReference": self._comment,
            "w:altChunk": self._chunk,
            **dict.fromkeys(("wp:anchor", "wp:inline"), self._drawing),
        }

    def write(self, text: str) -> None:
        """Adds text, unless it belongs to the code of a field."""
        if self._fields:
            if any(each.in_code for each in self._fields):
                return
            self._fields[-1].has_result = True
        super().write(text)

    def add(self, text: str) -> None:
        """Adds text that is in no element, unless it belongs to the code of a field."""
        if not any(each.in_code for each in self._fields):
            super().add(text)

    def skip(self, element: Element) -> None:
        """Follows field marks in text that a tracked change deleted, because such a field may end outside of it."""
        if name(element.tag) in ("w:del", "w:moveFrom"):
            for mark in element.iter("{*}fldChar"):
                self._field_mark(mark)

    def level(self, paragraph: Element) -> int | None:
        """The level from the paragraph itself, otherwise from its style."""
        own = outline_level(paragraph.find("./{*}pPr"))
        if own is not None:
            return own if own <= 10 else None
        return self.shared.styles.level(self._style(paragraph))

    def paragraph(self, paragraph: Element) -> None:
        """Reads a paragraph with its number. If a tracked change deleted its end, it continues in the next."""
        outer_line, outer_blocks, outer_style = self.line, self.blocks, self._style_of_paragraph
        self._style_of_paragraph = self._style(paragraph)
        self.line, self.blocks, self._carried = [self._carried], [], ""
        label = self._label(paragraph)
        self.enter_all(paragraph)
        text, nested = "".join(self.line), self.blocks
        self.line, self.blocks, self._style_of_paragraph = outer_line, outer_blocks, outer_style
        if paragraph.find("./{*}pPr/{*}rPr/{*}del") is not None:
            self._carried = text if text.strip() else ""
        elif text := text.strip():
            self._end(text, label, paragraph)
        elif any(map(str.isalnum, label)) and not _is_unseen(paragraph):
            self._end("", label, None)  # such as the cells that number the rows of a table
        self.blocks += nested
        self._flush_notes()

    def table(self, table: Element) -> None:
        """Reads a table, whose style may hide its text."""
        outer, mark = self._style_of_table, table.find("./{*}tblPr/{*}tblStyle")
        self._style_of_table = "" if mark is None else attribute(mark, "val") or ""
        super().table(table)
        self._style_of_table = outer

    def row(self, row: Element) -> None:
        """Reads a table row, unless a tracked change deleted it."""
        if row.find("./{*}trPr/{*}del") is None:
            super().row(row)
            self._flush_notes()

    def finish(self) -> None:
        """Ends a paragraph that has no next one to continue in."""
        if self._carried:
            self.blocks.append(Block(self._carried.strip()))
            self._carried = ""

    def collected(self, element: Element) -> list[Block]:
        """The blocks of a separate element."""
        if name(element.tag) == "w:tc" and element.find("./{*}tcPr/{*}cellDel") is not None:
            return []
        carried, self._carried = self._carried, ""
        found = super().collected(element)
        if self._carried:
            found.append(Block(self._carried.strip()))
        self._carried = carried
        return found

    def _end(self, text: str, label: str, paragraph: Element | None) -> None:
        if label:
            outer, self.line = self.line, []
            self.add(f"{label} ")
            text = ("".join(self.line) + text).rstrip()
            self.line = outer
        if text:
            self.blocks.append(Block(text, None if paragraph is None else self.level(paragraph)))

    def _style(self, paragraph: Element) -> str:
        mark = paragraph.find("./{*}pPr/{*}pStyle")
        return self.shared.styles.default if mark is None else attribute(mark, "val") or ""

    def _label(self, paragraph: Element) -> str:
        properties = paragraph.find("./{*}pPr")
        own = numbered(properties)
        style = self._style(paragraph)
        by_style = self.shared.styles.numbered(style)
        list_id = own.list_id if own.list_id is not None else by_style.list_id
        if list_id in (None, "", "0"):
            return ""
        level = own.level
        if level is None and own.list_id is None:
            level = self.shared.numbering.level_of_style(list_id, style)
        level = level if level is not None else by_style.level or 0
        return self.shared.numbering.label(list_id, level) if level < 9 else ""

    def _flush_notes(self) -> None:
        if self.line is None and self._cells is None:
            self.blocks += self._notes
            self._notes = []

    def _run(self, run: Element) -> None:
        properties = run.find("./{*}rPr")
        mark = styled = None
        if properties is not None:
            mark, styled = properties.find("./{*}vanish"), properties.find("./{*}rStyle")
        if mark is not None:
            hidden = is_on(mark)
        else:
            style = "" if styled is None else attribute(styled, "val") or ""
            hidden = self.shared.styles.hides(self._style_of_paragraph, style, self._style_of_table)
        if not hidden:
            self.enter_all(run)
            return
        for field_mark in run.iter("{*}fldChar"):
            self._field_mark(field_mark)

    def text(self, element: Element) -> None:
        """Reads the text of an element; characters of a symbol font are read as the font draws them."""
        text = element.text or ""
        if _PRIVATE.search(text):
            parent = element.getparent()
            font = None if parent is None else parent.find("./{*}rPr/{*}rFonts")
            named = "" if font is None else attribute(font, "ascii") or attribute(font, "hAnsi") or ""
            if is_symbol_font(named):
                drawn = in_font(named, text)
                self.added += count_letters(drawn) - count_letters(text)
                self.write(drawn)
                return
        super().text(element)

    def _symbol(self, element: Element) -> None:
        try:
            code = int(attribute(element, "char") or "", 16)
        except ValueError:
            return
        self.add(symbol(attribute(element, "font") or "", code))

    def _ruby(self, element: Element) -> None:
        """Adds the pronunciation above a text after it, in brackets."""
        for base in element.iterchildren("{*}rubyBase"):
            self.enter_all(base)
        for above in element.iterchildren("{*}rt"):
            self.write("(")
            self.enter_all(above)
            self.write(")")

    def _field_mark(self, mark: Element) -> None:
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            self._fields.append(_Field(_form_value(mark)))
        elif kind == "separate" and self._fields:
            self._fields[-1].in_code = False
        elif kind == "end" and self._fields:
            ended = self._fields.pop()
            if ended.value and not ended.has_result:
                self.add(ended.value)
            elif self._fields and ended.has_result:
                self._fields[-1].has_result = True

    def _note(self, kind: str, element: Element) -> None:
        """Marks the place of a note, whose text follows the paragraph or the row of the table."""
        walk, note = self.shared.notes.pop((kind, attribute(element, "id") or ""), (None, None))
        if walk is None or note is None or any(each.in_code for each in self._fields):
            return
        self.shared.marks[kind] += 1
        count = self.shared.marks[kind]
        mark = f"[{count if kind == 'footnote' else roman(count)}]"
        self.add(mark)
        self._notes += walk.titled(f"{mark} ", note)

    def _comment(self, element: Element) -> None:
        walk, comment = self.shared.comments.pop(attribute(element, "id") or "", (None, None))
        if walk is not None and comment is not None:
            author = attribute(comment, "author")
            self._notes += walk.titled(f"Comment ({author}): " if author else "Comment: ", comment)

    def titled(self, title: str, element: Element) -> list[Block]:
        """The blocks of a note, a comment or a header; the first one starts with its kind."""
        found = [Block(block.text) for block in self.collected(element)]
        outer, self.line = self.line, []
        if found:
            self.add(title)
            found[0] = Block("".join(self.line) + found[0].text)
        self.line = outer
        return found

    def _drawing(self, element: Element) -> None:
        named = element.find("./{*}docPr")
        if named is None or not is_hidden_shape(named):
            self.enter_all(element)

    def _chunk(self, element: Element) -> None:
        if (related := self.relationships.get(reference(element))) is not None:
            self.blocks += self.shared.chunk(related.part)


def _is_unseen(paragraph: Element) -> bool:
    """Whether a paragraph without text has no line: its mark is hidden, or it only ends a section."""
    return is_on(paragraph.find("./{*}pPr/{*}rPr/{*}vanish")) or paragraph.find("./{*}pPr/{*}sectPr") is not None


def _form_value(mark: Element) -> str:
    """The display of a form field: a box, checked or not, or the chosen entry of a list."""
    if (box := mark.find("./{*}ffData/{*}checkBox")) is not None:
        checked = box.find("./{*}checked")
        return "☒" if is_on(box.find("./{*}default") if checked is None else checked) else "☐"
    if (choice := mark.find("./{*}ffData/{*}ddList")) is not None:
        entries = [attribute(each, "val") or "" for each in choice.iterchildren("{*}listEntry")]
        chosen = choice.find("./{*}result")
        chosen = choice.find("./{*}default") if chosen is None else chosen
        place = "0" if chosen is None else attribute(chosen, "val") or "0"
        return entries[int(place)] if place.isdecimal() and int(place) < len(entries) else ""
    return ""


def drop_unclosed_fields(root: Element) -> None:
    """Removes the start of a field that never ends; otherwise all later text would belong to its code."""
    begun: list[Element] = []
    for mark in root.iter("{*}fldChar"):
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            begun.append(mark)
        elif kind == "end" and begun:
            begun.pop()
    for mark in begun:
        mark.attrib.clear()
