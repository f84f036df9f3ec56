"""Corrects PDFium's text if it misreads positions of characters: line ends, narrow gaps in numbers, raised letters."""

import ctypes
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import pypdfium2
from pypdfium2 import raw

from extraction.pdf.characters import HYPHEN, Cluster, cluster_at

# A number of four or more digits, or one with its unit: "5000" and "10km" may have a narrow gap that PDFium skips.
_NUMBER = re.compile(r"(?<![^\W_])(?:\d{4,15}|\d{1,15}[^\W\d_]{1,5})(?![^\W_])")
_LINE = re.compile(rf"[^\r\n\x02{HYPHEN}]+")
# If a page has more of these, as a long table may, the rest is not changed.
_MAX_NUMBERS, _MAX_RAISED, _MAX_LINES = 100, 200, 5_000
# In font sizes: the minimum gap between two parts of a number, a space, and the maximum gap between a word and its
# raised letters.
_NARROW, _SPACE, _BESIDE = 0.1, 0.17, (-0.1, 0.9)
# In heights of characters, which are up to twice the size.
_MAY_BE_NARROW = 0.05
# In sizes: the maximum distance of the baselines of raised letters and their word, and the minimum of two lines'.
_RAISED_BY, _OTHER_LINE = 0.6, 0.8
_SMALLER = 0.85
# The maximum length of raised letters, or of the word beside them.
_MAX_LETTERS = 40
# Characters around a line end that distinguish it from others.
_BESIDE_END = 12


@dataclass(slots=True)
class _End:
    """One end of a line of PDFium's text: the index of its character on the page, and its position."""

    index: int
    x: float
    y: float


def has_lost_line_end(text_page: pypdfium2.PdfTextPage) -> bool:
    """Whether the last character of the page's text sticks to another line.

    PDFium writes no line end before a single character that is the last text of its page, such as the page's number.
    """
    at = text_page.count_chars() - 1
    if at < 1:
        return False
    before, last = cluster_at(text_page, at - 1), cluster_at(text_page, at)
    if before is None or last is None or before.turn or last.turn:
        return False
    return abs(before.y - last.y) > _OTHER_LINE * max(before.size, last.size)


def corrected(text_page: pypdfium2.PdfTextPage, whole: str, plain: str) -> str:
    """`plain`, the part of `whole` that is inside the page, with spaces for the narrow gaps in numbers, and with raised
    letters in the line of their word.
    """
    units = _units(whole)
    for as_written, as_read in islice(_raised(text_page, units), _MAX_RAISED):
        plain = plain.replace(_whole(as_written), _whole(as_read))
    for number, parts in _numbers(text_page, units):
        plain = re.sub(rf"(?<![^\W_]){number}(?![^\W_])", parts, plain)
    return plain


def _raised(text_page: pypdfium2.PdfTextPage, units: str) -> Iterator[tuple[str, str]]:
    """Line ends between a word and raised or lowered letters beside it, with the characters around them: as PDFium
    writes them, and as they are read.
    """
    for line, below in pairwise(islice(_LINE.finditer(units), _MAX_LINES)):
        # Raised letters are few and make a short line, which is usually far from the end of the line above.
        if min(line.end() - line.start(), below.end() - below.start()) > _MAX_LETTERS:
            continue
        last, first = _end(text_page, line.end() - 1), _end(text_page, below.start())
        if first.x <= last.x or last.y == first.y:
            continue
        before, after = cluster_at(text_page, last.index), cluster_at(text_page, first.index)
        if before is None or after is None or not _is_raised(before, after):
            continue
        gap = " " if after.x0 - before.x1 > _SPACE * max(before.size, after.size) else ""
        end, begin = line[0][-_BESIDE_END:], below[0][:_BESIDE_END]
        yield f"{end}\n{begin}", f"{end}{gap}{begin}"


def _end(text_page: pypdfium2.PdfTextPage, unit: int) -> _End:
    x, y = ctypes.c_double(), ctypes.c_double()
    index = _index(text_page, unit)
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    return _End(index, x.value, y.value)


def _is_raised(before: Cluster, after: Cluster) -> bool:
    """Whether one of two characters is beside the other, smaller, and a little above or below it."""
    size = max(before.size, after.size)
    return (
        before.turn == after.turn == 0
        and min(before.size, after.size) <= _SMALLER * size
        and abs(before.y - after.y) <= _RAISED_BY * size
        and _BESIDE[0] * size <= after.x0 - before.x1 <= _BESIDE[1] * size
    )


def _numbers(text_page: pypdfium2.PdfTextPage, units: str) -> Iterator[tuple[str, str]]:
    """Numbers with narrow gaps, without and with spaces for these."""
    seen: set[str] = set()
    for found in _NUMBER.finditer(units):
        if found[0] in seen:
            continue
        seen.add(found[0])
        indices = [_index(text_page, at) for at in range(found.start(), found.end())]
        if _may_have_gaps(text_page, indices):
            clusters = [cluster_at(text_page, index) for index in indices]
            parts = found[0][0]
            for (before, after), character in zip(pairwise(clusters), found[0][1:], strict=True):
                parts += " " if before is not None and after is not None and is_narrow_gap(before, after) else ""
                parts += character
            if parts != found[0]:
                yield found[0], parts
        if len(seen) >= _MAX_NUMBERS:
            return


def _may_have_gaps(text_page: pypdfium2.PdfTextPage, indices: list[int]) -> bool:
    """Whether the boxes of these characters leave gaps: a quick look, before a slower one."""
    box = raw.FS_RECTF()
    right = math.inf
    for index in indices:
        raw.FPDFText_GetLooseCharBox(text_page, index, box)
        if box.left - right > _MAY_BE_NARROW * (box.top - box.bottom):
            return True
        right = box.right
    return False


def is_narrow_gap(before: Cluster, after: Cluster) -> bool:
    """Whether there is a gap, even if narrower than a space, between a digit and the next digit or letter."""
    if not (before.text[-1:].isdecimal() and after.text[:1].isalnum()):
        return False
    return after.x0 - before.x1 > _NARROW * max(before.size, after.size)


def _units(text: str) -> str:
    """The text with two surrogates for each character beyond the basic plane: PDFium counts in UTF-16."""
    if not text or max(text) <= "\uffff":
        return text
    return "".join(map(chr, array("H", text.encode("utf-16-le", "surrogatepass"))))


def _whole(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _index(text_page: pypdfium2.PdfTextPage, unit: int) -> int:
    index: int = raw.FPDFText_GetCharIndexFromTextIndex(text_page, unit)
    return max(0, index)
