"""A zip file of XML parts, such as Office files and e-books: members, parts as trees, and relationships between parts.

Office accepts several spellings of a member's name: with backslashes, a leading slash, percent escapes, or in another
case than in the relationship (ECMA-376 part 2, section 6.2.2, compares names without case).
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote

from lxml import etree

type Element = etree._Element


@dataclass(frozen=True)
class Relationship:
    """A reference of a part to another.

    `kind` is the last word of its type, such as `header`, which is the same in the strict and the transitional
    namespace. `part` is the name of the other part.
    """

    id: str
    kind: str
    part: str


class Package:
    """The parts of an archive. Nothing outside the archive is read.

    With `recovers`, a damaged part is read as far as it is XML. Word and PowerPoint refuse such a file; Excel opens it.
    """

    def __init__(self, archive: zipfile.ZipFile, *, recovers: bool = False) -> None:
        self._archive = archive
        self._recovers = recovers
        self._members = {_key(each.filename): each for each in archive.infolist()}

    def has(self, name: str) -> bool:
        """Whether the archive has this member."""
        return _key(name) in self._members

    def find(self, ending: str) -> list[str]:
        """The members whose lower-case names have this ending, in the order of the archive."""
        return [name for name in self._members if name.endswith(ending)]

    def size(self, name: str) -> int:
        """The bytes of a member, as the archive says. Raises KeyError when it is missing."""
        return self._members[_key(name)].file_size

    def open(self, name: str) -> IO[bytes]:
        """The bytes of a member as a stream. Raises KeyError when it is missing, BadZipFile when it is damaged."""
        return self._archive.open(self._members[_key(name)])

    def content(self, name: str) -> bytes:
        """The bytes of a member. Raises KeyError when it is missing, BadZipFile when it is damaged."""
        return self._archive.read(self._members[_key(name)])

    def xml(self, name: str) -> Element:
        """The root of a part. Raises KeyError when it is missing, XMLSyntaxError or ValueError when it is damaged."""
        return parsed(self.content(name), recovers=self._recovers)

    def xml_or_none(self, name: str) -> Element | None:
        """The root of a part; None if it is missing, or if a package that recovers can read none of it.

        Raises as `xml` does.
        """
        if not self.has(name):
            return None
        try:
            return self.xml(name)
        except etree.XMLSyntaxError as error:
            if not self._recovers or error.code == etree.ErrorTypes.ERR_NO_MEMORY:
                raise
            return None

    def relationships(self, name: str) -> list[Relationship]:
        """The relationships of a part to existing parts; those of the package itself for ""."""
        folder, file = posixpath.split(_path(name))
        root = self.xml_or_none(posixpath.join(folder, "_rels", f"{file}.rels"))
        if root is None:
            return []
        return [
            Relationship(each.get("Id", ""), each.get("Type", "").rpartition("/")[2], part)
            for each in root.iter("{*}Relationship")
            if each.get("TargetMode", "").lower() != "external"
            and (part := self._target(folder, each.get("Target", ""))) is not None
        ]

    def by_id(self, name: str) -> dict[str, Relationship]:
        """The relationships of a part by id."""
        return {each.id: each for each in self.relationships(name)}

    def related(self, name: str, kind: str) -> Iterator[str]:
        """The names of the parts that a part refers to as this kind."""
        return (each.part for each in self.relationships(name) if each.kind == kind)

    def main(self, usual: str) -> str:
        """The name of the main part, which is `usual` if no relationship names it."""
        return next(self.related("", "officeDocument"), usual)

    def _target(self, folder: str, target: str) -> str | None:
        """A target is relative to its part's folder or to the package's root; some programs mix the two up."""
        relative = resolve(folder, target.lstrip("/\\")).lstrip("./")
        candidates = (resolve(folder, target), relative, resolve("", target))
        return next((each for each in candidates if self.has(each)), None)


def parsed(content: bytes, *, recovers: bool = False) -> Element:
    """The root of an XML text.

    Raises XMLSyntaxError, with `recovers` only where nothing is XML; ValueError when the text declares entities, which
    no part needs and which could hide any text (ECMA-376 part 2, section 6.2.5, forbids them).
    """
    # `huge_tree` stays off: it would lift the limits on depth, on the size of a text, and on what entities unfold to.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recovers,
    )
    root: Element | None = etree.fromstring(content, parser)
    if root is None:
        raise etree.XMLSyntaxError("nothing is XML", etree.ErrorTypes.ERR_DOCUMENT_EMPTY, 1, 1)
    _refuse_entities(root)
    return root


def elements(stream: IO[bytes], *tags: str) -> Iterator[Element]:
    """The elements with these names when they end, in any namespace; everything before an element is discarded.

    Raises XMLSyntaxError if it is not XML, ValueError if it declares entities.
    """
    found = etree.iterparse(
        stream, events=("end",), tag=tuple(f"{{*}}{tag}" for tag in tags), resolve_entities=False, no_network=True
    )
    is_first = True
    for _, element in found:
        if is_first:
            _refuse_entities(element)
            is_first = False
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def resolve(folder: str, target: str) -> str:
    """The name of the member that a part in `folder` refers to."""
    path = _path(unquote(target.partition("#")[0]))
    if target[:1] in ("/", "\\"):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def _refuse_entities(element: Element) -> None:
    declared = element.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise ValueError("entities are declared")


def _path(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")


def _key(name: str) -> str:
    return _path(name).casefold()
