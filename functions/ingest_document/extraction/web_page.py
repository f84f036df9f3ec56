"""HTML: what a reader sees, cut at headings. No tree is built, so that no nesting is too deep."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from io import TextIOWrapper
from typing import IO

from extraction import encoding
from extraction.pieces import Block, Piece, Reading, by_heading

_CHUNK = 65_536
_HEADING = re.compile(r"h[1-6]")
_UNSEEN = {"script", "style", "template", "noscript"}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "div", "dl", "dt", "figcaption"),
    *("figure", "footer", "form", "head", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section"),
    *("table", "tbody", "tfoot", "thead", "title", "tr", "ul"),
}


class PageParser(HTMLParser):
    """Collects blocks while it is fed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._texts: list[str] = []
        self._level: int | None = None
        self._unseen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Ends the block before a tag that begins one."""
        if tag in _UNSEEN:
            self._unseen = tag
        elif tag in ("td", "th") and self._texts:
            self._texts.append(" | ")
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.end_block()
            self._unseen = None  # of an element that was never closed, nothing more is lost
            self._level = int(tag[1]) if _HEADING.fullmatch(tag) else None

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<script/>` of XHTML has no content."""
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Ends the block."""
        if tag == self._unseen:
            self._unseen = None
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.end_block()
            self._level = None

    def handle_data(self, data: str) -> None:
        """Keeps what a reader sees."""
        if self._unseen is None:
            self._texts.append(data)

    def end_block(self) -> None:
        """What was read since the last block is one, unless it is blank."""
        if text := " ".join("".join(self._texts).split()):
            self.blocks.append(Block(text, self._level))
        self._texts = []


def read(file: IO[bytes]) -> Reading:
    """One unit: a page of the web has no pages."""
    return Reading(1, lambda _: _pieces(file))


def blocks_of(text: TextIOWrapper, share: Callable[[], float] = lambda: 1.0) -> Iterator[Block]:
    """The blocks of a page, of which `share` says how much has been read."""
    parser = PageParser()
    while chunk := text.read(_CHUNK):
        parser.feed(chunk)
        yield from (replace(block, part=share()) for block in parser.blocks)
        parser.blocks = []
    parser.close()
    parser.end_block()
    yield from parser.blocks


def _pieces(file: IO[bytes]) -> Iterator[Piece]:
    share = encoding.share_read(file)
    with encoding.open_text(file, declares=True) as text:
        yield from by_heading(blocks_of(text, share))
