"""Prepares text that users type or paste for storage, as they see it."""

import json
import re
import unicodedata

from oneai.field_errors import InvalidValue

# A stored message must fit into one response: Lambda's limit is 6 MB, including the envelope.
MESSAGE_BYTES = 6_000_000
# How far a cut moves back to a boundary. Longer clusters do not occur in natural languages; they are cut inside.
CLUSTER_CHARACTERS = 64

# Characters without a glyph that Unicode classifies as letters or marks: Hangul fillers and the grapheme joiner.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"
_JOINERS = "\u200c\u200d"
# Control characters except white space, and format characters.
# https://www.unicode.org/reports/tr44/#General_Category_Values
# Variation selectors are not included: they choose between forms of Chinese, Mongolian and emoji.
_UNSEEN = (
    "\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    f"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U000e0000-\U000e00ff\U000e01f0-\U000e0fff{_FILLERS}"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
# Escape sequences of terminals, such as colours. https://ecma-international.org/publications-and-standards/standards/ecma-48/
_INVISIBLE = re.compile(f"\x1b\\[[0-?]*[ -/]*[@-~]|[{_UNSEEN}]")
_SEEN = re.compile(f"[^\\s\u2800{_UNSEEN}]")
_LINE_END = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_TAGS = range(0xE0020, 0xE0080)
_BLACK_FLAG = 0x1F3F4
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def replace_nul(text: str) -> str:
    """Replaces U+0000, which Postgres cannot store, with U+FFFD. Raises ValueError for lone surrogates, which JSON can
    express but UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValue("not_text", "This is not text.") from None
    return text.replace("\0", "\ufffd")


def message_text(text: str) -> str:
    """The text of a message as stored. Raises ValueError if it is blank or too long for a response."""
    if is_blank(text):
        raise InvalidValue("empty", "The message is empty.")
    # Lambda returns a page of messages as JSON within JSON: a control character takes seven bytes.
    if len(text) * 7 > MESSAGE_BYTES and _bytes_on_a_page(text) > MESSAGE_BYTES:
        raise InvalidValue("too_long", "The message is too long.")
    return replace_nul(text)


def is_blank(text: str) -> bool:
    """Whether no character of the text is visible: it has only white space, invisible characters, joiners, and marks
    without a visible base."""
    if "\x1b" in text:
        text = _INVISIBLE.sub("", text)
    return all(unicodedata.category(seen[0]) == "Mn" for seen in _SEEN.finditer(text))


def clean_line(text: str) -> str:
    """For a name, a title or a search: one line in NFC with single spaces and without invisible characters.

    Joiners remain if a script or emoji needs them. Never longer than `text`. Raises ValueError for lone surrogates.
    """
    return " ".join(_visible(replace_nul(text)).split())


def clean_search(text: str) -> str:
    """Like `clean_line`, but keeps a space at the end, because it ends the last word."""
    line = clean_line(text)
    return f"{line} " if line and text[-1].isspace() else line


def one_line(text: str) -> str:
    """Like `clean_line`. Raises ValueError if no visible character remains."""
    result = clean_line(text)
    if is_blank(result):
        raise InvalidValue("empty", "This says nothing.")
    return result


def clean_lines(text: str) -> str:
    """For a reason, a note or an address: like `clean_line`, but keeps line breaks and inner spaces; trims the ends."""
    lines = _LINE_END.split(_visible(replace_nul(text)))
    return "\n".join(line.rstrip() for line in lines).strip()


def clean_code(text: str) -> str:
    """For a code, a key, an email address or a URL: removes white space and invisible characters.

    Full-width letters become ASCII, and so do the digits of every script. Case is unchanged. Raises ValueError for lone
    surrogates.
    """
    plain = unicodedata.normalize("NFKC", replace_nul(text))
    seen = _INVISIBLE.sub("", plain)
    digits = [str(unicodedata.decimal(each)) if each.isdecimal() else each for each in seen if not each.isspace()]
    return "".join(digits)


def cut(text: str, limit: int) -> str:
    """The start of the text, with at most `limit` code points and only whole user-perceived characters.

    Follows https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundaries for common text: marks, joined emoji, skin
    tones, flags, conjuncts of Indic scripts, Hangul letters and line ends.
    """
    if len(text) <= limit:
        return text
    for at in range(limit, max(limit - CLUSTER_CHARACTERS, 0), -1):
        if not divides_sign(text, at):
            return text[:at]
    return text[:limit] if limit > CLUSTER_CHARACTERS else ""


def cut_at_word(text: str, limit: int) -> str:
    """The text, or its start up to a whole word and an ellipsis, with at most `limit` code points.

    A script without spaces, and a word longer than half of the limit, is cut between user-perceived characters.
    """
    if len(text) <= limit:
        return text
    start = cut(text, limit - 1)
    at_word = start if text[len(start)].isspace() else start.rpartition(" ")[0]
    return (at_word if len(at_word) * 2 > limit else start).rstrip(" ,;:–—-") + "…"


def divides_sign(text: str, at: int) -> bool:
    """Whether a cut before `at` would divide a user-perceived character."""
    before, after = text[at - 1], text[at]
    if after.isascii():
        return before == "\r" and after == "\n"
    code = ord(after)
    kind = unicodedata.category(after)
    if kind[0] == "M" or after in _JOINERS or after in "\u0e33\u0eb3" or code in _SKIN_TONES or code in _TAGS:
        return True
    if before == "\u200d" or (unicodedata.combining(before) == 9 and kind[0] == "L"):
        return True
    if code in _REGIONAL:
        start = at
        while start and ord(text[start - 1]) in _REGIONAL and at - start < CLUSTER_CHARACTERS:
            start -= 1
        return (at - start) % 2 == 1
    # Hangul letters: leading ones join any letter; vowels and syllables join vowels and trailing ones.
    return (0x1160 <= code <= 0x11FF and 0x1100 <= ord(before) <= 0xD7A3) or (
        0x1100 <= code <= 0x115F and 0x1100 <= ord(before) <= 0x115F
    )


def _visible(text: str) -> str:
    """The text in NFC without invisible characters, except joiners and tags that change what is visible."""
    if text.isascii() and not _INVISIBLE.search(text):
        return text
    normalized = unicodedata.normalize("NFC", text)
    # Some Indic letters are longer in NFC, after the limits were checked.
    text = normalized if len(normalized) <= len(text) else text
    return _INVISIBLE.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    """Keeps an invisible character if it is needed: in scripts that join letters, in emoji, in flags of regions."""
    sign, text, at = found[0], found.string, found.start()
    before = text[at - 1] if at else ""
    after = text[at + 1 : at + 2]
    if sign in _JOINERS and before:
        if unicodedata.combining(before) == 9:  # a virama: the joiner selects the form of the conjunct
            return sign
        return sign if _joins(before) and after and _joins(after) else ""
    if len(sign) == 1 and ord(sign) in _TAGS:
        start = at
        while start and ord(text[start - 1]) in _TAGS:
            start -= 1
        return sign if start and ord(text[start - 1]) == _BLACK_FLAG else ""
    return ""


def _joins(character: str) -> bool:
    """Whether an adjacent joiner can have an effect: letters and marks from Hebrew on, emoji and their modifiers."""
    return ord(character) >= 0x0590 and unicodedata.category(character)[0] in "LMS"


def _bytes_on_a_page(text: str) -> int:
    return len(json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False).encode())
