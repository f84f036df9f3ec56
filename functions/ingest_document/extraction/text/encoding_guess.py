"""Guesses the encoding of a text that is not in Unicode.

faust-cchardet guesses with models of languages. It has none for texts of DOS and of the old Macintosh; for these,
characters that cannot be inside a word decide."""

import codecs
import unicodedata

import cchardet

from extraction.text.alphabets import strangers
from extraction.text.han_guess import by_characters
from extraction.text.wide_guess import wide

_WESTERN = "cp1252"
# Names that Python does not know, and encodings whose name programs also use for a larger one (WHATWG Encoding
# Standard, 4.2). cchardet calls Korean UHC.
_NAMES = {
    **dict.fromkeys(("ascii", "us-ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1"), _WESTERN),
    **dict.fromkeys(("uhc", "euc-kr", "euc_kr", "ks_c_5601-1987", "ks_c_5601", "windows-949", "korean"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "chinese"), "gb18030"),
    **dict.fromkeys(("big5", "cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-9", "iso8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "windows-874", "x-windows-874"), "cp874"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8"), "cp1255"),
    **dict.fromkeys(("macintosh", "x-mac-roman"), "mac_roman"),
    **dict.fromkeys(("mac-cyrillic", "x-mac-cyrillic"), "mac_cyrillic"),
    **dict.fromkeys(("mac-centraleurope", "maccentraleurope"), "mac_latin2"),
}
# Encodings that differ from the guess in a few characters: Windows has letters and quotation marks where ISO has
# control characters, and Ukrainian has letters that Russian does not have.
_NEAR = {"iso8859-2": "cp1250", "iso8859-5": "cp1251", "iso8859-6": "cp1256", "iso8859-7": "cp1253", "koi8-r": "koi8-u"}
# Latin encodings that are compared with the guess; in a tie the first one wins.
_LATIN = (_WESTERN, "cp1250", "cp1254", "cp850", "mac_roman", "cp437", "iso8859-2", "iso8859-15", "cp1256", "cp1253")
# If Arabic or Greek fits best, but the detector did not guess it, the text may be East Asian.
_UNGUESSED = frozenset(("cp1256", "cp1253"))
# Almost no file has these encodings: if the detector guesses one, the text has another.
_RARE = ("iso8859-3", "iso8859-4", "iso8859-10", "iso8859-14", "iso8859-16", "cp855")
# A short Turkish text looks Baltic to the detector.
_BALTIC = ("cp1257", "iso8859-13", "cp775")
# Signs in many texts, besides Unicode's punctuation.
_USUAL_SIGNS = frozenset("€£¥¢$§°©®™+=<>|~^`±×½¼¾²³\u00a0\u00ad\ufeff")
_INSIDE_WORDS = frozenset("’‘·‐‑–—…׳״‧・")
_UNUSUAL_LETTERS = frozenset("ƒªºµĸŉſ")
# One of this many characters may be broken.
_BROKEN_SHARE = 50
_KANA_SHARE = 5
# This many are enough to distinguish Latin encodings.
_COMPARED_BYTES = 8_192
# Only in shorter texts does the detector confuse East Asian encodings.
_SHORT_BYTES = 4_096
# This number and share of frequent Chinese or Japanese characters override another guess.
_MANY, _MOST = 4, 0.6


def of(evidence: bytes) -> str:
    """Python's name for the encoding of a text that is not in Unicode.

    `evidence` is the text's lines that are not ASCII. The default is Western.
    """
    if _is_euc_jp(evidence):
        return "euc_jp"
    guess = python_name(cchardet.detect(evidence)["encoding"] or _WESTERN)
    if guess is None or not fits(evidence, guess):
        guess = _WESTERN
    if _is_wide(guess) and len(evidence) > _SHORT_BYTES:
        return by_characters(evidence, least=_MANY, share=_MOST) or guess
    guess = _WESTERN if guess in _RARE else guess
    evidence = evidence[:_COMPARED_BYTES]
    if _is_of_signs(evidence):
        return _WESTERN
    rivals = [*([_NEAR[guess]] if guess in _NEAR else []), *_LATIN]
    if not _is_wide(guess):
        rivals = ["cp1254", guess, *rivals] if guess in _BALTIC else [guess, *rivals]
    best = min(rivals, key=lambda name: _oddness(evidence, name))
    if not _is_wide(guess) and not strangeness(evidence.decode(best, "replace")):
        if best not in _UNGUESSED:
            return best
        if best == guess:
            return by_characters(evidence, least=_MANY, share=_MOST) or best
    return by_characters(evidence) or wide(evidence) or (guess if _is_wide(guess) else best)


