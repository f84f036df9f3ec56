"""The numbers and bullets of Word's lists, which no text of the file has (ECMA-376 part 1, section 17.9)."""

import re
from dataclasses import dataclass, field

from extraction.list_numbers import BULLET, formatted
from extraction.office.markup import attribute
from extraction.office.package import Element

_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9


@dataclass(frozen=True)
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart: int | None = None
    is_legal: bool = False
    font: str = ""
    style: str = ""


@dataclass
class _List:
    """One list of the document: its levels, and those with a new first number."""

    abstract: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the paragraphs of each list in order. Lists with the same definition continue each other's numbers."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        if root is not None:
            self._read(root)

    def label(self, list_id: str, level: int) -> str:
        """The number or bullet of the next paragraph of this list; "" if it has none."""
        this = self._lists.get(list_id)
        if this is None:
            return ""
        counts = self._counts.setdefault(this.abstract, {})
        self._count(this, list_id, level, counts)
        shown = this.levels.get(level, _Level())
        if shown.format == "none":
            return ""
        if shown.format == "bullet":
            return _bullet(shown)

        def number(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            other = this.levels.get(at, _Level())
            format_ = "decimal" if shown.is_legal and other.format != "decimalZero" else other.format
            return formatted(counts.get(at, this.starts.get(at, other.start)), format_)

        return _PLACE.sub(number, shown.text).strip()

    def level_of_style(self, list_id: str, style: str) -> int | None:
        """The level whose paragraphs have this style."""
        this = self._lists.get(list_id)
        return next((at for at, each in this.levels.items() if each.style == style), None) if this else None

    def _count(self, this: _List, list_id: str, level: int, counts: dict[int, int]) -> None:
        definition = this.levels.get(level, _Level())
        if level in this.starts and (list_id, level) not in self._begun:
            counts.pop(level, None)
        self._begun.add((list_id, level))
        counts[level] = counts[level] + 1 if level in counts else this.starts.get(level, definition.start)
        for deeper in [at for at in counts if at > level]:
            # A level restarts after each higher one, after a chosen one, or never.
            restart = this.levels.get(deeper, _Level()).restart
            if restart is None or level < restart:
                del counts[deeper]

    def _read(self, root: Element) -> None:
        definitions = {attribute(each, "abstractNumId") or "": each for each in root.iterchildren("{*}abstractNum")}
        of_styles = {value: key for key, each in definitions.items() if (value := _value(each, "styleLink"))}
        lists = {attribute(each, "numId") or "": each for each in root.iterchildren("{*}num")}
        for list_id, each in lists.items():
            abstract = _value(each, "abstractNumId")
            # A list may get its definition from a list style.
            linked = _value(definitions[abstract], "numStyleLink") if abstract in definitions else ""
            abstract = of_styles.get(linked, abstract)
            this = _List(abstract, _levels(definitions[abstract]) if abstract in definitions else {})
            for override in each.iterchildren("{*}lvlOverride"):
                this.levels |= _levels(override)
                if start := _value(override, "startOverride"):
                    this.starts[_number(attribute(override, "ilvl"), 0)] = _number(start, 1)
            self._lists[list_id] = this


def _levels(definition: Element) -> dict[int, _Level]:
    found = {}
    for each in definition.iterchildren("{*}lvl"):
        fonts = each.find("./{*}rPr/{*}rFonts")
        restart = _value(each, "lvlRestart")
        legal = each.find("./{*}isLgl")
        at = _number(attribute(each, "ilvl"), 0)
        if at < _LEVELS:
            found[at] = _Level(
                start=_number(_value(each, "start"), 0),
                format=_value(each, "numFmt") or "decimal",
                text=_value(each, "lvlText"),
                restart=int(restart) if restart.isdecimal() else None,
                is_legal=legal is not None and attribute(legal, "val") not in ("0", "false", "off"),
                font="" if fonts is None else (attribute(fonts, "ascii") or attribute(fonts, "hAnsi") or ""),
                style=_value(each, "pStyle"),
            )
    return found


def _bullet(level: _Level) -> str:
    """The bullet, which symbol fonts draw for the code of a letter."""
    is_symbol = level.font in ("Symbol", "Webdings", "Courier New") or level.font.startswith("Wingdings")
    is_private = any("\ue000" <= sign <= "\uf8ff" for sign in level.text)
    return BULLET if is_symbol or is_private else level.text.strip()


def _value(element: Element, kind: str) -> str:
    found = element.find(f"./{{*}}{kind}")
    return "" if found is None else attribute(found, "val") or ""


def _number(text: str | None, default: int) -> int:
    try:
        return min(max(int(text or ""), 0), 10**9)
    except ValueError:
        return default
