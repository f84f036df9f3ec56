"""Counts the letters that an HTML page shows, with another parser (libxml2) and other rules than those that read it."""

from collections.abc import Iterable, Mapping

from lxml import etree

from extraction.pieces import count_letters

_NOT_SHOWN = {
    *("script", "style", "template", "noscript", "noembed", "noframes", "datalist", "audio", "video", "canvas"),
    *("iframe", "progress", "meter", "annotation", "annotation-xml", "defs", "desc", "metadata", "rp"),
}
_WITHOUT_CONTENT = {
    *("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link"),
    *("meta", "param", "source", "track", "wbr"),
}

# Elements that a select cannot contain: the end tag of the select was omitted.
_NOT_IN_SELECT = {
    *("p", "table", "tr", "form", "ul", "ol", "textarea", "body"),
    *(f"h{level}" for level in range(1, 7)),
}


class _Count:
    """A target of lxml's parser: it gets starts, ends and texts, and builds no tree."""

    def __init__(self, *, is_book: bool, has_scripts: bool, hidden_names: frozenset[str]) -> None:
        self._has_scripts = has_scripts
        self._hidden_names = hidden_names
        self._not_shown = _NOT_SHOWN | {"title"} if is_book else _NOT_SHOWN
        self._open: list[tuple[str, bool]] = []
        self._hidden = 0
        self._total = 0
        # The letters of each option of the open select, and which of them is visible; None for all.
        self._options: list[int] | None = None
        self._chosen: int | None = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if tag in _WITHOUT_CONTENT:
            return
        hides = (
            tag in self._not_shown
            or (not self._has_scripts and self._is_hidden(tag, attributes))
            or (tag == "title" and any(above == "svg" for above, _ in self._open[-8:]))
        )
        self._open.append((tag, hides))
        self._hidden += hides
        if tag in _NOT_IN_SELECT:
            self._end_select()
        if tag == "select":
            self._options = []
            self._chosen = None if "multiple" in attributes or attributes.get("size", "1") != "1" else 0
        elif tag == "option" and self._options is not None:
            if "selected" in attributes and self._chosen is not None:
                self._chosen = len(self._options)
            self._options.append(0)

    def end(self, tag: str) -> None:
        """An element ends; libxml2 reports this even if the end tag was omitted."""
        if tag in _WITHOUT_CONTENT:
            return
        while self._open:
            ended, hides = self._open.pop()
            self._hidden -= hides
            if ended == tag:
                break
        if tag == "select":
            self._end_select()

    def _is_hidden(self, tag: str, attributes: Mapping[str, str]) -> bool:
        if tag == "dialog" and "open" not in attributes:
            return True
        if len(attributes) == 0:
            return False
        if self._hidden_names:
            names = {f"#{attributes.get('id', '')}", *(f".{each}" for each in attributes.get("class", "").split())}
            if not names.isdisjoint(self._hidden_names):
                return True
        return _is_hidden(attributes)

    def _end_select(self) -> None:
        if self._options is not None:
            seen = self._options if self._chosen is None else self._options[self._chosen : self._chosen + 1]
            self._total += sum(seen)
            self._options = None

    def data(self, text: str) -> None:
        """Text was read."""
        if self._hidden:
            return
        if self._options is None:
            self._total += count_letters(text)
        elif self._options:
            self._options[-1] += count_letters(text)

    def close(self) -> int:
        """The page ends."""
        self._end_select()
        return self._total


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style", "").replace(" ", "").lower()
    by_name = "hidden" in attributes and attributes["hidden"] != "until-found"
    return by_name or "display:none" in style or "visibility:hidden" in style


def in_page(
    chunks: Iterable[str],
    *,
    is_book: bool = False,
    has_scripts: bool = False,
    hidden_names: frozenset[str] = frozenset(),
) -> int:
    """The visible letters of a page, which is given in parts; with scripts, hidden ones too.

    `hidden_names` are the classes and ids that its style sheets hide.
    """
    target = _Count(is_book=is_book, has_scripts=has_scripts, hidden_names=hidden_names)
    parser = etree.HTMLParser(target=target, no_network=True, remove_comments=True)
    for chunk in chunks:
        parser.feed(chunk.replace("\0", "\ufffd").encode("utf-8", "replace").decode())
    try:
        return int(parser.close())
    except etree.XMLSyntaxError:  # nothing was fed, or nothing in it is an element
        return target.close()
