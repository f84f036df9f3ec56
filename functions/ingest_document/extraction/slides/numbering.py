"""The numbers of a slide's lists, which no text of the file has (ECMA-376 part 1, 20.1.10.61 and 21.1.2.4.1)."""

from extraction.list_numbers import formatted
from extraction.office.package import Element

_BULLETS = ("{*}buAutoNum", "{*}buNone", "{*}buChar", "{*}buBlip")
_FORMATS = {
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "arabicDb": "decimalFullWidth",
    "thaiNum": "thaiNumbers",
    "hindiNum": "hindiNumbers",
}
_AROUND = {"ParenBoth": ("(", ")"), "ParenR": ("", ")"), "Period": ("", "."), "Plain": ("", ""), "Minus": ("", "-")}
_CIRCLES = 20
_MOST = 32_767


class Numbering:
    """Counts the automatically numbered paragraphs of a text body in order."""

    def __init__(self) -> None:
        self._body: Element | None = None
        self._counts: dict[int, tuple[str, int, int]] = {}

    def label(self, paragraph: Element) -> str:
        """The number of the next paragraph that is not blank, with a space after it; "" if it has none."""
        body = paragraph.getparent()
        if body is not self._body:
            self._body, self._counts = body, {}
        properties = paragraph.find("./{*}pPr")
        level = _number(None if properties is None else properties.get("lvl"), 0)
        self._counts = {at: count for at, count in self._counts.items() if at <= level}
        scheme = _scheme(body, properties, level)
        if scheme is None:
            self._counts.pop(level, None)
            return ""
        kind, start = scheme
        before = self._counts.get(level)
        # A list continues after deeper ones, and starts again after any other paragraph of its level.
        number = before[2] + 1 if before is not None and before[:2] == (kind, start) else start
        self._counts[level] = kind, start, number
        return f"{_shown(kind, number)} "


def _scheme(body: Element | None, properties: Element | None, level: int) -> tuple[str, int] | None:
    """The kind of numbers and the first one, from the paragraph itself, otherwise from its text body's styles."""
    styles = [] if body is None else body.findall(f"./{{*}}lstStyle/{{*}}lvl{level + 1}pPr")
    for each in (properties, *styles):
        if each is not None and (bullet := next(each.iterchildren(*_BULLETS), None)) is not None:
            if not bullet.tag.endswith("}buAutoNum"):
                return None
            return bullet.get("type", "arabicPlain"), _number(bullet.get("startAt"), 1)
    return None


def _shown(kind: str, number: int) -> str:
    name, before, behind = kind, "", ""
    for ending, around in _AROUND.items():
        if kind.endswith(ending):
            name, (before, behind) = kind.removesuffix(ending), around
    if name.startswith("circleNum") and 0 < number <= _CIRCLES:
        return chr(ord("①") + number - 1)
    return f"{before}{formatted(number, _FORMATS.get(name, 'decimal'))}{behind}"


def _number(text: str | None, default: int) -> int:
    return min(int(text), _MOST) if text is not None and text.isdecimal() and len(text) < 10 else default
