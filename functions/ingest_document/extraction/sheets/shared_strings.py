"""Texts of cells: those that cells share, and those that stand in them."""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from extraction.office.package import Element, elements
from extraction.pieces import count_letters

# ST_Xstring of ECMA-376: a character as its code in hexadecimal; `_x005F_` is an underscore before such a code.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class CellText(NamedTuple):
    """A text in one line, and how many letters and digits its elements hold, counted apart from it."""

    text: str
    letters: int


def read(stream: IO[bytes]) -> list[CellText]:
    """All shared texts, by their number."""
    return [of_element(each) for each in elements(stream, "si")]


def of_element(element: Element) -> CellText:
    """The text of an `si` or `is`."""
    return CellText(rich_text(element), letters_of(element))


def rich_text(element: Element) -> str:
    """The text of all runs; how it is pronounced, which East Asian programs keep beside it (`rPh`), is left out."""
    return unescaped("".join(_runs(element)))


def _runs(element: Element) -> Iterator[str]:
    for child in element.iterchildren("*"):
        name = child.tag.rpartition("}")[2]
        if name == "t":
            yield child.text or ""
        elif name not in ("rPh", "phoneticPr", "rPr"):
            yield from _runs(child)


def unescaped(text: str) -> str:
    """The text without escapes and line breaks, words one space apart."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return " ".join(text.split())


def letters_of(element: Element) -> int:
    """The letters and digits of all its `t` outside pronunciations."""
    total = 0
    for each in element.iter("{*}t"):
        if each.text and each.getparent().tag.rpartition("}")[2] != "rPh":
            total += count_letters(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), each.text))
    return total
