"""Number formats of a spreadsheet: convert a stored number to its display.

The codes are those of ECMA-376 part 1, 18.8.30 and 18.8.31. A few of them depend on the computer's language
(dates in the system's order, the sign of the local currency); those are read as ISO 8601 and without a sign.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from extraction.sheets import date_format
from extraction.sheets.numerals import Kind, Plain, Token, exactly, formatted, general, plain

GENERAL = "General"
_ACCOUNTING = '_ * #,##0_ ;_ * (#,##0)_ ;_ * "-"_ ;_ @_ '
_ACCOUNTING_CENTS = '_ * #,##0.00_ ;_ * (#,##0.00)_ ;_ * "-"_ ;_ @_ '
# The formats that a file names only by number. 5 to 8 and 41 to 44 have the sign of the computer's currency.
_BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    5: "#,##0;(#,##0)",
    6: "#,##0;(#,##0)",
    7: "#,##0.00;(#,##0.00)",
    8: "#,##0.00;(#,##0.00)",
    37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    41: _ACCOUNTING,
    42: _ACCOUNTING,
    43: _ACCOUNTING_CENTS,
    44: _ACCOUNTING_CENTS,
    48: "##0.0E+0",
    49: "@",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    59: "0",
    60: "0.00",
    61: "#,##0",
    62: "#,##0.00",
    67: "0%",
    68: "0.00%",
    69: "# ?/?",
    70: "# ??/??",
}
# Dates or times that depend on the computer's language: Chinese, Japanese, Korean, and Thai.
_LOCAL_DATES = frozenset((*range(27, 37), *range(50, 59), *range(71, 82)))
_LOCAL_DATE = "local date"

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|(?P<space>_.?)|(?P<fill>\*.?)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<noon>AM/PM|A/P|上午/下午)|(?P<exponent>E[+-])"
    r"|(?P<calendar>b[12](?=[ymd]))|(?P<date>y+|m+|d+|h+|s+|b+|g+|e+)|(?P<digit>[0#?])|(?P<end>;)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_SIGNS: dict[str, Kind] = {".": "point", ",": "comma", "%": "percent", "/": "slash", "@": "text"}
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+(?:E[+-]?\d+)?)", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]*)(?:-([0-9A-Za-z-]+))?")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


@dataclass
class _Section:
    """A section: the part between two semicolons."""

    tokens: list[Token] = field(default_factory=list)
    condition: tuple[str, float] | None = None
    language: str = ""
    is_date: bool = False
    is_blank: bool = False
    plain: Plain | None = None

    def close(self) -> None:
        """Interprets the tokens once for all numbers."""
        self.is_date = self.has("date", "elapsed")
        self.is_blank = not any(text.strip() for _, text in self.tokens)
        self.plain = plain(self.tokens)

    def has(self, *kinds: Kind) -> bool:
        return any(kind in kinds for kind, _ in self.tokens)


class NumberFormat:
    """A format, ready to display values; `code` is as in the file. Unknown characters are displayed unchanged.

    `is_general` is whether it has no format, `is_date` whether positive numbers are displayed as dates or times.
    """

    def __init__(self, code: str, *, since_1904: bool = False) -> None:
        self._since_1904 = since_1904
        self._is_local_date = code == _LOCAL_DATE
        self.is_general = code in ("", GENERAL)
        self._sections = [_Section()] if self._is_local_date else _sections(code)
        self._text: _Section | None = None
        if len(self._sections) > 3 or self._sections[-1].has("text"):
            self._text = self._sections[-1]
        if len(self._sections) > 1 and self._text is not None:
            self._sections = self._sections[:-1]
        self._is_conditional = any(each.condition for each in self._sections)
        for section in self._sections:
            section.close()
        self.is_date = self._is_local_date or self._sections[0].is_date
        self._is_elapsed = not self._is_local_date and self._sections[0].has("elapsed")

    def hides(self, value: float) -> bool:
        """Whether the format hides this number, as `;;;` does."""
        chosen = None if self.is_general or self._is_local_date else self._choose(value)
        return chosen is not None and chosen.is_blank

    def hides_text(self) -> bool:
        """Whether the format hides text."""
        return self._text is not None and not self._text.tokens

    def text(self, value: str) -> str:
        """The text with the format's additions around it."""
        if self._text is None:
            return value
        return "".join(value if kind == "text" else literal for kind, literal in self._text.tokens)

    def number(self, value: float) -> str:
        """The number as it is displayed; empty if the format hides it."""
        if self.is_general:
            return general(value)
        if self._is_local_date:
            return date_format.local(value, since_1904=self._since_1904) or general(value)
        section = self._choose(value)
        if section is None:
            return general(value)
        if section.is_date:
            shown = date_format.shown(value, section.tokens, section.language, since_1904=self._since_1904)
            return general(value) if shown is None else shown
        if self._drops_sign(section):
            value = abs(value)
        if section.plain is not None:
            return section.plain.show(value)
        try:
            return formatted(value, section.tokens)
        except (ArithmeticError, ValueError):  # a format with thousands of places
            return general(value)

    def exact(self, text: str, value: float) -> str:
        """The number with all its digits, or a date in ISO 8601; empty for a time that has elapsed.

        `text` is the number as the file has it.
        """
        if not self.is_date:
            return exactly(text, value)
        if self._is_elapsed:
            return ""
        return date_format.local(value, since_1904=self._since_1904) or exactly(text, value)

    def _choose(self, value: float) -> _Section | None:
        if not self._is_conditional:
            if len(self._sections) == 1 or value > 0 or (value == 0 and len(self._sections) < 3):
                return self._sections[0]
            return self._sections[1 if value < 0 else 2]
        for number, section in enumerate(self._sections):
            # Of two sections without their own condition the first is for positive numbers.
            sign, limit = section.condition or (("<", 0.0) if number == 1 and len(self._sections) > 2 else ("", 0.0))
            if not sign or _COMPARE[sign](value, limit):
                return section
        return None

    def _drops_sign(self, section: _Section) -> bool:
        if not self._is_conditional:
            return len(self._sections) > 1 and section is self._sections[1]
        return section.condition is not None and section.condition[0] in ("<", "<=") and section.condition[1] <= 0


