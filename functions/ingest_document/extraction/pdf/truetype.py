"""The character of each glyph of a TrueType or OpenType font, from the font's own table of characters."""

import struct
from array import array

# Tables for Unicode, the wide one first (OpenType 1.9, `cmap`: platform and encoding).
_TABLES = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
_GROUPS, _SEGMENTS, _GLYPHS = 50_000, 20_000, 70_000


def characters_of(font: bytes) -> dict[int, str]:
    """Characters by glyph number. A glyph of several characters has the first; an unknown format gives none."""
    try:
        begin = _table(font, b"cmap")
        (count,) = struct.unpack_from(">H", font, begin + 2)
        found = {}
        for at in range(min(count, 64)):
            platform, encoding, offset = struct.unpack_from(">HHI", font, begin + 4 + 8 * at)
            found[platform, encoding] = begin + offset
        for kind in _TABLES:
            if kind in found and (characters := _characters(font, found[kind])):
                return characters
    except (struct.error, IndexError, ValueError):
        return {}
    return {}


def _table(font: bytes, name: bytes) -> int:
    """Where a table begins. Raises ValueError for a font without it."""
    (count,) = struct.unpack_from(">H", font, 4)
    for at in range(12, 12 + 16 * min(count, 200), 16):
        if font[at : at + 4] == name:
            return int(struct.unpack_from(">I", font, at + 8)[0])
    raise ValueError(name)


def _characters(font: bytes, begin: int) -> dict[int, str]:
    (kind,) = struct.unpack_from(">H", font, begin)
    found: dict[int, str] = {}
    if kind == 4:
        _of_segments(font, begin, found)
    elif kind in (12, 13):
        (count,) = struct.unpack_from(">I", font, begin + 12)
        for at in range(min(count, _GROUPS)):
            first, last, glyph = struct.unpack_from(">III", font, begin + 16 + 12 * at)
            for code in range(first, min(last + 1, first + _GLYPHS, 0x110000)):
                _note(found, glyph + (code - first if kind == 12 else 0), code)
    elif kind == 6:
        first, count = struct.unpack_from(">HH", font, begin + 6)
        for at in range(count):
            _note(found, struct.unpack_from(">H", font, begin + 10 + 2 * at)[0], first + at)
    return found


def _of_segments(font: bytes, begin: int, found: dict[int, str]) -> None:
    """Format 4: segments of codes, each with a difference or a list of glyphs."""
    count = struct.unpack_from(">H", font, begin + 6)[0] // 2
    if count > _SEGMENTS:
        return
    numbers = array("H", font[begin + 14 : begin + 16 + 8 * count])
    numbers.byteswap()
    ends, starts = numbers[:count], numbers[count + 1 : 2 * count + 1]
    deltas, offsets = numbers[2 * count + 1 : 3 * count + 1], numbers[3 * count + 1 :]
    for at, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(start, end + 1):
            glyph = code
            if offset:
                place = begin + 16 + 6 * count + 2 * at + offset + 2 * (code - start)
                if place + 2 > len(font):
                    break
                glyph = struct.unpack_from(">H", font, place)[0]
                if glyph == 0:
                    continue
            _note(found, (glyph + delta) & 0xFFFF, code)


def _note(found: dict[int, str], glyph: int, code: int) -> None:
    is_text = code >= 0x20 and not 0xD800 <= code < 0xE000 and code != 0xFFFF
    if glyph and is_text and len(found) < _GLYPHS:
        # Any other character of the same glyph is preferred to a private one.
        known = found.get(glyph)
        if known is None or "\ue000" <= known <= "\uf8ff":
            found[glyph] = chr(code)
