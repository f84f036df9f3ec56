"""EPUB: the chapters in the order in which they are read."""

import io
import posixpath
import zipfile
from collections.abc import Iterator

from extraction.office.package import Element, Package, parsed, resolve
from extraction.pieces import Letters, Piece, Reading, by_heading
from extraction.problems import ProblemFound
from extraction.tally import Tally
from extraction.text import encoding
from extraction.web.page import blocks_of
from extraction.web.parser import PageParser
from extraction.web.shown_letters import in_page

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHUNK = 65_536


def read(archive: zipfile.ZipFile) -> Reading:
    """Raises ProblemFound for a book with copy protection; any other exception means that the file is corrupt."""
    package = Package(archive)
    chapters = _chapters(package)
    if _encrypted(package).intersection(name.casefold() for name in chapters):
        raise ProblemFound("encrypted")
    tally = Tally()
    added = 0

    def unit(index: int) -> Iterator[Piece]:
        nonlocal added
        parser = PageParser(is_book=True)
        with _opened(package, chapters[index]) as text:
            yield from tally.counted(by_heading(blocks_of(text, parser)))
        added = parser.added

    def count(index: int) -> Letters:
        with _opened(package, chapters[index]) as text:
            return tally.result(in_page(iter(lambda: text.read(_CHUNK), ""), is_book=True), added)

    return Reading(len(chapters), unit, letters=count)


def _chapters(package: Package) -> list[str]:
    """The members with the chapters, each once. Listed members that do not exist are left out."""
    rootfile = next(package.xml(_CONTAINER).iter("{*}rootfile"))
    description = resolve("", rootfile.get("full-path", ""))
    root = package.xml(description)
    items = {item.get("id"): item for item in root.iter("{*}item")}
    spine = [items[key] for each in root.iter("{*}itemref") if (key := each.get("idref")) in items]
    # A book without an order has all its pages except the table of contents.
    listed = spine or [item for item in items.values() if "nav" not in item.get("properties", "").split()]
    folder = posixpath.dirname(description)
    names = [resolve(folder, item.get("href", "")) for item in listed if _is_page(item)]
    return [name for name in dict.fromkeys(names) if package.has(name)]


def _is_page(item: Element) -> bool:
    """Whether a member is text: a book may list pictures as pages."""
    kind: str = item.get("media-type", "")
    name: str = item.get("href", "").partition("#")[0].lower()
    if kind in ("", "application/octet-stream"):
        return name.endswith((".xhtml", ".html", ".htm", ".xml", ".svg"))
    return kind not in ("text/css", "application/x-dtbncx+xml") and (kind.startswith("text/") or kind.endswith("xml"))


def _opened(package: Package, chapter: str) -> io.TextIOWrapper:
    return encoding.open_text(io.BytesIO(package.content(chapter)), declares=True)


def _encrypted(package: Package) -> set[str]:
    """The encrypted members: often these are only fonts, which do not matter for the text."""
    if not package.has(_ENCRYPTION):
        return set()
    listed = parsed(package.content(_ENCRYPTION))
    return {resolve("", each.get("URI", "")).casefold() for each in listed.iter("{*}CipherReference")}
