"""The letters and signs of Word's symbol fonts, as the Unicode characters that look like them."""

_PRIVATE = 0xF000  # where Word has the characters of these fonts
# https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt, from 0x41 and from 0x61, and others that texts use.
_GREEK = dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
_GREEK |= dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
_SYMBOL = _GREEK | dict(
    zip(
        (0xA3, 0xA5, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0, 0xB1, 0xB3, 0xB4, 0xB7, 0xB8, 0xB9, 0xBA, 0xBB, 0xBC, 0xD6),
        "≤∞↔←↑→↓°±≥×•÷≠≡≈…√",
        strict=True,
    )
)
_WINGDINGS = dict(
    zip(
        (0x6C, 0x6E, 0x6F, 0x71, 0x73, 0x75, 0x76, 0xA7, 0xA8, 0xD8, 0xDF, 0xE0, 0xE8, 0xF0, 0xFB, 0xFC, 0xFD, 0xFE),
        "●■☐❑⬧◆❖▪☐➢←→➔⇨✗✓☒☑",
        strict=True,
    )
)
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": {0x50: "✓", 0x52: "☑", 0x53: "☒", 0xA3: "☐"}}


def is_symbol_font(font: str) -> bool:
    """Whether a font draws signs for the codes of letters."""
    return font.lower() in _FONTS or font.lower() in ("webdings", "wingdings 3", "zapf dingbats")


def symbol(font: str, code: int) -> str:
    """The character that a font draws for this code; a bullet for a sign that is not listed here."""
    if not is_symbol_font(font):
        return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""
    place = code - _PRIVATE if code >= _PRIVATE else code
    known = _FONTS.get(font.lower(), {}).get(place)
    if known is not None:
        return known
    return chr(place) if font.lower() == "symbol" and 0x20 <= place < 0x40 else "•"


def in_font(font: str, text: str) -> str:
    """The text, with its private characters read as those of this font."""
    return "".join(symbol(font, ord(sign)) if 0xF020 <= ord(sign) <= 0xF0FF else sign for sign in text)
