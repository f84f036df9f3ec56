"""The walk over a slide, its notes, or the master behind it."""

from extraction.office.markup import is_hidden_shape, name
from extraction.office.package import Element, Package
from extraction.office.walk import Walk
from extraction.pieces import Block
from extraction.slides.numbering import Numbering

_TITLES = ("title", "ctrTitle")
# Placeholders on a page of notes: a picture of the slide, and text that is on every page.
_NOT_OF_NOTES = ("sldImg", "sldNum", "dt", "hdr", "ftr")


class SlidesWalk(Walk):
    """Collects the blocks of one part of a PowerPoint file; titles separately, because they come first."""

    def __init__(self, package: Package, part: str) -> None:
        super().__init__(package, part)
        self.titles: list[Block] = []
        self._numbering = Numbering()
        self.handlers |= dict.fromkeys(("p:sp", "p:grpSp", "p:graphicFrame", "p:pic", "p:cxnSp"), self._shape)

    def label(self, paragraph: Element) -> str:
        """The number of a paragraph in a list."""
        return self._numbering.label(paragraph)

    def _shape(self, shape: Element) -> None:
        if is_hidden_shape(shape):
            return
        if placeholder(shape) in _TITLES:
            text = " ".join(" ".join(block.text for block in self.collected(shape)).split())
            self.titles += [Block(text, 1)] if text else []
        else:
            self.enter_all(shape)


def placeholder(shape: Element) -> str | None:
    """The kind of a placeholder, "obj" if it names none; None for a shape that is no placeholder."""
    found = shape.find("./*/{*}nvPr/{*}ph")
    return None if found is None else found.get("type", "obj")


def unseen_placeholders(root: Element, *, is_notes: bool) -> list[Element]:
    """The shapes of a page of notes that repeat the slide, or the prompts of a master, which only slides fill in."""
    kinds = [(shape, placeholder(shape)) for shape in root.iter("{*}sp", "{*}pic", "{*}graphicFrame")]
    if is_notes:
        return [shape for shape, kind in kinds if kind in _NOT_OF_NOTES]
    return [shape for shape, kind in kinds if kind is not None]


def is_shown(root: Element, property_: str) -> bool:
    """Whether a slide is shown (`show`), or the shapes of its master (`showMasterSp`)."""
    return root.get(property_) not in ("0", "false")


def without(root: Element, left_out: list[Element]) -> Element:
    """The part without these elements."""
    for each in left_out:
        parent = each.getparent()
        if parent is not None:
            parent.remove(each)
    return root


def is_text(element: Element) -> bool:
    """Whether it is the text of a comment: `p:text`, or the body of one with formatting."""
    return name(element.tag) == "p:text" or element.tag.endswith("}txBody")
