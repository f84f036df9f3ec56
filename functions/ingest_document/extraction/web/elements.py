"""The properties of HTML's elements: which are visible, which start a line, which end others (the HTML standard)."""

import re
from collections.abc import Mapping

UNSEEN = {
    *("script", "style", "template", "noscript", "noembed", "noframes", "datalist"),
    # Their content is for browsers that do not know the element.
    *("audio", "canvas", "iframe", "progress", "meter", "video"),
    # For pictures and formulas: their description, and the source beside the display.
    *("annotation", "annotation-xml", "defs", "desc", "metadata", "rp"),
}
"""Elements whose content no user sees."""
VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"),
    *("basefont", "bgsound", "frame", "keygen"),
}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "dir"),
    *(
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
    ),
    *(
        "h6",
        "head",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "listing",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
    ),
    *("p", "plaintext", "pre", "search", "section", "summary", "table", "tbody", "textarea", "tfoot", "thead", "title"),
    *("td", "th", "tr", "ul", "xmp"),
}
"""Elements that stand on lines of their own."""
APART = {"button", "input", "select", "option", "textarea", "img", "svg", "text", "object", "embed"}
"""Elements with a gap on the page before and after them."""
HEADINGS = {f"h{level}": level for level in range(1, 7)}
PREFORMATTED = frozenset({"pre", "textarea", "listing", "xmp", "plaintext"})
CELLS = frozenset({"td", "th"})
ORDINARY = {
    written: tag
    for tag in (
        *CELLS,
        *HEADINGS,
        "tr",
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "br",
        "b",
        "i",
        "em",
        "strong",
        "span",
        "code",
        "a",
        "img",
        "table",
    )
    for written in (tag, tag.upper())
}
"""Frequent elements, by their names as they are written, whose content is parsed as any other."""
OF_TABLES = CELLS | {"tr", "tbody", "thead", "tfoot", "caption"}
BOUNDARIES = CELLS | {"table", "caption", "object", "svg", "html"}
"""An end tag inside one of these does not end an element outside."""
LISTS = frozenset({"ol", "ul", "menu", "dir"})
ENDS_SELECT = {*HEADINGS, "p", "table", "tr", "form", "ul", "ol", "input", "textarea", "select", "body"}
"""A select cannot contain these: its own end tag was left out."""

_ENDS_P = {
    tag for tag in BLOCKS if tag not in OF_TABLES | {"br", "html", "head", "body", "title", "legend", "textarea"}
}
_BLOCKS_BUT_P = frozenset(BLOCKS | BOUNDARIES) - {"p"}
ENDED_BY: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    **dict.fromkeys(_ENDS_P, (frozenset({"p"}), _BLOCKS_BUT_P)),
    **dict.fromkeys(HEADINGS, (frozenset({"p", *HEADINGS}), _BLOCKS_BUT_P - frozenset(HEADINGS))),
    "li": (frozenset({"li", "p"}), LISTS | BOUNDARIES),
    **dict.fromkeys(("dt", "dd"), (frozenset({"dt", "dd", "p"}), BOUNDARIES | {"dl"})),
    **dict.fromkeys(("option", "optgroup"), (frozenset({"option"}), frozenset({"select"}))),
    **dict.fromkeys(CELLS, (CELLS, frozenset({"table", "tr"}))),
    "tr": (CELLS | {"tr"}, frozenset({"table"})),
    **dict.fromkeys(("tbody", "thead", "tfoot"), (OF_TABLES, frozenset({"table"}))),
    "body": (frozenset({"head"}), frozenset({"html"})),
}
"""By a start tag: the open elements that it ends if their end tags were left out, and those that bound the search."""

_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Whether an element itself says that it is hidden. Elements that a user can open, such as `details`, are not."""
    return attributes.get("hidden", "until-found") != "until-found" or bool(
        _HIDING.search(attributes.get("style") or "")
    )


def input_text(attributes: Mapping[str, str | None]) -> str:
    """The display of a form field: its value, otherwise its hint; a box if it can be checked."""
    kind = (attributes.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return "☒" if "checked" in attributes else "☐"
    if kind in ("hidden", "password", "image", "file", "color", "range"):
        return ""
    if kind in ("submit", "reset", "button"):
        return attributes.get("value") or ""
    return attributes.get("value") or attributes.get("placeholder") or ""