def python_name(name: str) -> str | None:
    """Python's name of an encoding; None if it is unknown, or the codec of something other than text, such as zlib."""
    try:
        codec = codecs.lookup(_NAMES.get(name.lower(), name))
    except (LookupError, ValueError):
        return None
    return codec.name if getattr(codec, "_is_text_encoding", False) else None


def fits(evidence: bytes, name: str) -> bool:
    """Whether the bytes, except a few, are text in this encoding."""
    try:
        text = evidence.decode(name, "replace")
    except (UnicodeError, ValueError):
        return False
    return text.count("\ufffd") * _BROKEN_SHARE <= max(1, sum(map(str.isalnum, text)))


def is_readable(text: str) -> bool:
    """Whether a text has almost no control characters and unassigned codes."""
    odd = sum(unicodedata.category(each) in ("Cc", "Cn", "Co", "Cs") for each in text if each not in "\t\n\r\f")
    return odd * 100 <= len(text)


def strangeness(text: str) -> int:
    """How many implausible characters a text has: signs and capitals inside words, several scripts in one word."""
    found = 0
    for at, each in enumerate(text):
        if each.isascii():
            continue
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        category = unicodedata.category(each)
        if _is_unit(each, before, after):
            continue
        if category[0] == "C" and each not in _USUAL_SIGNS:
            found += 3
        elif category[0] == "L" and each not in _UNUSUAL_LETTERS:
            neighbours = [near for near in (before, after) if near.isalpha()]
            is_latin = _is_latin(each)
            found += 2 * any(_is_latin(near) != is_latin for near in neighbours)
            found += 2 * (category == "Lu" and before.islower()) + 2 * (each in "ğĞ" and not before.isalpha())
            run = text[max(0, at - 3) : at + 1]
            # Four accented letters in a row are bytes of a multibyte encoding.
            found += len(run) == 4 and run.isalpha() and all(_is_latin(near) and not near.isascii() for near in run)
        elif category[0] == "P" and each not in _INSIDE_WORDS:
            found += 2 * (before.isalpha() and after.isalpha()) + (each in "†‡‰")
            found += each in "‚„" and before.isalpha()
        elif category[0] in "SN" or each in _UNUSUAL_LETTERS:
            found += 2 * (before.isalpha() or after.isalpha()) + (each not in _USUAL_SIGNS)
    return found


def _oddness(evidence: bytes, name: str) -> int:
    text = evidence.decode(name, "replace")
    return strangeness(text) + strangers(text, name)


def _is_unit(sign: str, before: str, after: str) -> bool:
    """Whether the sign belongs beside letters: 25 °C, 10 µm, Nº 5, 1ª."""
    if sign in "°µ":
        return not before.isalpha() and (sign == "µ" or not after.isalpha() or after in "CFKNSEW")
    return sign in "ªº" and (before.isdigit() or before in ("N", "n", "M")) and not after.isalpha()


def _is_of_signs(evidence: bytes) -> bool:
    """Whether everything that is not ASCII is signs of a Western text, none of them inside a word."""
    text = evidence.decode(_WESTERN, "replace")
    letters = (each for each in text if each.isalpha() and not each.isascii() and each not in "ªºµ")
    return not strangeness(text) and not any(letters)


def _is_latin(letter: str) -> bool:
    return letter < "\u0250" or "\u1e00" <= letter < "\u1f00"


def _is_wide(name: str) -> bool:
    """Whether the encoding's characters have several bytes: a Latin text cannot be valid in it by accident."""
    return name in ("cp932", "euc_jp", "cp949", "gb18030", "big5hkscs", "johab", "iso2022_jp", "iso2022_kr", "hz")


def _is_euc_jp(evidence: bytes) -> bool:
    """Whether the text is Japanese, which the detector often takes for Chinese. Chinese has almost no kana."""
    try:
        text = evidence.decode("euc_jp")
    except UnicodeDecodeError:
        return False
    kana = sum("\u3040" <= each < "\u3100" for each in text)
    return kana > 0 and kana * _KANA_SHARE >= sum(not each.isascii() for each in text)
