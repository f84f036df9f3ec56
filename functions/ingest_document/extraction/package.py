"""A zip file of XML parts, as Office files and e-books are: members, parts as trees, and relationships between parts.

Programs write names of members in ways that Office accepts: with backslashes, a leading slash, percent escapes, or in
another case than the relationship says (ECMA-376 part 2, section 6.2.2, compares names without case).
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

type Element = etree._Element


@dataclass(frozen=True)
class Relation:
    """What a part refers to: `kind` is the last word of its type, such as `header`; `target` the name of a part."""

    kind: str
    target: str


class Package:
    """The parts of an archive. Nothing outside the archive is ever read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {_key(name): name for name in reversed(archive.namelist())}

    def has(self, name: str) -> bool:
        """Whether the archive has this member."""
        return _key(name) in self._members

    def content(self, name: str) -> bytes:
        """The bytes of a member. Raises KeyError when it is missing, BadZipFile when it is damaged."""
        return self._archive.read(self._members[_key(name)])

    def xml(self, name: str) -> Element:
        """The root of a part. Raises KeyError when it is missing, XMLSyntaxError or ValueError when it is damaged."""
        return parsed(self.content(name))

    def relations(self, name: str) -> dict[str, Relation]:
        """The relationships of a part by their ids, without those to other files; of the package itself for ""."""
        folder, file = posixpath.split(_path(name))
        listed = posixpath.join(folder, "_rels", f"{file}.rels")
        if not self.has(listed):
            return {}
        return {
            each.get("Id", ""): Relation(_last(each.get("Type", "")), resolve(folder, each.get("Target", "")))
            for each in self.xml(listed).iter("{*}Relationship")
            if each.get("TargetMode", "").lower() != "external"
        }

    def related(self, name: str, kind: str) -> Iterator[str]:
        """The names of the parts that are there and that a part refers to as this kind."""
        return (each.target for each in self.relations(name).values() if each.kind == kind and self.has(each.target))

    def main(self, usual: str) -> str:
        """The name of the part that the file begins with, which is `usual` when no relationship names one."""
        return next(self.related("", "officeDocument"), usual)


def parsed(content: bytes) -> Element:
    """The root of an XML text. Raises XMLSyntaxError, or ValueError when it declares entities, which no part needs."""
    # `huge_tree` stays off: it would lift the limits on depth, on the size of a text, and on what entities unfold to.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(content, parser)
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise ValueError("entities are declared")
    return root


def resolve(folder: str, target: str) -> str:
    """The name of the member that a reference from a part in `folder` leads to."""
    path = _path(unquote(target.partition("#")[0]))
    if target[:1] in ("/", "\\"):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def _last(type_: str) -> str:
    return type_.rpartition("/")[2]


def _path(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")


def _key(name: str) -> str:
    return _path(name).casefold()
