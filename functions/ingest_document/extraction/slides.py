"""PowerPoint (pptx): each slide is a page, its title the heading; the speaker's notes follow."""

import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from extraction.pieces import Block, Piece, Reading, by_heading

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDES = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_REFERENCE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TITLES = ("title", "ctrTitle")


def read(archive: zipfile.ZipFile) -> Reading:
    """An exception means that the file is torn."""
    targets = {each.get("Id"): each.get("Target", "") for each in _relations(archive, "ppt/presentation.xml")}
    presentation = ElementTree.fromstring(archive.read("ppt/presentation.xml"))
    listed = [targets[slide.get(_REFERENCE)] for slide in presentation.iter(f"{_SLIDES}sldId")]
    names = [_resolve("ppt", target) for target in listed]

    def unit(index: int) -> Iterator[Piece]:
        return by_heading(_blocks(archive, names[index]), page=index + 1)

    return Reading(len(names), unit, len(names))


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[Block]:
    slide = ElementTree.fromstring(archive.read(name))
    shapes = list(slide.iter(f"{_SLIDES}sp"))
    titles = [shape for shape in shapes if _kind(shape) in _TITLES]
    for title in titles:
        if text := " ".join(_paragraphs(title)):
            yield Block(text, 1)
    of_titles = {id(paragraph) for title in titles for paragraph in title.iter(f"{_DRAWING}p")}
    for paragraph in slide.iter(f"{_DRAWING}p"):
        if id(paragraph) not in of_titles and (text := _text(paragraph)):
            yield Block(text)
    for relation in _relations(archive, name):
        if relation.get("Type", "").endswith("/notesSlide"):
            notes = _resolve(posixpath.dirname(name), relation.get("Target", ""))
            yield from _notes(ElementTree.fromstring(archive.read(notes)))


def _notes(notes: Element) -> Iterator[Block]:
    """What the speaker wrote; beside it stand a picture of the slide and its number."""
    for shape in notes.iter(f"{_SLIDES}sp"):
        if _kind(shape) == "body":
            yield from (Block(text) for text in _paragraphs(shape))


def _kind(shape: Element) -> str | None:
    placeholder = shape.find(f"./{_SLIDES}nvSpPr/{_SLIDES}nvPr/{_SLIDES}ph")
    return None if placeholder is None else placeholder.get("type")


def _paragraphs(shape: Element) -> Iterator[str]:
    return (text for text in map(_text, shape.iter(f"{_DRAWING}p")) if text)


def _text(paragraph: Element) -> str:
    return "".join(each.text or "" for each in paragraph.iter(f"{_DRAWING}t")).strip()


def _relations(archive: zipfile.ZipFile, name: str) -> list[Element]:
    """The relationships of a part: none where it has no such file."""
    folder, _, file = name.rpartition("/")
    try:
        return list(ElementTree.fromstring(archive.read(f"{folder}/_rels/{file}.rels")))
    except KeyError:
        return []


def _resolve(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
