"""EPUB: the chapters in the order in which they are read."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from defusedxml import ElementTree

from extraction import encoding
from extraction.pieces import Piece, Reading, by_heading
from extraction.problems import ProblemFound
from extraction.web_page import blocks_of

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_PACKAGE = "{http://www.idpf.org/2007/opf}"
_CIPHER = "{http://www.w3.org/2001/04/xmlenc#}"


def read(archive: zipfile.ZipFile) -> Reading:
    """Raises ProblemFound for a book that a shop has encrypted; any other exception means that the file is torn."""
    container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
    package_name = next(container.iter(f"{_CONTAINER}rootfile")).get("full-path", "")
    package = ElementTree.fromstring(archive.read(package_name))
    items = {item.get("id"): item.get("href", "") for item in package.iter(f"{_PACKAGE}item")}
    spine = [items[each.get("idref")] for each in package.iter(f"{_PACKAGE}itemref")]
    folder = posixpath.dirname(package_name)
    chapters = [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in spine]
    if _encrypted(archive).intersection(chapters):
        raise ProblemFound("encrypted")

    def unit(index: int) -> Iterator[Piece]:
        with encoding.open_text(io.BytesIO(archive.read(chapters[index])), declares=True) as text:
            yield from by_heading(blocks_of(text))

    return Reading(len(chapters), unit)


def _encrypted(archive: zipfile.ZipFile) -> set[str]:
    """The members that are encrypted: often fonts alone, which say nothing about the text."""
    try:
        listed = ElementTree.fromstring(archive.read("META-INF/encryption.xml"))
    except KeyError:
        return set()
    return {unquote(each.get("URI", "")) for each in listed.iter(f"{_CIPHER}CipherReference")}
