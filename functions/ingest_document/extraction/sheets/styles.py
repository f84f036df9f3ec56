"""The number format of each style of cells."""

import re

from extraction.office.markup import alternatives
from extraction.office.package import Element
from extraction.sheets import number_format
from extraction.sheets.number_format import NumberFormat


def formats(root: Element | None, *, since_1904: bool) -> list[NumberFormat]:
    """By the number of a style, as cells name it; empty for a book without styles, in which all numbers are general."""
    if root is None:
        return []
    codes: dict[int, str] = {}
    for each in root.iterchildren("{*}numFmts"):
        for format_ in alternatives(each):
            codes[_number(format_.get("numFmtId"))] = format_.get("formatCode") or number_format.GENERAL
    found: list[NumberFormat] = []
    for styles in root.iterchildren("{*}cellXfs"):
        for style in alternatives(styles):
            number = _number(style.get("numFmtId"))
            code = codes.get(number) or number_format.built_in(number)
            found.append(number_format.of_code(code, since_1904=since_1904))
    return found


def _number(text: str | None) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else 0
