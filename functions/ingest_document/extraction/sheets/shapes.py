"""Texts that are on a sheet but not in its cells: text boxes, diagrams, buttons and charts."""

from collections.abc import Iterator

from extraction.office.charts import chart_labels, diagram_texts, paragraphs
from extraction.office.package import Element, Package

# Kinds of parts that a drawing or a chart refers to.
_FURTHER = {"chart", "chartEx", "chartUserShapes", "diagramData"}


def read(package: Package, drawing: str) -> list[str]:
    """The lines of a drawing, its charts and its diagrams. A drawing may be in VML, as buttons are."""
    lines: list[str] = []
    waiting, seen = [drawing], {drawing}
    while waiting:
        part = waiting.pop(0)
        root = package.xml_or_none(part)
        if root is None:
            continue
        further = [each.part for each in package.relationships(part) if each.kind in _FURTHER and each.part not in seen]
        seen.update(further)
        waiting += further
        match root.tag.rpartition("}")[2]:
            case "chartSpace":
                lines += _chart(root)
            case "dataModel":
                lines += (text for body in diagram_texts(root) for text in paragraphs(body))
            case "xml":
                lines += _vml(root)
            case _:
                lines += paragraphs(root)
    return lines


def _chart(root: Element) -> list[str]:
    """The titles and labels of a chart in one line; its numbers are in cells."""
    labels = chart_labels(root)
    return [f"Chart: {' | '.join(labels)}"] if labels else []


def _vml(root: Element) -> Iterator[str]:
    """Texts of buttons and boxes; a shape that belongs to a comment repeats it."""
    for shape in root.iter("{urn:schemas-microsoft-com:vml}shape"):
        kinds = [each.get("ObjectType") for each in shape.iter("{urn:schemas-microsoft-com:office:excel}ClientData")]
        if "Note" in kinds:
            continue
        for box in shape.iter("{urn:schemas-microsoft-com:vml}textbox"):
            if text := " ".join(" ".join(box.itertext()).split()):
                yield text
