"""PDF: the text of each page, with the bookmark that it stands under."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO

import pypdfium2
from pypdfium2 import raw

from extraction.pieces import HEADING_CHARACTERS, Piece, Reading, cut
from extraction.problems import ProblemFound

_BOOKMARKS = 10_000
# What PDFium writes where a word is divided at the end of a line.
_DIVIDED = "\ufffe"


def opened(file: IO[bytes], limits: Mapping[str, int]) -> pypdfium2.PdfDocument:
    """Raises ProblemFound: encrypted, torn, too_many_pages. Scripts are not run: this PDFium has no engine for them."""
    file.seek(0)
    try:
        document = pypdfium2.PdfDocument(file.read())
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise ProblemFound("encrypted" if is_locked else "torn") from error
    if pages > limits["file_pages"]:
        raise ProblemFound("too_many_pages")
    if pages == 0:
        raise ProblemFound("torn")
    return document


def read(file: IO[bytes], limits: Mapping[str, int]) -> Reading:
    """Raises ProblemFound as `opened` does."""
    document = opened(file, limits)
    pages = len(document)
    headings = _headings(document)

    def unit(index: int) -> Iterator[Piece]:
        # Between two bookmarks counts the one before.
        heading = next((headings[page] for page in range(index, -1, -1) if page in headings), None)
        for text in cut(_text(document, index)):
            yield Piece(text, index + 1, heading)

    return Reading(pages, unit, pages)


def _text(document: pypdfium2.PdfDocument, index: int) -> str:
    """The page's text; empty for one that is damaged, so that the others can be read."""
    try:
        page = document[index]
        try:
            text_page = page.get_textpage()
            text: str = text_page.get_text_bounded()
            text_page.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return ""
    return text.replace("\r\n", "\n").replace(f"{_DIVIDED}\n", "").replace(_DIVIDED, "")


def _headings(document: pypdfium2.PdfDocument) -> dict[int, str]:
    """By the index of a page: the last bookmark that leads there, which is the innermost one."""
    headings: dict[int, str] = {}
    try:
        for bookmark in islice(document.get_toc(), _BOOKMARKS):
            destination = bookmark.get_dest()
            index = destination.get_index() if destination is not None else None
            title = " ".join(bookmark.get_title().split())
            if index is not None and title:
                headings[index] = title[:HEADING_CHARACTERS]
    except pypdfium2.PdfiumError:
        return headings
    return headings
