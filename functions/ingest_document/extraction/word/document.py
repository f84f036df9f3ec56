"""Word (docx): the visible text in order, split at headings.

Headers come first and footers last, each once; notes and comments follow the paragraph that they belong to.
"""

import io
import zipfile
from collections.abc import Iterator

from extraction.office import shown_letters
from extraction.office.markup import attribute, is_on, name, reference
from extraction.office.package import Element, Package
from extraction.pieces import Block, Piece, Reading, by_heading
from extraction.tally import Tally
from extraction.text import encoding
from extraction.web.page import blocks_of
from extraction.word.numbering import Numbering
from extraction.word.styles import Styles
from extraction.word.walk import Shared, WordWalk, drop_unclosed_fields

_MAIN = "word/document.xml"
# The maximum unpacked size of an embedded file: it is a small text or a document, not another archive.
_CHUNK_BYTES = 100_000_000


def read(archive: zipfile.ZipFile) -> Reading:
    """Any exception means that the file is corrupt."""
    document = _Document(Package(archive))
    tally = Tally()

    def unit(_: int) -> Iterator[Piece]:
        return tally.counted(by_heading(document.blocks()))

    return Reading(1, unit, letters=lambda _: tally.result(document.letters(), document.added))


class _Document:
    """One Word file, or one that another embeds."""

    def __init__(self, package: Package, *, is_chunk: bool = False) -> None:
        self.package, self._is_chunk = package, is_chunk
        self.main = package.main(_MAIN)
        self.root = package.xml(self.main)
        drop_unclosed_fields(self.root)
        self._styles = Styles(self._one("styles"))
        self._chunks: list[_Document | int] = []
        self._walks: list[WordWalk] = []

    @property
    def added(self) -> int:
        """The letters of its blocks that are in no text of the file."""
        chunks = sum(each.added for each in self._chunks if isinstance(each, _Document))
        return sum(walk.added for walk in self._walks) + chunks

    def blocks(self) -> Iterator[Block]:
        """All blocks in their order, the same each time."""
        self._walks, self._chunks = [], []
        shared = Shared(self._styles, Numbering(self._one("numbering")), chunk=self._chunk)
        self._add_notes(shared)
        seen = set[tuple[str, ...]]()
        yield from self._margins(shared, "header", seen)
        walk = self._walk(self.main, shared)
        body = [child for content in self.root for child in content]
        for number, child in enumerate(body, start=1):
            walk.enter(child)
            part = min(1.0, number / len(body))
            yield from (block._replace(part=part) for block in walk.blocks)
            walk.blocks = []
        walk.finish()
        yield from walk.blocks
        yield from self._margins(shared, "footer", seen)

    def letters(self) -> int:
        """The letters that the file shows, counted by `shown_letters.py` alone."""
        margins = [part for kind in ("header", "footer") for part in self._margin_parts(kind)]
        chunks = sum(each if isinstance(each, int) else each.letters() for each in self._chunks)
        return chunks + shown_letters.in_word(self.package, self.main, self.root, margins, self._styles.hidden())

    def _walk(self, part: str, shared: Shared) -> WordWalk:
        self._walks.append(WordWalk(self.package, part, shared))
        return self._walks[-1]

    def _one(self, kind: str) -> Element | None:
        part = next(self.package.related(self.main, kind), None)
        return None if part is None else self.package.xml(part)

    def _add_notes(self, shared: Shared) -> None:
        for kind in ("footnote", "endnote"):
            for part in self.package.related(self.main, f"{kind}s"):
                walk, root = self._walk(part, shared), self.package.xml(part)
                drop_unclosed_fields(root)
                # Notes of another type are the lines between notes and text.
                found = (each for each in root if attribute(each, "type") in (None, "normal"))
                shared.notes |= {(kind, attribute(each, "id") or ""): (walk, each) for each in found}
        for part in self.package.related(self.main, "comments"):
            walk, root = self._walk(part, shared), self.package.xml(part)
            shared.comments |= {attribute(each, "id") or "": (walk, each) for each in root}

    def _margin_parts(self, kind: str) -> list[str]:
        """The headers or footers that a page may show, each once, in the order of their sections."""
        relationships = self.package.by_id(self.main)
        settings = self._one("settings")
        has_even = settings is not None and is_on(settings.find("./{*}evenAndOddHeaders"))
        parts: dict[str, None] = {}
        for mark in self.root.iter(f"{{*}}{kind}Reference"):
            section = mark.getparent()
            use = attribute(mark, "type")
            is_shown = section is not None and name(section.tag) == "w:sectPr"
            if use == "first":
                is_shown = is_shown and section is not None and is_on(section.find("./{*}titlePg"))
            elif use == "even":
                is_shown = is_shown and has_even
            relationship = relationships.get(reference(mark))
            if is_shown and relationship is not None:
                parts[relationship.part] = None
        return list(parts)

    def _margins(self, shared: Shared, kind: str, seen: set[tuple[str, ...]]) -> Iterator[Block]:
        for part in self._margin_parts(kind):
            walk, root = WordWalk(self.package, part, shared), self.package.xml(part)
            drop_unclosed_fields(root)
            found = walk.titled(f"{kind.capitalize()}: ", root)
            # Sections often have separate headers with the same text.
            if (texts := tuple(block.text for block in found)) not in seen:
                seen.add(texts)
                self._walks.append(walk)
                yield from found

    def _chunk(self, part: str) -> list[Block]:
        """The blocks of a file that Word embeds when it opens the document: another document, a page, or text."""
        content = self.package.content(part)
        if content.startswith(b"PK"):
            archive = zipfile.ZipFile(io.BytesIO(content))
            if self._is_chunk or sum(each.file_size for each in archive.infolist()) > _CHUNK_BYTES:
                return []
            inner = _Document(Package(archive), is_chunk=True)
            self._chunks.append(inner)
            return list(inner.blocks())
        file = io.BytesIO(content)
        if content.startswith(b"{\\rtf") or not encoding.is_text(file):
            return []
        with encoding.open_text(file, declares=True) as text:
            if b"<" not in content[:1024]:
                return [Block(line.strip()) for line in text.read().splitlines() if line.strip()]
            return list(blocks_of(text))
