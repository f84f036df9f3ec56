"""The fonts of a PDF, from their dictionaries: names and widths of glyphs, which PDFium does not return.

PDFium writes a copy of the document in which all dictionaries are uncompressed and unencrypted. Syntax and keys are
those of ISO 32000-2, 7.3 and 9.6 to 9.7.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
from pypdfium2 import raw

_OBJECT = re.compile(rb"(?:^|[\r\n])(\d{1,8}) 0 obj\r?\n")
_IS_FONT = re.compile(rb"/Type/Font[/>]")
_TOKEN = re.compile(
    rb"\s*(<<|>>|\[|\]|/[^\s/<>\[\]()]*|\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>|\d+ \d+ R|[-+.\d]+|[a-z]+)", re.DOTALL
)
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_DEPTH, _FONTS, _DICTIONARY_BYTES = 12, 2_000, 400_000
_COPY_BYTES = 200_000_000


@dataclass(frozen=True)
class FontDictionary:
    """A font: its name without a subset's prefix (empty if it has no name), and the names of its glyphs by code.

    `widths` are thousandths of the font's size, by code. For a composite font, `by_glyph` says that its codes are the
    glyph numbers of the font's program, and `by_character` that they are Unicode characters.
    """

    name: str
    subtype: str
    glyphs: dict[int, str]
    widths: dict[int, float]
    by_glyph: bool = False
    by_character: bool = False


def fonts_of(document: pypdfium2.PdfDocument) -> list[FontDictionary]:
    """All fonts of the document; none if PDFium cannot write its copy."""
    copy = _copy(document)
    places = {int(found[1]): found.end() for found in _OBJECT.finditer(copy)}
    reader = _Reader(copy, places)
    fonts: list[FontDictionary] = []
    for at in places.values():
        if not copy.startswith(b"<<", at) or not _IS_FONT.search(copy, at, min(at + 20_000, _end(copy, at))):
            continue
        found = reader.at(at)
        if isinstance(found, dict) and found.get("Type") == "Font" and (font := _font(reader, found)):
            fonts.append(font)
        if len(fonts) >= _FONTS:
            break
    return fonts


def _copy(document: pypdfium2.PdfDocument) -> bytes:
    content = bytearray()

    def write(_: Any, data: Any, size: int) -> int:
        if len(content) + size > _COPY_BYTES:
            return 0
        content.extend(ctypes.string_at(data, size))
        return 1

    file = raw.FPDF_FILEWRITE(version=1)
    file.WriteBlock = type(file.WriteBlock)(write)
    return bytes(content) if raw.FPDF_SaveAsCopy(document, file, raw.FPDF_REMOVE_SECURITY) else b""


def _end(copy: bytes, begin: int) -> int:
    end = copy.find(b"endobj", begin)
    return len(copy) if end < 0 else end


class _Reader:
    """Reads the copy's dictionaries and arrays as Python's. A reference to an object is an int in a tuple."""

    def __init__(self, copy: bytes, places: dict[int, int]) -> None:
        self._copy, self._places = copy, places

    def at(self, begin: int) -> Any:
        """The object that starts here; None if it is not PDF syntax."""
        tokens = (found[1] for found in _TOKEN.finditer(self._copy, begin, begin + _DICTIONARY_BYTES))
        return self._value(tokens, next(tokens, b""), 0)

    def resolved(self, value: Any) -> Any:
        """The object of a reference; any other value unchanged."""
        if isinstance(value, tuple):
            return self.at(self._places[value[0]]) if value[0] in self._places else None
        return value

    def _value(self, tokens: Iterator[bytes], token: bytes, depth: int) -> Any:
        if depth > _DEPTH:
            return None
        if token == b"<<":
            entries: dict[str, Any] = {}
            for key in tokens:
                if not key.startswith(b"/"):
                    break
                entries[_name(key)] = self._value(tokens, next(tokens, b""), depth + 1)
            return entries
        if token == b"[":
            items = []
            for each in tokens:
                if each == b"]":
                    break
                items.append(self._value(tokens, each, depth + 1))
            return items
        if token.startswith(b"/"):
            return _name(token)
        if token.endswith(b" R"):
            return (int(token.split()[0]),)
        try:
            return float(token)
        except ValueError:
            return None


def _name(token: bytes) -> str:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), token[1:]).decode("utf-8", "replace")


def _font(reader: _Reader, entries: dict[str, Any]) -> FontDictionary | None:
    subtype = entries.get("Subtype")
    if not isinstance(subtype, str) or subtype.startswith("CIDFont"):
        return None
    if subtype == "Type0":
        return _composite(reader, entries)
    name = "" if subtype == "Type3" else own_name(entries.get("BaseFont"))
    encoding = reader.resolved(entries.get("Encoding"))
    differences = reader.resolved(encoding.get("Differences")) if isinstance(encoding, dict) else None
    return FontDictionary(name, subtype, _glyphs(differences), _widths(reader, entries))


def _composite(reader: _Reader, entries: dict[str, Any]) -> FontDictionary | None:
    listed = reader.resolved(entries.get("DescendantFonts"))
    inner = reader.resolved(listed[0]) if isinstance(listed, list) and listed else None
    if not isinstance(inner, dict):
        return None
    encoding = entries.get("Encoding")
    is_identity = encoding in ("Identity-H", "Identity-V") and inner.get("CIDToGIDMap", "Identity") == "Identity"
    is_unicode = isinstance(encoding, str) and encoding.startswith("Uni")
    return FontDictionary(own_name(inner.get("BaseFont")), "Type0", {}, {}, is_identity, is_unicode)


def own_name(name: Any) -> str:
    """The font's name without the six letters and the plus sign that mark a subset."""
    return _SUBSET.sub("", name) if isinstance(name, str) else ""


def _glyphs(differences: Any) -> dict[int, str]:
    glyphs: dict[int, str] = {}
    code = 0
    for each in differences if isinstance(differences, list) else []:
        if isinstance(each, float):
            code = int(each)
        elif isinstance(each, str):
            glyphs[code] = each
            code += 1
    return glyphs


def _widths(reader: _Reader, entries: dict[str, Any]) -> dict[int, float]:
    first, widths = reader.resolved(entries.get("FirstChar")), reader.resolved(entries.get("Widths"))
    matrix = reader.resolved(entries.get("FontMatrix"))
    if not isinstance(first, float) or not isinstance(widths, list):
        return {}
    scale = 1.0
    if entries.get("Subtype") == "Type3" and isinstance(matrix, list) and matrix and isinstance(matrix[0], float):
        scale = 1000 * matrix[0]
    return {int(first) + at: each * scale for at, each in enumerate(widths) if isinstance(each, float)}
