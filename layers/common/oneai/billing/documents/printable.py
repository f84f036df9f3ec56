"""The characters that documents can print: those of the fonts in `fonts/`, listed here without opening the fonts."""

import unicodedata

# Latin, Greek and Cyrillic; Indian scripts; marks, signs and currencies. Inclusive ranges of assigned characters.
_BLOCKS = (
    (0x0020, 0x007E),
    (0x00A0, 0x024F),
    (0x0370, 0x03E1),
    (0x03F0, 0x03FF),
    (0x0400, 0x04FF),
    (0x0900, 0x0D7F),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x20A0, 0x20BF),
)
# Joiners of Indian scripts, and single characters.
_SINGLE = frozenset("\u200c\u200d\u02bc\u2026\u2030\u2032\u2033\u2039\u203a\u2116\u2122\u2212")
# Characters that were assigned after the fonts were made.
_NEWER = frozenset("\u0b55\u0c3c\u0c5d\u0cdd\u0cf3")


def printable(text: str) -> bool:
    """Whether every character of `text`, a single line, can be printed."""
    return all(character in _SINGLE or _in_a_font(character) for character in text)


def legible(text: str) -> str:
    """Replaces every character that no font has with a question mark; line breaks remain."""
    normalized = unicodedata.normalize("NFC", text)
    return "".join(each if each == "\n" or printable(each) else "?" for each in normalized)


def _in_a_font(character: str) -> bool:
    point = ord(character)
    inside = any(first <= point <= last for first, last in _BLOCKS)
    return inside and unicodedata.category(character) not in ("Cn", "Cf") and character not in _NEWER
