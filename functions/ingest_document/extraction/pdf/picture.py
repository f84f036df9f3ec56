"""Pages of a PDF that are better seen than read: pictures with a few words, and text whose character map is wrong."""

import re
from itertools import islice

import pypdfium2
from pypdfium2 import raw

from extraction.pdf.characters import box_of, objects_of

# A stamp, a signature line or a scanner's mark has fewer words; a page with more has recognized or written text.
_FEW_WORDS = 20
_MOSTLY = 0.5
# The page is divided into a grid with this many cells on each side.
_CELLS = 20
_OBJECTS = 20_000

# Devanagari to Malayalam, then Sinhala: scripts with known wrong maps of shaped glyphs.
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_INDIC_WORD = re.compile(f"[{_INDIC}]")
_FOREIGN = f"[^\\W\\d_{_INDIC}]"
_WRONG_WORD = re.compile(f"[{_INDIC}]{_FOREIGN}+[{_INDIC}]|^\\W*{_FOREIGN}{{1,2}}[{_INDIC}]")
_WRONG_SHARE = 0.05
# PDFium's text for a glyph without a known character: its code, or a private character.
_UNKNOWN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")
_UNKNOWN_SHARE, _FEW_UNKNOWN, _SIGNS = 0.3, 5, 4
_SYMBOLS = re.compile("[\uf020-\uf07e]{3,}")
_BULLETS = re.compile("[\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc]")


def is_picture(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether images cover most of the page and it has at most a few words."""
    return len(text.split()) <= _FEW_WORDS and _covered(page) >= _MOSTLY


def _covered(page: pypdfium2.PdfPage) -> float:
    """How much of the page is covered by images, from 0 to 1."""
    left, bottom, right, top = page.get_bbox()
    if not (left < right and bottom < top):
        return 0.0
    cells: set[tuple[int, int]] = set()
    centers = [(at + 0.5) / _CELLS for at in range(_CELLS)]
    for kind, pointer, matrix in islice(objects_of(page), _OBJECTS):
        if kind != raw.FPDF_PAGEOBJ_IMAGE:
            continue
        own = raw.FS_MATRIX()
        raw.FPDFPageObj_GetMatrix(pointer, own)
        # An image fills the unit square of its own space (ISO 32000-2, 8.9.5).
        inner = box_of((own.a, own.b, own.c, own.d, own.e, own.f), (0, 0, 1, 1))
        x0, y0, x1, y1 = box_of(matrix, inner)
        columns = [at for at, share in enumerate(centers) if x0 <= left + share * (right - left) <= x1]
        rows = [at for at, share in enumerate(centers) if y0 <= bottom + share * (top - bottom) <= y1]
        cells.update((column, row) for column in columns for row in rows)
    return len(cells) / _CELLS**2


def is_lost(in_file: int, read: int) -> bool:
    """Whether a page is better seen than read, because many of its letters are unknown."""
    return in_file - read > _FEW_UNKNOWN and in_file - read > _UNKNOWN_SHARE * in_file


def readable(text: str) -> tuple[str, int, bool]:
    """The text without parts that do not match the page, the number of its unknown characters, and whether so much of
    it is wrong that the page is better seen than read.

    In Indic scripts, a letter of another script inside a word shows that the font's map from glyphs to characters is
    wrong.
    """
    is_wrong, unknown = False, 0
    if _UNKNOWN.search(text):
        text = _SYMBOLS.sub(lambda found: "".join(chr(ord(each) - 0xF000) for each in found[0]), text)
        text = _BULLETS.sub("•", text)
        found = _UNKNOWN.findall(text)
        text = _UNKNOWN.sub("", text)
        # A few repeated signs are bullets and the like.
        unknown = len(found) if len(set(found)) >= _SIGNS or "\ufffd" in found else 0
        is_wrong = len(found) > _FEW_UNKNOWN and len(found) > _UNKNOWN_SHARE * (len(found) + len(text))
    if text.isascii() or not _INDIC_WORD.search(text):
        return text, unknown, is_wrong
    words = [word for word in text.split() if _INDIC_WORD.search(word)]
    wrong = {word for word in words if _WRONG_WORD.search(word)}
    if len(wrong) < 2 or sum(word in wrong for word in words) <= _WRONG_SHARE * len(words):
        return text, unknown, is_wrong
    lines = (" ".join(word for word in line.split() if word not in wrong) for line in text.split("\n"))
    return "\n".join(line for line in lines if line), unknown, True