@lru_cache(4096)
def of_code(code: str, *, since_1904: bool) -> NumberFormat:
    """The format with this code. `since_1904`: days are counted from 1 January 1904, as Excel for Macintosh did."""
    return NumberFormat(code, since_1904=since_1904)


def built_in(number: int) -> str:
    """The code of a format that the file names by number alone; General for an unknown one."""
    return _LOCAL_DATE if number in _LOCAL_DATES else _BUILT_IN.get(number, GENERAL)


def _sections(code: str) -> list[_Section]:
    sections = [_Section()]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        tokens = sections[-1].tokens
        match kind:
            case "end":
                sections.append(_Section())
            case "quoted" | "escaped":
                tokens.append(("literal", text))
            case "space" | "fill":
                tokens.append(("literal", " "))
            case "bracket":
                _read_bracket(text, sections[-1])
            case "other":
                tokens.append((_SIGNS.get(text, "literal"), text))
            case "general" | "noon" | "exponent" | "date" | "digit":
                tokens.append((kind, text))
    if len(sections) > 1 and all(not each.tokens for each in sections[1:]) and len(sections) < 3:
        # `0;` has one section: no program hides negative numbers for an empty one after the last semicolon.
        del sections[1:]
    return sections


def _read_bracket(text: str, section: _Section) -> None:
    """A currency, a condition, or elapsed time; a colour and a numbering system show nothing."""
    if currency := _CURRENCY.fullmatch(text):
        section.language = section.language or (currency[2] or "")
        if currency[1]:
            section.tokens.append(("literal", currency[1]))
    elif condition := _CONDITION.fullmatch(text.strip()):
        section.condition = condition[1], float(condition[2])
    elif re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE):
        section.tokens.append(("elapsed", text))
