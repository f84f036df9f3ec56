"""Texts of cells: shared ones, and those inside a cell."""

import io
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extraction.office.package import Element, elements, parsed
from extraction.pieces import count_letters
from extraction.sheets import plain_xml

# ST_Xstring of ECMA-376: a character as its code in hexadecimal; `_x005F_` is an underscore before such a code.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

_ITEM = re.compile(rb"<(?:[\w.-]+:)?si[\s/>]")
# A text without formats and without characters that XML escapes.
_SIMPLE = re.compile(rb"<si>\s*<t(?: xml:space=\"preserve\")?>([^<&]*)</t>\s*</si>\s*")
_KNOWN = 100_000


class CellText(NamedTuple):
    """A text in one line, and the number of letters and digits of its elements, counted separately."""

    text: str
    letters: int


def read(content: bytes) -> Sequence[CellText]:
    """The shared texts of a part, by their number."""
    begin = plain_xml.begin_of(content)
    if begin is not None and plain_xml.is_plain(content, begin) and (root := plain_xml.ROOT.match(content, begin)):
        return _Shared(content, root)
    return [of_element(each) for each in elements(io.BytesIO(content), "si")]


class _Shared(Sequence[CellText]):
    """The texts of a plain part, each read when a cell needs it, because a range uses only some of them."""

    def __init__(self, content: bytes, root: re.Match[bytes]) -> None:
        self._content = content
        self._opening, self._closing = root[0], b"</%s>" % root[1]
        self._begins = array("Q", (each.start() for each in _ITEM.finditer(content)))
        last = content.rfind(b"</%s" % root[1])
        self._begins.append(last if last >= 0 else len(content))
        self._known: dict[int, CellText] = {}

    def __len__(self) -> int:
        return len(self._begins) - 1

    def __getitem__(self, index: int) -> CellText:  # type: ignore[override]  # no one asks for a slice
        if (known := self._known.get(index)) is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            known = self._known[index] = self._read(self._content[self._begins[index] : self._begins[index + 1]])
        return known

    def _read(self, item: bytes) -> CellText:
        if match := _SIMPLE.fullmatch(item):
            text = match[1].decode()
            return CellText(unescaped(text), _letters(text))
        return of_element(parsed(self._opening + item + self._closing)[0])


def of_element(element: Element) -> CellText:
    """The text of an `si` or `is`."""
    return CellText(rich_text(element), letters_of(element))


def rich_text(element: Element) -> str:
    """The text of all runs, without its pronunciation, which East Asian programs store beside it (`rPh`)."""
    return unescaped("".join(_runs(element)))


def _runs(element: Element) -> Iterator[str]:
    for child in element.iterchildren("*"):
        name = child.tag.rpartition("}")[2]
        if name == "t":
            yield child.text or ""
        elif name not in ("rPh", "phoneticPr", "rPr"):
            yield from _runs(child)


def unescaped(text: str) -> str:
    """The text without escapes and line breaks, with one space between words."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return " ".join(text.split())


def letters_of(element: Element) -> int:
    """The letters and digits of all its `t` outside pronunciations."""
    total = 0
    for each in element.iter("{*}t"):
        if each.text and each.getparent().tag.rpartition("}")[2] != "rPh":
            total += _letters(each.text)
    return total


def _letters(text: str) -> int:
    return count_letters(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text)
