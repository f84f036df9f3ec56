"""Collects the visible text of an HTML page while the page is fed to it, with a stack of open elements and no tree."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from extraction.list_numbers import BULLET, formatted
from extraction.pieces import Block, count_letters
from extraction.table_rows import as_row
from extraction.web.elements import (
    APART,
    BLOCKS,
    BOUNDARIES,
    CELLS,
    ENDED_BY,
    ENDS_SELECT,
    HEADINGS,
    LISTS,
    OF_TABLES,
    ORDINARY,
    PREFORMATTED,
    UNSEEN,
    VOID,
    input_text,
    is_hidden,
)
from extraction.web.style_sheets import is_named

_NUMBERS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
# How far up the stack an omitted end tag is searched, because deep nesting would take quadratic time.
_SEARCHED = 64
_TAG = re.compile(r"</?([a-zA-Z0-9]+)>")
# A start tag whose values are all in double quotes and need no decoding.
_START = re.compile(r'<([a-zA-Z0-9]+)((?:\s+[a-zA-Z][\w:-]*="[^"<>&]*")*)\s*>')
_ATTRIBUTE = re.compile(r'([a-zA-Z][\w:-]*)="([^"]*)"')
_KEEPS_LEVEL = ("br", "div")
_BEGIN = LISTS | CELLS | {"table", "tr", "li", "select", "option", "input", "rt"}
_END = LISTS | {"li", "select", "rt", *HEADINGS}


class _Choice:
    """A `select`: of a closed list only the chosen option is seen, of an open one all are."""

    def __init__(self, attributes: Mapping[str, str | None]) -> None:
        self._is_open = "multiple" in attributes or (attributes.get("size") or "1") != "1"
        self._options: list[list[str]] = []
        self._chosen = 0

    def begin(self, *, is_selected: bool) -> None:
        """An option begins."""
        if is_selected:
            self._chosen = len(self._options)
        self._options.append([])

    def write(self, text: str) -> None:
        """Text of the last option."""
        if self._options:
            self._options[-1].append(text)

    def text(self) -> str:
        """Visible text."""
        seen = self._options if self._is_open else self._options[self._chosen : self._chosen + 1]
        return "".join(f" {''.join(option)} " for option in seen)


@dataclass
class _List:
    """An open list: the format of its numbers, None for bullets, and the next one."""

    format: str | None
    next: int = 1

    def label(self, value: str) -> str:
        """The label of the next item, which may have a number of its own."""
        if self.format is None:
            return BULLET
        number = _integer(value, self.next)
        self.next = number + 1
        return f"{formatted(number, self.format)}."


class PageParser(HTMLParser):
    """Collects `blocks`; `added` counts the letters that are in no text of the page, such as the numbers of lists.

    `is_book` is for a chapter: its `title` is not shown, and CDATA sections are text, as in all XHTML. `has_scripts` is
    for a page that a script may change: what it hides at first, such as a tab or a dialog, is read. `hidden_names` are
    the classes and ids that its style sheets hide.
    """

    def __init__(
        self, *, is_book: bool = False, has_scripts: bool = False, hidden_names: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.added = 0
        self._end_of_cdata = _TAG
        self._is_book = is_book
        self._has_scripts = has_scripts
        self._hidden_names = hidden_names
        self._open: list[str] = []
        self._places: dict[str, list[int]] = {}
        self._boundaries: list[int] = []
        self._preformatted = 0
        self._hidden_from: int | None = None
        self._texts: list[str] = []
        self._label = ""
        self._level: int | None = None
        # The cells of the current row, whose `tr` is at this place of the stack. There is one at most: a row that
        # contains a table only arranges the page, and its cells are read one by one.
        self._cells: list[list[Block]] | None = None
        self._row = 0
        self._lists: list[_List] = []
        self._choices: list[_Choice] = []

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002
        """Counts no lines, which only messages about errors need."""
        return j

    def parse_starttag(self, i: int) -> int:
        """Takes a frequent tag, written as most are, in one step instead of five."""
        match = _START.match(self.rawdata, i)
        if match is None or (tag := ORDINARY.get(match[1])) is None:
            return super().parse_starttag(i)
        self.handle_starttag(
            tag, [(name.lower(), value) for name, value in _ATTRIBUTE.findall(match[2])] if match[2] else []
        )
        return match.end()

    def set_cdata_mode(self, elem: str, **more: bool) -> None:
        """Starts a script or a style. Its end tag ends it, also with attributes (13.2.5.14)."""
        super().set_cdata_mode(elem, **more)
        self._end_of_cdata = self.interesting = re.compile(rf"</{elem}(?=[\t\n\r\f />])", re.IGNORECASE)

    def parse_endtag(self, i: int) -> int:
        """Takes the end of a frequent element in one step. Inside a script it is text."""
        if self.cdata_elem:
            return self._parse_end_of_cdata(i, self.cdata_elem)
        match = _TAG.match(self.rawdata, i)
        if match is None or (tag := ORDINARY.get(match[1])) is None:
            return super().parse_endtag(i)
        self.handle_endtag(tag)
        return match.end()

    def _parse_end_of_cdata(self, i: int, tag: str) -> int:
        end = self.rawdata.find(">", i)
        if end < 0:
            return -1
        if self._end_of_cdata.match(self.rawdata, i):
            self.handle_endtag(tag)
            self.clear_cdata_mode()
        return end + 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Ends the elements that the tag ends, and opens its element."""
        attributes = dict(attrs) if attrs else {}
        if tag in ENDED_BY or self._choices:
            self._end_implied(tag)
        if tag == "br" and self._level is not None:
            self._texts.append(" ")
        elif tag in BLOCKS:
            if self._texts:
                self._end_block()
            if tag not in _KEEPS_LEVEL:
                self._level = HEADINGS.get(tag)
        elif tag in APART:
            self._texts.append(" ")
        if tag not in VOID:
            self._push(tag)
            if self._hidden_from is None and (
                tag in UNSEEN
                or (tag == "title" and self._is_unseen_title())
                or (not self._has_scripts and self._stays_hidden(tag, attributes))
            ):
                self._hidden_from = len(self._open) - 1
        elif not self._has_scripts and self._stays_hidden(tag, attributes):
            return
        if self._hidden_from is None and tag in _BEGIN:
            self._begin(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<div/>` of XHTML has no content."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Ends the element, and all elements that were opened in it."""
        places = self._places.get(tag)
        bounds = self._places.get("table", ()) if tag in OF_TABLES else self._boundaries
        if places and (tag == "table" or not bounds or places[-1] >= bounds[-1]):
            self._pop_to(places[-1])
        elif tag in BLOCKS:
            self._end_block()

    def handle_data(self, data: str) -> None:
        """Collects visible text."""
        if self._hidden_from is not None:
            return
        if self._choices:
            self._choices[-1].write(data)
        else:
            self._texts.append(data.replace("\xad", ""))

    def unknown_decl(self, data: str) -> None:
        """Keeps a CDATA section of XHTML."""
        if self._is_book and data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))

    def finish(self) -> None:
        """Ends all elements that are still open."""
        self._pop_to(0)
        self._end_block()

    def _stays_hidden(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        if tag == "dialog" and "open" not in attributes:
            return True
        if not attributes:
            return False
        return is_hidden(attributes) or (bool(self._hidden_names) and is_named(attributes, self._hidden_names))

    def _is_unseen_title(self) -> bool:
        return self._is_book or bool(self._places.get("svg"))

    def _end_implied(self, tag: str) -> None:
        if self._choices and tag in ENDS_SELECT:
            self._pop_to(self._places["select"][-1])
        if tag not in ENDED_BY:
            return
        ended, bounds = ENDED_BY[tag]
        lowest = None
        place = len(self._open)
        for above in self._open[: -_SEARCHED - 1 : -1]:
            place -= 1
            if above in ended:
                lowest = place
            elif above in bounds:
                break
        if lowest is not None:
            self._pop_to(lowest)
        if tag in CELLS and self._last("table") > self._last("tr"):
            self.handle_starttag("tr", [])

    def _last(self, tag: str) -> int:
        """The place of the innermost open element with this tag; -1 for none."""
        places = self._places.get(tag)
        return places[-1] if places else -1

    def _begin(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Handles the start of a visible element."""
        match tag:
            case "table" | "tr":
                self._give_out(is_layout=True)
                if tag == "tr":
                    self._cells, self._row = [], len(self._open) - 1
            case "td" | "th" if self._cells is not None:
                self._cells.append([])
            case "ol":
                format_ = _NUMBERS.get(attributes.get("type") or "", "decimal")
                self._lists.append(_List(format_, _integer(attributes.get("start") or "", 1)))
            case "ul" | "menu" | "dir":
                self._lists.append(_List(None))
            case "li":
                self._label = self._lists[-1].label(attributes.get("value") or "") if self._lists else BULLET
            case "select":
                self._choices.append(_Choice(attributes))
            case "option" if self._choices:
                self._choices[-1].begin(is_selected="selected" in attributes)
            case "input" if text := input_text(attributes):
                self.added += count_letters(text)
                self._texts.append(f" {text} ")
            case "rt":
                self._texts.append("(")

    def _end(self, tag: str, place: int) -> None:
        """Handles the end of an element."""
        if tag in BLOCKS:
            if self._texts:
                self._end_block()
        elif tag in APART:
            self._texts.append(" ")
        if self._cells is not None and place == self._row:
            self._give_out(is_layout=False)
        if self._hidden_from is not None or tag not in _END:
            return
        if tag in HEADINGS:
            self._level = None
        elif tag in LISTS and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._label = ""
        elif tag == "select" and self._choices:
            self._texts.append(self._choices.pop().text())
        elif tag == "rt":
            self._texts.append(")")

    def _give_out(self, *, is_layout: bool) -> None:
        """Ends the row that is being read."""
        cells, self._cells = self._cells or [], None
        self.blocks += as_row(cells, is_layout=is_layout)

    def _end_block(self) -> None:
        """Makes a block of the text since the last one, unless it is blank."""
        if not self._texts:
            return
        text = "".join(self._texts)
        self._texts = []
        text = _as_written(text) if self._preformatted else " ".join(text.split())
        if not text.strip():
            return
        if self._label:
            self.added += count_letters(self._label)
            text, self._label = f"{self._label} {text}", ""
        block = Block(text, self._level)
        if self._cells:
            self._cells[-1].append(block)
        else:
            self.blocks.append(block)

    def _push(self, tag: str) -> None:
        if tag in BOUNDARIES:
            self._boundaries.append(len(self._open))
        elif tag in PREFORMATTED:
            self._preformatted += 1
        self._places.setdefault(tag, []).append(len(self._open))
        self._open.append(tag)

    def _pop_to(self, place: int) -> None:
        """Ends the element at this place of the stack, and all above it."""
        while len(self._open) > place:
            tag = self._open[-1]
            self._end(tag, len(self._open) - 1)
            self._open.pop()
            self._places[tag].pop()
            if tag in BOUNDARIES:
                self._boundaries.pop()
            elif tag in PREFORMATTED:
                self._preformatted -= 1
            if self._hidden_from is not None and self._hidden_from >= len(self._open):
                self._hidden_from = None


def _as_written(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\r\n").splitlines())


def _integer(text: str, default: int) -> int:
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 10 else default
