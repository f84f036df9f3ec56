"""Characters of a PDF's page for which PDFium has only codes: the fonts' own data identifies them.

Programs write fonts without a map to Unicode. The names of their glyphs, or the font's own table of characters, state
the characters that a user sees.
"""

import ctypes
import math
import re
from collections.abc import Sequence
from typing import Any

import pypdfium2
from pypdfium2 import raw

from extraction.pdf import glyph_names
from extraction.pdf.font_dictionaries import FontDictionary, fonts_of, own_name
from extraction.pdf.truetype import characters_of

# All characters of a document's first pages are checked, then a sample of each page until one has no map.
_PAGES, _SAMPLE = 3, 48
_FONT_BYTES = 40_000_000
# The maximum difference of two widths of one character, in thousandths of the font's size, and the share that agrees.
_SAME_WIDTH, _AGREE, _NAMED = 4, 0.9, 0.8
# A font with fewer unknown glyphs than this has signs and bullets, and no text.
_SIGNS = 4
# Scripts that are shaped, written from right to left, or without spaces: Hebrew to Myanmar, Khmer, and others. In these
# a glyph may have several characters, and the font's table names only one of them.
SHAPED = re.compile(
    "[\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff]"
)
# The glyph order of Windows fonts (OpenType 1.9, `post`: format 1): ASCII from the space on, then these. Some continue
# with the Cyrillic alphabet.
_AFTER_ASCII = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…"
_FIRST_ASCII, _FIRST_CYRILLIC = 3, 570
_WITH_CYRILLIC = ("Arial", "TimesNewRoman", "CourierNew")
_IN_ORDER = (*_WITH_CYRILLIC, "Verdana", "Tahoma", "Georgia", "Trebuchet", "ComicSans", "Impact", "BookAntiqua")


