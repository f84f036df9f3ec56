"""HTML: the text that a user sees in a browser, split at headings. It builds no tree, so no nesting is too deep.

It runs no script. If a page has one, initially hidden text is read too, because a script may show it, as tabs do. A
page with only hidden text, such as a part of another page, is read too.
"""

import re
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from typing import IO, TypedDict

from extraction.pieces import Block, Letters, Piece, Reading, by_heading
from extraction.tally import Tally
from extraction.text import encoding
from extraction.web import style_sheets
from extraction.web.parser import PageParser
from extraction.web.shown_letters import in_page

_CHUNK = 65_536
# A script, an attribute that runs one, or a button that opens a dialog without one (`commandfor`).
# Data, such as application/ld+json, is in scripts of other types.
_SCRIPT = re.compile(
    r"""<script(?=[\s/>])(?![^>]*\btype\s*=\s*["']?(?!module\b|[\w/]*(?:java|ecma)script\b|["'\s>]))"""
    r"""|<[a-z][^<>]*\son(?:click|change|input|load|toggle|submit|focus|key\w+|mouse\w+|pointer\w+)\s*="""
    r"""|<button\s[^<>]*\bcommandfor\s*=""",
    re.IGNORECASE,
)
_LONGEST_TAG = 2_048
_BEGINNING = 524_288


class _Hiding(TypedDict):
    """Whether a page has scripts, and the classes and ids that its style sheets hide."""

    has_scripts: bool
    hidden_names: frozenset[str]


_ALL: _Hiding = {"has_scripts": True, "hidden_names": frozenset()}


def read(file: IO[bytes]) -> Reading:
    """One unit: a web page has no pages."""
    tally = Tally()
    added = 0
    known: list[_Hiding] = []
    parsers: list[PageParser] = []

    def hiding() -> _Hiding:
        if not known:
            with encoding.open_text(file, declares=True) as text:
                known.append(_hiding(text))
        return known[0]

    def pieces() -> Iterator[Piece]:
        share = encoding.share_read(file)
        parsers[:] = [PageParser(**hiding())]
        with encoding.open_text(file, declares=True) as text:
            yield from by_heading(_blocks(parsers[0], text, share))

    def unit(_: int) -> Iterator[Piece]:
        nonlocal added
        has_text = False
        for piece in tally.counted(pieces()):
            has_text = True
            yield piece
        if not has_text and not hiding()["has_scripts"]:
            known[:] = [_ALL]
            yield from tally.counted(pieces())
        added = parsers[-1].added

    def count(_: int) -> Letters:
        with encoding.open_text(file, declares=True) as text:
            return tally.result(in_page(iter(lambda: text.read(_CHUNK), ""), **hiding()), added)

    return Reading(1, unit, letters=count)


def blocks_of(text: TextIOWrapper, parser: PageParser | None = None) -> Iterator[Block]:
    """The blocks of a page that is part of another file."""
    return _blocks(parser or PageParser(), text, lambda: 1.0)


def _hiding(text: TextIOWrapper) -> _Hiding:
    """The scripts and hidden names of a page. Its style sheets are at its beginning."""
    beginning = chunk = text.read(_BEGINNING)
    rest = ""
    while chunk:
        if _SCRIPT.search(rest + chunk):
            return _ALL
        rest = chunk[-_LONGEST_TAG:]
        chunk = text.read(_CHUNK)
    return {"has_scripts": False, "hidden_names": style_sheets.hidden_names(beginning)}


def _blocks(parser: PageParser, text: TextIOWrapper, share: Callable[[], float]) -> Iterator[Block]:
    """The blocks of a page, whose `share` says how much of it has been read."""
    while chunk := text.read(_CHUNK):
        parser.feed(chunk)
        part = share()
        yield from (Block(block.text, block.level, part) for block in parser.blocks)
        parser.blocks = []
    parser.close()
    parser.finish()
    yield from parser.blocks
