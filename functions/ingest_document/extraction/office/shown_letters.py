"""Counts the letters that a file shows to a user, to compare them with the letters that were read.

It visits all elements of a part in order and leaves out hidden ones. It shares no code with the walk that reads the
text, and not its list of invisible elements, so that an error of the walk shows here as missing letters.
"""

from collections.abc import Iterable, Iterator

from lxml import etree

from extraction.office.package import Element, Package
from extraction.pieces import count_letters

_TAKEN_OUT = ("{*}del", "{*}moveFrom")
_CACHES = ("{*}strCache", "{*}multiLvlStrCache")


def in_word(package: Package, main: str, root: Element, margins: list[str], hidden_styles: set[str]) -> int:
    """The letters of a Word file: of its body, its headers and footers, and of notes, comments and drawings.

    `margins` are the parts with headers and footers that a page shows. Two with the same text count once.
    """
    total = sum(map(count_letters, _shown(root, hidden_styles)))
    parts = [(main, root)]
    headers: set[str] = set()
    for part in margins:
        parts.append((part, package.xml(part)))
        headers.add("".join(_shown(parts[-1][1], hidden_styles)))
    total += sum(map(count_letters, headers))
    for kind in ("footnote", "endnote", "comment"):
        for part in package.related(main, f"{kind}s"):
            notes = package.xml(part)
            parts.append((part, notes))
            used = _referenced([each for _, each in parts], f"{{*}}{kind}Reference")
            unused = [each for each in notes if _attribute(each, "id") not in used]
            total += sum(map(count_letters, _shown(notes, hidden_styles, unused)))
    return total + sum(in_drawings(package, part, each) for part, each in parts)


def in_slides_part(root: Element, left_out: Iterable[Element] = ()) -> int:
    """The letters of a slide, of its notes, or of a master, without these elements of it."""
    return sum(map(count_letters, _shown(root, set(), left_out)))


def in_drawings(package: Package, part: str, root: Element) -> int:
    """The letters of the charts and diagrams that a part shows."""
    shown = {value for each in root.iter("{*}chart", "{*}relIds") for value in each.attrib.values()}
    total = 0
    for key, related in package.by_id(part).items():
        if key in shown and related.kind in ("chart", "chartEx", "diagramData"):
            drawn = package.xml(related.part)
            total += sum(map(count_letters, _shown(drawn, set())))
            total += sum(map(count_letters, _labels(drawn)))
            total += sum(
                sum(map(count_letters, _shown(package.xml(each), set())))
                for each in package.related(related.part, "chartUserShapes")
            )
    return total


def _shown(root: Element, hidden_styles: set[str], left_out: Iterable[Element] = ()) -> Iterator[str]:
    """The texts of a part that are not hidden."""
    hidden = {text for each in (*left_out, *_hidden(root, hidden_styles)) for text in each.iter("{*}t")}
    codes: list[bool] = []
    for each in root.iter("{*}t", "{*}fldChar"):
        if each.tag.endswith("}fldChar"):
            kind = _attribute(each, "fldCharType")
            if kind == "begin":
                codes.append(True)
            elif codes and kind == "separate":
                codes[-1] = False
            elif codes and kind == "end":
                codes.pop()
        elif each not in hidden and not any(codes):
            yield each.text or ""


def _hidden(root: Element, hidden_styles: set[str]) -> Iterator[Element]:
    """The elements whose texts are not visible."""
    yield from root.iter(*_TAKEN_OUT)
    for alternatives in root.iter("{*}AlternateContent"):
        yield from list(alternatives)[1:]
    for mark in root.iter("{*}vanish"):
        run = _above(mark, 2)
        if run is not None and run.tag.endswith("}r") and _attribute(mark, "val") not in ("0", "false", "off"):
            yield run
    for named in root.iter("{*}docPr", "{*}cNvPr"):
        if (
            named.get("hidden") in ("1", "true")
            and (shape := _above(named, 1 if "docPr" in named.tag else 2)) is not None
        ):
            yield shape
    if hidden_styles:
        yield from (run for run in root.iter("{*}r") if _is_hidden_by_style(run, hidden_styles))
    for row in root.iter("{*}tr"):
        if row.find("./{*}trPr/{*}del") is not None:
            yield row


def _is_hidden_by_style(run: Element, hidden_styles: set[str]) -> bool:
    """Whether the styles of a run, its paragraph and its table hide it: an odd number of them does so."""
    if run.find("./{*}rPr/{*}vanish") is not None:
        return False  # the run says so itself
    paragraph = next(run.iterancestors("{*}p"), None)
    of_paragraph = None if paragraph is None else paragraph.find("./{*}pPr/{*}pStyle")
    of_run = run.find("./{*}rPr/{*}rStyle")
    table = next(run.iterancestors("{*}tbl"), None)
    of_table = None if table is None else table.find("./{*}tblPr/{*}tblStyle")
    named = [_attribute(each, "val") for each in (of_paragraph, of_run, of_table) if each is not None]
    return sum(each in hidden_styles for each in named) % 2 == 1


def _referenced(roots: list[Element], tag: str) -> set[str | None]:
    taken_out = {mark for root in roots for each in root.iter(*_TAKEN_OUT) for mark in each.iter(tag)}
    return {_attribute(mark, "id") for root in roots for mark in root.iter(tag) if mark not in taken_out}


def _labels(chart: Element) -> Iterator[str]:
    """Titles, names and labels of a chart; labels that several series share count once."""
    # The element itself, because lxml creates another object for it once the first is not referenced.
    seen: set[tuple[Element | None, str | None, str | None]] = set()
    for cache in chart.iter(*_CACHES):
        group = _above(cache, 4)
        is_label = _above_tag(cache, 2) in ("cat", "xVal")
        for value in cache.iter("{*}v"):
            point = value.getparent()
            key = (group, None if point is None else point.get("idx"), value.text)
            if not is_label or key not in seen:
                yield value.text or ""
            seen.add(key)
    for found in chart.iter("{*}dlblRangeCache", "{*}txData", "{*}strDim"):
        yield from (each.text or "" for each in found.iter("{*}v", "{*}pt"))


def _above(element: Element, steps: int) -> Element | None:
    found: Element | None = element
    for _ in range(steps):
        found = None if found is None else found.getparent()
    return found


def _above_tag(element: Element, steps: int) -> str:
    found = _above(element, steps)
    return "" if found is None else etree.QName(found).localname


def _attribute(element: Element, local: str) -> str | None:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == local), None)
