"""Texts that lie on a sheet rather than in its cells: text boxes, diagrams, buttons and charts."""

from collections.abc import Iterator

from extraction.office_parts import Element, Parts, alternatives

# What a drawing or a chart shows from parts of its own.
_FURTHER = {"chart", "chartEx", "chartUserShapes", "diagramData"}
_BREAKS = {"br", "tab"}


def read(parts: Parts, drawing: str) -> list[str]:
    """The lines of a drawing, its charts and its diagrams. A drawing may be in VML, as buttons are."""
    lines: list[str] = []
    waiting, seen = [drawing], {drawing}
    while waiting:
        part = waiting.pop(0)
        root = parts.tree(part)
        if root is None:
            continue
        further = [each for each in parts.relationships(part) if each.kind in _FURTHER and each.part not in seen]
        seen.update(each.part for each in further)
        waiting += [each.part for each in further]
        name = root.tag.rpartition("}")[2]
        if name == "chartSpace":
            lines += _chart(root)
        elif name == "xml":
            lines += _vml(root)
        else:
            lines += _paragraphs(root)
    return lines


def _paragraphs(element: Element) -> Iterator[str]:
    """The paragraphs of all shapes, each of those that are there in two forms once."""
    for child in alternatives(element):
        if child.tag.rpartition("}")[2] == "p":
            if text := " ".join("".join(_runs(child)).split()):
                yield text
        else:
            yield from _paragraphs(child)


def _runs(element: Element) -> Iterator[str]:
    for child in alternatives(element):
        name = child.tag.rpartition("}")[2]
        if name == "t":
            yield child.text or ""
        elif name in _BREAKS:
            yield " "
        else:
            yield from _runs(child)


def _chart(root: Element) -> list[str]:
    """The titles and labels of a chart in one line; its numbers stand in cells."""
    texts = list(_paragraphs(root))
    for cache in root.iter("{*}strCache", "{*}strDim"):
        texts += (" ".join((value.text or "").split()) for value in cache.iter("{*}v", "{*}pt"))
    labels = list(dict.fromkeys(filter(None, texts)))
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
