"""The parts of a spreadsheet's package, found by their relationships (ECMA-376 part 2)."""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote

from lxml import etree

from extraction.problems import ProblemFound

type Element = Any
"""An element of lxml, which has no types."""


@dataclass(frozen=True)
class Relationship:
    """`kind` is the last word of the relationship's type, the same in the strict and the transitional namespace."""

    id: str
    kind: str
    part: str


class Parts:
    """An opened package. Names of parts are compared without case, and with `/` for `\\`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_normal(info.filename): info for info in archive.infolist()}

    def find(self, ending: str) -> list[str]:
        """The parts whose names end so, in the order of the package."""
        return [name for name in self._names if name.endswith(ending)]

    def size(self, part: str) -> int:
        """Its bytes, as the package says."""
        return self._names[part].file_size

    def open(self, part: str) -> IO[bytes]:
        """The part's bytes as a stream. Raises KeyError where it is missing."""
        return self._archive.open(self._names[part])

    def tree(self, part: str) -> Element | None:
        """The root of a part, without what is no XML in it; None where nothing can be read or the part is missing."""
        if part not in self._names:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
        try:
            with self.open(part) as stream:
                root = etree.parse(stream, parser).getroot()
        except etree.XMLSyntaxError as error:
            if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
                raise
            return None
        if root is not None:
            refuse_entities(root)
        return root

    def relationships(self, part: str) -> list[Relationship]:
        """Those of a part to other parts of the package; `part` is empty for the package's own."""
        folder, name = posixpath.split(part)
        root = self.tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return []
        found = []
        for each in root.iter("{*}Relationship"):
            if each.get("TargetMode") == "External":
                continue
            if (target := self._target(folder, each.get("Target", ""))) is not None:
                kind = each.get("Type", "").rpartition("/")[2]
                found.append(Relationship(each.get("Id", ""), kind, target))
        return found

    def _target(self, folder: str, target: str) -> str | None:
        """A target is relative to its part's folder or to the package's root; some programs mix the two up."""
        plain = _normal(unquote(target.partition("#")[0]))
        relative = posixpath.normpath(posixpath.join(folder, plain)).lstrip("./")
        candidates = (plain, relative) if target.startswith(("/", "\\")) else (relative, plain)
        return next((each for each in candidates if each in self._names), None)


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def elements(stream: IO[bytes], *tags: str) -> Iterator[Element]:
    """The elements with these names as they end, in any namespace; what was read before an element is thrown away.

    Raises an exception of lxml for what is no XML.
    """
    found = etree.iterparse(
        stream, events=("end",), tag=tuple(f"{{*}}{tag}" for tag in tags), resolve_entities=False, no_network=True
    )
    is_first = True
    for _, element in found:
        if is_first:
            refuse_entities(element)
            is_first = False
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def refuse_entities(element: Element) -> None:
    """Raises ProblemFound where the document declares entities: ECMA-376 forbids it, and they could hide any text."""
    if element.getroottree().docinfo.doctype:
        raise ProblemFound("torn")


def alternatives(parent: Element) -> Iterator[Element]:
    """The children of an element, each `AlternateContent` replaced by what stands in its first choice that has any."""
    for child in parent.iterchildren("*"):
        if etree.QName(child).localname != "AlternateContent":
            yield child
            continue
        branch = next((each for each in child.iterchildren("{*}Choice", "{*}Fallback") if len(each)), None)
        if branch is not None:
            yield from alternatives(branch)
