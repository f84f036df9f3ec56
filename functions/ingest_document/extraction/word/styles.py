"""Properties of paragraphs and runs from Word's styles: heading level, list number, and whether text is hidden."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extraction.office.markup import attribute, is_on, name
from extraction.office.package import Element

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_BODY_LEVEL = 9


@dataclass(frozen=True)
class Numbered:
    """The place of a paragraph in a list: the number of the list, "0" for none, and the level from 0."""

    list_id: str | None
    level: int | None


class Styles:
    """The styles of a document by id. Each inherits the properties of the style that it is based on."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else list(root.iterchildren("{*}style"))
        self._styles = {attribute(style, "styleId") or "": style for style in found}
        self.default = next(
            (
                attribute(style, "styleId") or ""
                for style in found
                if attribute(style, "type") == "paragraph" and attribute(style, "default") in ("1", "true", "on")
            ),
            "",
        )
        self._levels: dict[str, int | None] = {}
        self._visibilities: dict[str, str] = {}
        self._numbered: dict[str, Numbered] = {}

    def level(self, style: str) -> int | None:
        """The level of its paragraphs as headings: 1 for a title, 2 for "heading 1"; None for other text."""
        if style not in self._levels:
            self._levels[style] = next(filter(None, map(_level, self._chain(style))), None)
        found = self._levels[style]
        return None if found is None or found > _BODY_LEVEL + 1 else found

    def is_hidden(self, style: str) -> bool:
        """Whether this style, or one that it is based on except the default one, hides its text."""
        return self._visibility(style) == "hidden"

    def hides(self, paragraph: str, run: str, table: str) -> bool:
        """Whether text with these styles, "" for none, is left out.

        `w:vanish` is a toggle property: styles of two levels that both have it show the text (ECMA-376 part 1, section
        17.7.3). Text that only the default style hides, which is all of a document, is read; so is text that the
        document's defaults hide.
        """
        if self._visibility(paragraph) == "hidden by default":
            return False
        return self.is_hidden(paragraph) ^ self.is_hidden(run) ^ self.is_hidden(table)

    def hidden(self) -> set[str]:
        """The ids of all styles whose text is hidden."""
        return {style for style in self._styles if self.is_hidden(style)}

    def numbered(self, style: str) -> Numbered:
        """The list that its paragraphs belong to."""
        if style not in self._numbered:
            found = [numbered(each.find("./{*}pPr")) for each in self._chain(style)]
            self._numbered[style] = Numbered(
                next((each.list_id for each in found if each.list_id is not None), None),
                next((each.level for each in found if each.level is not None), None),
            )
        return self._numbered[style]

    def _visibility(self, style: str) -> str:
        """`shown`, `hidden`, or `hidden by default`: by the default style of paragraphs."""
        if style not in self._visibilities:
            marks = ((each, each.find("./{*}rPr/{*}vanish")) for each in self._chain(style))
            source, mark = next(((each, mark) for each, mark in marks if mark is not None), (None, None))
            by_default = source is not None and source is self._styles.get(self.default)
            hidden = "hidden by default" if by_default else "hidden"
            self._visibilities[style] = hidden if is_on(mark) else "shown"
        return self._visibilities[style]

    def _chain(self, style: str) -> Iterator[Element]:
        """The style, and those that it is based on."""
        seen = set[str]()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield self._styles[style]
            based_on = self._styles[style].find("./{*}basedOn")
            style = "" if based_on is None else attribute(based_on, "val") or ""


def numbered(properties: Element | None) -> Numbered:
    """The list in the properties of a paragraph."""
    mark = None if properties is None else properties.find("./{*}numPr")
    if mark is None:
        return Numbered(None, None)
    values = {name(each.tag): attribute(each, "val") or "" for each in mark}
    level = values.get("w:ilvl", "")
    return Numbered(values.get("w:numId"), int(level) if level.isdecimal() else None)


def outline_level(properties: Element | None) -> int | None:
    """The heading level in the properties of a paragraph: 2 for the first level; over 10 for "body text"."""
    mark = None if properties is None else properties.find("./{*}outlineLvl")
    value = "" if mark is None else attribute(mark, "val") or ""
    return int(value) + 2 if value.isdecimal() else None


def _level(style: Element) -> int | None:
    named = style.find("./{*}name")
    text = "" if named is None else (attribute(named, "val") or "").strip()
    if text.lower() == "title":
        return 1
    if matched := _HEADING.fullmatch(text):
        return int(matched[1]) + 1
    return outline_level(style.find("./{*}pPr"))
