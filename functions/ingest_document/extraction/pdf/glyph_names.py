"""The characters of a glyph's name, by the rules of the Adobe Glyph List Specification."""

import html.entities
import re
import unicodedata
from functools import cache

# Names of the Adobe Glyph List that follow no rule, and their characters.
_SIGN_NAMES = (
    "space exclam quotedbl numbersign dollar percent ampersand parenleft parenright asterisk plus comma hyphen "
    "period slash zero one two three four five six seven eight nine colon semicolon less equal greater question at "
    "bracketleft backslash bracketright asciicircum underscore braceleft bar braceright asciitilde quotesingle grave "
    "quoteleft quoteright quotesinglbase quotedblleft quotedblright quotedblbase guillemotleft guillemotright "
    "guilsinglleft guilsinglright endash emdash figuredash bullet ellipsis dagger daggerdbl exclamdown questiondown "
    "sterling Euro euro florin section paragraph registered trademark ordfeminine ordmasculine onesuperior "
    "twosuperior threesuperior onehalf onequarter threequarters periodcentered multiply divide plusminus minus "
    "logicalnot fraction perthousand approxequal notequal lessequal greaterequal infinity germandbls dotlessi "
    "dotlessj Lslash lslash Oslash oslash Dcroat dcroat Hbar hbar Eng eng AE ae OE oe Eth eth Thorn thorn sigma1 "
    "theta1 phi1 omega1 mu rupiah nbspace nonbreakingspace sfthyphen softhyphen currency ff fi fl ffi ffl afii61352 "
    "afii10023 afii10071 afii10145 afii10193 "
)
_SIGN_TEXTS = (
    " !\"#$%&()*+,-./0123456789:;<=>?@[\\]^_{|}~'`‘’‚“”„«»‹›–—‒•…†‡¡¿£€€ƒ§¶®™ªº¹²³½¼¾·×÷±−¬⁄‰≈≠≤≥∞ßıȷŁłØø"
    "ĐđĦħŊŋÆæŒœÐðÞþςϑϕϖµ₨\u00a0\u00a0\u00ad\u00ad¤ﬀﬁﬂﬃﬄ№ЁёЏџ"
)
_SIGNS = dict(zip(_SIGN_NAMES.split(), _SIGN_TEXTS, strict=True))
_MARK_NAMES = (
    "grave acute circumflex tilde macron breve dotaccent dieresis ring hungarumlaut caron commaaccent cedilla ogonek "
    "tonos "
)
_MARK_TEXTS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0326\u0327\u0328\u0301"
_MARKS = dict(zip(_MARK_NAMES.split(), _MARK_TEXTS, strict=True))
_MARKED = re.compile(f"([A-Za-z]|[A-Za-z][a-z]+?)({'|'.join(_MARKS)})")
_CODES = re.compile("uni((?:[0-9A-Fa-f]{4})+)|u([0-9A-Fa-f]{4,6})")
# Cyrillic letters by number: the alphabet without IO, and the letters of other languages before it.
_CYRILLIC = re.compile("afii10(0[1-9][0-9]|1[01][0-9])")
# Names that state a code and not a character, from programs that turn glyphs into pictures.
_NUMBERED = re.compile("[A-Za-z]{1,2}?0*([0-9A-Fa-f]{2,3})")


@cache
def text_of(name: str) -> str | None:
    """The characters of a glyph with this name; None for a name that does not state them.

    The part after the first period is dropped, and parts between underscores are decoded one by one.
    """
    parts = [_part(part) for part in name.partition(".")[0].split("_")]
    return "".join(part for part in parts if part is not None) if all(parts) else None


def says_code(name: str, code: int) -> bool:
    """Whether a name such as `a65`, `G41` or `C0065` is this code, in decimal or hexadecimal, after its letters."""
    found = _NUMBERED.fullmatch(name)
    return found is not None and (found[1] == str(code) or found[1].lower() == f"{code:x}")


def _part(name: str) -> str | None:
    if len(name) == 1 and name.isascii() and name.isalpha():
        return name
    if name in _SIGNS:
        return _SIGNS[name]
    if found := _CODES.fullmatch(name):
        codes = [found[2]] if found[2] else [found[1][at : at + 4] for at in range(0, len(found[1]), 4)]
        return "".join(chr(int(code, 16)) for code in codes if 0x20 <= int(code, 16) < 0x110000) or None
    if found := _CYRILLIC.fullmatch(name):
        return _cyrillic(int(found[1]))
    if found := _MARKED.fullmatch(name):
        base = _part(found[1])
        whole = unicodedata.normalize("NFC", base + _MARKS[found[2]]) if base else ""
        return whole if len(whole) == 1 else None
    return _greek(name) or _entity(name)


def _cyrillic(number: int) -> str | None:
    for first, capital in ((17, "А"), (65, "а")):
        at = number - first
        if 0 <= at < 33 and at != 6:
            return chr(ord(capital) + at - (at > 6))
    return None


def _greek(name: str) -> str | None:
    case = "CAPITAL" if name[:1].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {'LAMDA' if name.lower() == 'lambda' else name.upper()}")
    except KeyError:
        return None


def _entity(name: str) -> str | None:
    """Mathematical signs and arrows. HTML has many of them under the same names."""
    code = html.entities.name2codepoint.get(name)
    return None if code is None else chr(code)
