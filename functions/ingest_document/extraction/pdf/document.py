"""PDF: the text of each page, with its bookmark."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

import pypdfium2
from pypdfium2 import raw

from extraction.pdf import form, gaps, layout, order, picture
from extraction.pdf.characters import Marked, clusters, marked_of, normal
from extraction.pdf.form import Annotations
from extraction.pdf.unmapped import SHAPED, Fonts, Unmapped
from extraction.pieces import HEADING_CHARACTERS, Letters, Piece, Reading, count_letters, cut
from extraction.problems import ProblemFound

_BOOKMARKS = 10_000
_ENOUGH = 0.98
# When PDFium draws a page's annotations, it gives the page its own resources and removes those shared with others.
_LOST_BY_DRAWING = 0.02
# A page with more characters, which only an attack has, is read in the file's order.
_MAX_CHARACTERS = 100_000


@dataclass(frozen=True)
class _PageText:
    """The text of a page. `letters` counts the letters that the file shows, and those of them that `text` has."""

    text: str = ""
    letters: Letters = field(default_factory=Letters)
    is_picture: bool = False


def opened(file: IO[bytes], limits: Mapping[str, int]) -> pypdfium2.PdfDocument:
    """The document, with its form ready to be drawn.

    Raises ProblemFound: `encrypted`, `torn`, `too_many_pages`. Scripts are not run: this PDFium has no engine for them.
    """
    file.seek(0)
    return _opened(file.read(), limits)


def _opened(content: bytes, limits: Mapping[str, int]) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(content)
        form.prepare(document)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise ProblemFound("encrypted" if is_locked else "torn") from error
    if pages > limits["file_pages"]:
        raise ProblemFound("too_many_pages")
    if pages == 0:
        raise ProblemFound("torn")
    return document


class _Pages:
    """The pages of an opened file, and the results so far.

    `annotations` are those of pages that were read: once they are drawn, the page no longer has them.
    """

    def __init__(self, document: pypdfium2.PdfDocument, again: Callable[[], pypdfium2.PdfDocument]) -> None:
        self.document, self._again = document, again
        self.fonts = Fonts(document)
        self.annotations: dict[int, Annotations] = {}
        self._undrawn: tuple[pypdfium2.PdfDocument, Fonts] | None = None
        self._damaged: set[int] = set()

    def page(self, index: int) -> tuple[pypdfium2.PdfPage, Fonts]:
        """The page with its annotations drawn, and its fonts; without them if drawing removes the page's own text."""
        page = self.document[index]
        if index not in self.annotations:
            self.annotations[index] = form.annotations(self.document, page)
            if self.annotations[index].to_draw:
                before = _characters(page)
                page = form.draw(self.document, page, index)
                if (before - _characters(page)).total() > _LOST_BY_DRAWING * before.total():
                    self._damaged.add(index)
        if index not in self._damaged:
            return page, self.fonts
        page.close()
        if self._undrawn is None:
            document = self._again()
            self._undrawn = document, Fonts(document)
        return self._undrawn[0][index], self._undrawn[1]


def _characters(page: pypdfium2.PdfPage) -> Counter[str]:
    text_page = page.get_textpage()
    try:
        return Counter(text_page.get_text_range())
    finally:
        text_page.close()


def read(file: IO[bytes], limits: Mapping[str, int]) -> Reading:
    """Raises ProblemFound as `opened` does."""
    file.seek(0)
    content = file.read()
    document = _opened(content, limits)
    pages = len(document)
    headings = _headings(document)
    found = _Pages(document, lambda: _opened(content, limits))
    last: dict[int, _PageText] = {}

    def page_text(index: int) -> _PageText:
        if index not in last:
            last.clear()
            last[index] = _read_page(found, index)
        return last[index]

    def unit(index: int) -> Iterator[Piece]:
        # A page between two bookmarks belongs to the first.
        heading = next((headings[page] for page in range(index, -1, -1) if page in headings), None)
        for text in cut(page_text(index).text):
            yield Piece(text, index + 1, heading)

    return Reading(
        pages, unit, pages, lambda index: page_text(index).letters, lambda index: page_text(index).is_picture
    )


def _read_page(pages: _Pages, index: int) -> _PageText:
    """The page's text; empty for a damaged page, so that the others can be read."""
    try:
        page, fonts = pages.page(index)
        try:
            text_page = page.get_textpage()
            try:
                return _read(page, text_page, pages.annotations[index], fonts)
            finally:
                text_page.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return _PageText()


def _read(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, annotations: Annotations, fonts: Fonts
) -> _PageText:
    whole, plain = text_page.get_text_range(), text_page.get_text_bounded().replace("\r\n", "\n")
    is_shaped = not plain.isascii() and SHAPED.search(plain) is not None
    unmapped = fonts.unmapped(text_page)
    if unmapped is not None and is_shaped and picture.readable(plain)[2]:
        unmapped = None  # the fonts' maps are wrong
    laid_out = None
    if (
        annotations.fields
        or is_shaped
        or (unmapped is not None and unmapped.is_changed)
        or order.is_scattered(text_page, plain)
        or gaps.has_lost_line_end(text_page)
        # PDFium's text within bounds has no line ends for upright lines.
        or whole.count("\r\n") > plain.count("\n")
    ):
        laid_out = _lay_out(page, text_page, annotations, unmapped, is_shaped=is_shaped)
    text, in_file, added = laid_out or _as_it_lies(page, text_page, whole, plain)
    text, unreadable, is_wrong = picture.readable(text)
    # Uncertain letters are in the text, but do not count as read.
    guessed = sum(unmapped.texts[index].isalnum() for index in unmapped.lost) if unmapped is not None else 0
    read = max(0, count_letters(text) - added - guessed)
    comments, own = form.listed(annotations)
    return _PageText(
        "\n".join(filter(None, (text.strip(), *comments))),
        Letters(in_file + unreadable + own, read + own),
        is_wrong or picture.is_lost(in_file + unreadable, read) or picture.is_picture(page, text),
    )


def _as_it_lies(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, whole: str, plain: str
) -> tuple[str, int, int]:
    """PDFium's own text, how many letters the page shows, and none that are added. `plain` is `whole` within bounds."""
    text = normal(layout.joined(gaps.corrected(text_page, whole, plain)))
    in_file = count_letters(normal(whole))
    if count_letters(text) < _ENOUGH * in_file:
        # Text may lie outside of the page.
        in_file = clusters(text_page, Marked({}, {}, []), page.get_bbox())[1]
    return text, in_file, 0


def _lay_out(
    page: pypdfium2.PdfPage,
    text_page: pypdfium2.PdfTextPage,
    annotations: Annotations,
    unmapped: Unmapped | None,
    *,
    is_shaped: bool,
) -> tuple[str, int, int] | None:
    """The text assembled from its characters, how many letters the page shows, and how many are added.

    None for a page without a layout: it has very many characters, or positions that are not numbers.
    """
    if text_page.count_chars() > _MAX_CHARACTERS:
        return None
    try:
        marked = marked_of(page) if is_shaped else Marked({}, {}, [])
        found, in_file = clusters(text_page, marked, page.get_bbox(), unmapped)
        found, hidden, shown = form.placed(found, annotations.fields)
        added = sum(count_letters(each.text) for each in found if each.is_added)
        return layout.text_of(found), in_file + shown - hidden, added
    except (ArithmeticError, ValueError):
        return None


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
