"""The names of elements and attributes in Office's XML, and those with the same meaning in all formats."""

from collections.abc import Iterator
from functools import lru_cache

from extraction.office.package import Element

_OPEN = "http://schemas.openxmlformats.org"
_STRICT = "http://purl.oclc.org/ooxml"  # ISO/IEC 29500 Strict has other names for the same elements
_MICROSOFT = "http://schemas.microsoft.com/office"
_PREFIXES = {
    **{f"{each}/wordprocessingml{year}/main": "w" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    **{f"{each}/presentationml{year}/main": "p" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    **{f"{each}/drawingml{year}/main": "a" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    **{f"{each}/drawingml{year}/chart": "c" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    **{f"{each}/drawingml{year}/diagram": "dgm" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    **{f"{each}/drawingml{year}/wordprocessingDrawing": "wp" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    **{f"{each}/officeDocument{year}/math": "m" for each, year in ((_OPEN, "/2006"), (_STRICT, ""))},
    f"{_OPEN}/markup-compatibility/2006": "mc",
    f"{_MICROSOFT}/drawing/2014/chartex": "cx",
    "urn:schemas-microsoft-com:vml": "v",
}
_RELATIONSHIPS = (f"{_OPEN}/officeDocument/2006/relationships", f"{_STRICT}/officeDocument/relationships")
# Namespaces that Office understands, and that a choice may require: its own, and those of the standard.
_UNDERSTOOD = (_OPEN, _STRICT, "http://schemas.microsoft.com/", "urn:schemas-microsoft-com:")


@lru_cache(maxsize=4096)
def name(tag: str) -> str:
    """The name of an element with the usual prefix, such as `w:p`; an unknown namespace has none."""
    namespace, _, local = tag.rpartition("}")
    return f"{_PREFIXES.get(namespace[1:], '')}:{local}"


def attribute(element: Element, local: str) -> str | None:
    """An attribute in the namespace of its element, as Word writes them, or in none."""
    namespace = element.tag.rpartition("}")[0]
    found: str | None = element.get(f"{namespace}}}{local}")
    return element.get(local) if found is None else found


def reference(element: Element, local: str = "id") -> str:
    """The id of the relationship that an element refers to, or "" for none."""
    return next((found for each in _RELATIONSHIPS if (found := element.get(f"{{{each}}}{local}"))), "")


def is_on(element: Element | None) -> bool:
    """Whether a property such as `w:vanish`, which is on if it is present, is on."""
    return element is not None and attribute(element, "val") not in ("0", "false", "off")


def is_hidden_shape(element: Element) -> bool:
    """Whether a shape was hidden in Office's selection pane."""
    named = element.find("./*/{*}cNvPr") if name(element.tag) != "wp:docPr" else element
    return named is not None and named.get("hidden") in ("1", "true")


def is_understood(branch: Element) -> bool:
    """Whether Office chooses this `mc:Choice` or `mc:Fallback`: it knows everything that the branch requires."""
    if name(branch.tag) == "mc:Fallback":
        return True
    required = [branch.nsmap.get(prefix) or "" for prefix in branch.get("Requires", "").split()]
    return all(each.startswith(_UNDERSTOOD) for each in required)


def alternatives(parent: Element) -> Iterator[Element]:
    """The children of an element; an `AlternateContent` is replaced by the content of its first non-empty choice."""
    for child in parent.iterchildren("*"):
        if name(child.tag) != "mc:AlternateContent":
            yield child
            continue
        branch = next((each for each in child.iterchildren("{*}Choice", "{*}Fallback") if len(each)), None)
        if branch is not None:
            yield from alternatives(branch)