class Fonts:
    """The fonts of a document. Some fonts of a page may have no map."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self._dictionaries: list[FontDictionary] | None = None
        self._pages = 0

    def unmapped(self, text_page: pypdfium2.PdfTextPage) -> "Unmapped | None":
        """The page's characters without a map; None if it has none."""
        indices = range(text_page.count_chars())
        self._pages += 1
        step = 1 if self._pages <= _PAGES or self._dictionaries is not None else -(-len(indices) // _SAMPLE) or 1
        if not any(_has_no_map(text_page, index) for index in indices[::step]):
            return None
        flagged = [index for index in indices if _has_no_map(text_page, index)]
        if self._dictionaries is None:
            self._dictionaries = fonts_of(self._document)
        return Unmapped(text_page, flagged, self._dictionaries)


def _has_no_map(text_page: pypdfium2.PdfTextPage, index: int) -> bool:
    return bool(raw.FPDFText_HasUnicodeMapError(text_page, index) == 1)


class Unmapped:
    """The texts of a page's characters without a map, by their index.

    `texts` are empty for unknown ones, which are left out. `lost` are the indices of uncertain ones. `is_changed` is
    whether PDFium itself returns another text.
    """

    def __init__(
        self, text_page: pypdfium2.PdfTextPage, flagged: Sequence[int], dictionaries: Sequence[FontDictionary]
    ) -> None:
        self.texts: dict[int, str] = {}
        self.lost: set[int] = set()
        self.is_changed = False
        by_font: dict[int, tuple[Any, list[int]]] = {}
        for index in flagged:
            font = raw.FPDFTextObj_GetFont(raw.FPDFText_GetTextObject(text_page, index))
            address = ctypes.cast(font, ctypes.c_void_p).value or 0
            by_font.setdefault(address, (font, []))[1].append(index)
        for font, indices in by_font.values():
            self._read(text_page, font, indices, dictionaries)

    def _read(
        self,
        text_page: pypdfium2.PdfTextPage,
        font: Any,
        indices: Sequence[int],
        dictionaries: Sequence[FontDictionary],
    ) -> None:
        name = _name(font)
        codes = {index: raw.FPDFText_GetUnicode(text_page, index) for index in indices}
        named = [each for each in dictionaries if each.name == name]
        wide = [each for each in named if each.subtype == "Type0"]
        by_glyph = bool(wide) and all(each.by_glyph for each in wide)
        if by_glyph:
            texts = _of_glyphs(font, name)
        elif wide and all(each.by_character for each in wide):
            texts = {code: _character(code) for code in codes.values()}
        elif wide:
            texts = _of_codes(set(codes.values()), font)
        else:
            widths = {code: width for index, code in codes.items() if (width := _width(text_page, index)) is not None}
            texts = _of_names(_agreeing(named, widths), set(codes.values()))
        unknown = set(codes.values()) - texts.keys()
        for index, code in codes.items():
            # A glyph's code is not text. A character's code often is.
            fallback = "" if by_glyph else _character(code)
            self.texts[index] = texts.get(code, fallback)
            self.is_changed = self.is_changed or not fallback or self.texts[index] != fallback
            is_guess = by_glyph and SHAPED.search(self.texts[index]) is not None
            if is_guess or (code in unknown and len(unknown) >= _SIGNS):
                self.lost.add(index)


def _name(font: Any) -> str:
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    if not 1 < length < 1_000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFFont_GetBaseFontName(font, buffer, length)
    return own_name(buffer.value.decode("utf-8", "replace"))


def _of_glyphs(font: Any, name: str) -> dict[int, str]:
    """Characters by glyph number: from the font's program; without a program, those on which similar fonts agree."""
    if raw.FPDFFont_GetIsEmbedded(font) == 1:
        return characters_of(_program(font))
    family = name.replace(" ", "").rpartition("+")[2]
    if not family.startswith(_IN_ORDER):
        return {}
    texts = {_FIRST_ASCII + at: chr(0x20 + at) for at in range(95)}
    texts |= {_FIRST_ASCII + 95 + at: text for at, text in enumerate(_AFTER_ASCII)}
    if family.startswith(_WITH_CYRILLIC):
        texts |= {_FIRST_CYRILLIC + at: chr(0x410 + at) for at in range(64)}
    return texts


def _of_codes(codes: set[int], font: Any) -> dict[int, str]:
    """Characters by code, for a font with its own map of codes to glyphs: UTF-8, as some libraries write it, or
    Unicode, if the font's program has all of the characters.
    """
    try:
        utf_8 = {code: code.to_bytes((code.bit_length() + 7) // 8, "big").decode() for code in codes if code > 0x7F}
    except UnicodeDecodeError:
        utf_8 = {}
    if utf_8 and all(len(text) == 1 for text in utf_8.values()):
        return utf_8
    characters = set(characters_of(_program(font)).values()) if raw.FPDFFont_GetIsEmbedded(font) == 1 else set()
    texts = {code: _character(code) for code in codes}
    return texts if characters.issuperset(texts.values()) else {}


def _character(code: int) -> str:
    """The character of a code; nothing for a control character or half of a surrogate pair."""
    is_text = 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return chr(code) if is_text else ""


def _program(font: Any) -> bytes:
    size = ctypes.c_size_t()
    if not raw.FPDFFont_GetFontData(font, None, 0, size) or not 0 < size.value <= _FONT_BYTES:
        return b""
    buffer = (ctypes.c_uint8 * size.value)()
    raw.FPDFFont_GetFontData(font, buffer, size.value, size)
    return bytes(buffer)


def _width(text_page: pypdfium2.PdfTextPage, index: int) -> float | None:
    """The width of a character in thousandths of its font's size; None for one in an upright line."""
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    raw.FPDFText_GetMatrix(text_page, index, matrix)
    size = raw.FPDFText_GetFontSize(text_page, index) * matrix.a
    width = abs((box.right - box.left) / size * 1000) if size else math.nan
    return width if math.isfinite(width) and matrix.b == 0 else None


def _agreeing(fonts: Sequence[FontDictionary], widths: dict[int, float]) -> list[FontDictionary]:
    """The fonts whose widths match the characters: fonts without a name have no other identification."""
    found = []
    for font in fonts:
        same = sum(abs(font.widths.get(code, math.inf) - width) <= _SAME_WIDTH for code, width in widths.items())
        known = sum(code in font.glyphs for code in widths)
        if same >= _AGREE * len(widths) and known >= _NAMED * len(widths):
            found.append(font)
    return found or [font for font in fonts if all(code in font.glyphs for code in widths)]


def _of_names(fonts: Sequence[FontDictionary], codes: set[int]) -> dict[int, str]:
    """Characters by code, on which all of these fonts agree."""
    texts: dict[int, str] = {}
    for code in codes:
        shown = {_shown(font.glyphs.get(code), code) for font in fonts}
        if len(shown) == 1 and (text := shown.pop()):
            texts[code] = text
    return texts


def _shown(name: str | None, code: int) -> str | None:
    if name is None:
        return None
    text = glyph_names.text_of(name)
    if text is None and (0x20 < code < 0x7F or 0xA0 < code < 0x100) and glyph_names.says_code(name, code):
        return chr(code)
    return text
