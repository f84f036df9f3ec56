"""Classes and ids that a page's style sheets hide: a rule without a condition hides them, and no other shows them."""

import re
from collections.abc import Iterator, Mapping

_STYLE = re.compile(r"<style(?:\s[^<>]*)?>", re.IGNORECASE)
_LINKED = re.compile(r"<link\s[^<>]{0,1000}\brel\s*=\s*[\"']?[^\"'<>]{0,100}\bstylesheet|@import", re.IGNORECASE)
_NOISE = re.compile(r"/\*(?:.*?\*/|.*)|<!--|-->", re.DOTALL)
_NAME = re.compile(r"[.#]-?[A-Za-z_][\w-]*")
_HIDES = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)
_SHOWS = re.compile(r"(?:^|[;\s])(?:display\s*:\s*(?!none)|visibility\s*:\s*(?!hidden|collapse))", re.IGNORECASE)
# A sheet with this many rules is for a whole site.
_MAX_RULES = 20_000


def hidden_names(page: str) -> frozenset[str]:
    """The hidden names, such as `.note` and `#more`; none if a style sheet in another file may show them."""
    if _LINKED.search(page):
        return frozenset()
    hidden: set[str] = set()
    shown: set[str] = set()
    for sheet in _sheets(page):
        for number, (selectors, declared, is_plain) in enumerate(_rules(_NOISE.sub(" ", sheet))):
            shows = bool(_SHOWS.search(declared))
            for selector in map(str.strip, selectors.split(",")):
                if is_plain and _NAME.fullmatch(selector) and _HIDES.search(declared):
                    hidden.add(selector)
                elif shows:
                    last = re.split(r"[\s>+~]+", selector)[-1]
                    if ":" in selector and not _NAME.search(last):
                        return frozenset()  # such as `input:checked + div`, which may be any element
                    shown.update(_NAME.findall(last))
            if number > _MAX_RULES:
                return frozenset()
    return frozenset(hidden - shown)


def is_named(attributes: Mapping[str, str | None], names: frozenset[str]) -> bool:
    """Whether an element has one of these names."""
    if f"#{attributes.get('id')}" in names:
        return True
    return any(f".{each}" in names for each in (attributes.get("class") or "").split())


def _sheets(page: str) -> Iterator[str]:
    lowered = page.lower()
    at = 0
    while (style := _STYLE.search(page, at)) and (end := lowered.find("</style", style.end())) >= 0:
        yield page[style.end() : end]
        at = end


def _rules(sheet: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors and declarations of each rule, and whether it holds without a condition, as those of @media have."""
    depth = begin = 0
    selectors = ""
    for mark in re.finditer(r"[{}]", sheet):
        text = sheet[begin : mark.start()].rpartition(";")[2] if mark[0] == "{" else sheet[begin : mark.start()]
        begin = mark.end()
        if mark[0] == "{":
            selectors = text.strip()
            depth += 1
        else:
            if selectors and not selectors.startswith("@"):
                yield selectors, text, depth == 1
            selectors = ""
            depth = max(0, depth - 1)
