"""Texts of charts and SmartArt diagrams, which Office stores in separate parts."""

from collections.abc import Iterator

from extraction.office.markup import alternatives, name
from extraction.office.package import Element, Package
from extraction.pieces import Block, count_letters

_BREAKS = ("a:br", "a:tab")


def chart(package: Package, part: str) -> tuple[list[Block], int]:
    """Title, labels and series of a chart; and how many of their letters are in figures, which a chart only draws."""
    root = package.xml(part)
    blocks = [Block(text) for text in paragraphs(root)]
    # Titles and labels from cells of a sheet are stored as they were last shown.
    blocks += [Block(text) for text in _values(root, "title", "strCache")]
    blocks += [Block(text) for each in root.iter("{*}dlblRangeCache") if (text := " | ".join(_texts(each, "v")))]
    blocks += [Block(text) for each in root.iter("{*}strDim") if (text := " | ".join(_texts(each, "pt")))]
    blocks += [Block(text) for each in root.iter("{*}txData") if (text := " ".join(_texts(each, "v")))]
    added = 0
    table: list[Block] = []
    for plot in root.iter("{*}plotArea"):
        for area in plot:
            rows, figures = _series(area)
            added += figures
            table += [Block(row) for row in rows]
    for drawn in package.related(part, "chartUserShapes"):
        blocks += [Block(text) for text in paragraphs(package.xml(drawn))]
    return blocks + table, added


def chart_labels(root: Element) -> list[str]:
    """Title, names and labels of a chart, each once, for a reader that gets the figures from another place."""
    texts = list(paragraphs(root))
    for cache in root.iter("{*}strCache", "{*}dlblRangeCache", "{*}strDim", "{*}txData"):
        texts += (" ".join((value.text or "").split()) for value in cache.iter("{*}v", "{*}pt"))
    return list(dict.fromkeys(filter(None, texts)))


def paragraphs(element: Element) -> Iterator[str]:
    """The paragraphs of all shapes in an element, each in one line; a shape in two forms is read once."""
    for child in alternatives(element):
        if name(child.tag) == "a:p":
            if text := " ".join("".join(_runs(child)).split()):
                yield text
        else:
            yield from paragraphs(child)


def diagram_texts(root: Element) -> Iterator[Element]:
    """The text bodies of a diagram's points, each point before its children."""
    points = {point.get("modelId", ""): point for point in root.iter("{*}pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for each in root.iter("{*}cxn"):
        if each.get("type", "parOf") == "parOf":
            order = each.get("srcOrd", "0")
            place = int(order) if order.isdecimal() else 0
            below.setdefault(each.get("srcId", ""), []).append((place, each.get("destId", "")))
    roots = [key for key, point in points.items() if point.get("type") == "doc"]
    waiting = [*reversed(points), *reversed(roots)]
    while waiting:
        key = waiting.pop()
        if (point := points.pop(key, None)) is not None:
            waiting += [each for _, each in sorted(below.get(key, ()), reverse=True)]
            yield from point.iterchildren("{*}t")


def _runs(element: Element) -> Iterator[str]:
    for child in alternatives(element):
        known = name(child.tag)
        if known == "a:t":
            yield child.text or ""
        elif known in _BREAKS:
            yield " "
        else:
            yield from _runs(child)


def _texts(root: Element, kind: str) -> Iterator[str]:
    return (text for each in root.iter(f"{{*}}{kind}") if (text := (each.text or "").strip()))


def _values(root: Element, *path: str) -> Iterator[str]:
    """The text of each first element of the path, as it is cached."""
    for each in root.iter(f"{{*}}{path[0]}"):
        for cache in each.iter(f"{{*}}{path[1]}"):
            if text := " ".join(_texts(cache, "v")):
                yield text


def _series(area: Element) -> tuple[list[str], int]:
    """The series of one group of a chart as rows of a table: names, then each category with its figures."""
    names: list[str] = []
    columns: list[dict[int, str]] = []
    labels: dict[int, str] = {}
    for each in area.iterchildren("{*}ser"):
        names.append(" ".join(text for name in each.iterchildren("{*}tx") for text in _texts(name, "v")))
        columns.append(_points(each, "val") or _points(each, "yVal"))
        found = _points(each, "cat") or _points(each, "xVal")
        labels |= {place: label for place, label in found.items() if place not in labels}
    if not names:
        return [], 0
    rows = [" | ".join(["", *names]).strip(" |")] if any(names) else []
    for place in sorted({*labels, *(place for column in columns for place in column)}):
        cells = [labels.get(place, ""), *(column.get(place, "") for column in columns)]
        rows.append(" | ".join(cells))
    figures = sum(count_letters(value) for column in columns for value in column.values())
    figures += sum(count_letters(label) for label in labels.values() if _is_figure(label))
    return rows, figures


def _points(series: Element, kind: str) -> dict[int, str]:
    """The cached points of an axis by their place; of labels in several levels each place has them all."""
    found: dict[int, str] = {}
    for axis in series.iterchildren(f"{{*}}{kind}"):
        for point in axis.iter("{*}pt"):
            place = point.get("idx", "")
            text = _shortened(" ".join(_texts(point, "v")))
            if place.isdecimal() and text:
                found[int(place)] = f"{text} {found[int(place)]}" if int(place) in found else text
    return found


def _shortened(text: str) -> str:
    """A figure without the extra digits of binary fractions, such as 4.35 for 4.3499999999999996."""
    return f"{float(text):.12g}" if _is_figure(text) else text


def _is_figure(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
