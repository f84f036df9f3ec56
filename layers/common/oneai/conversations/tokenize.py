"""Splits text into normalized words for search: `naïve` is `naive`, हिन्दी is हिंदी, and 語学 is two words.

Identical to `oneai.tokenize` in the database, which a property test verifies, plus each word's position.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# Limits per text and per word, as in the database.
TEXT_CHARACTERS = 50_000
WORD_CHARACTERS = 40

# Ignored characters: accents, vowel points, joiners and variation selectors.
_IGNORED = re.compile(
    r"[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    r"\u064b-\u065f\u0670\u093c\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+"
)
# Letters without a Unicode decomposition.
_EQUIVALENT = str.maketrans("ςøđħıłŧðँ", "σodhiltdं") | str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})
_NASAL = re.compile("[ङञणनम]्(?=[क-ह])")
# A run of letters, digits and their marks; or one character of a script written without spaces, or an emoji.
_WORD = re.compile(
    r"[^\u0000-\u002f\u003a-\u0060\u007b-\u00bf\u00d7\u00f7\u02c2-\u02df\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3"
    r"\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u0970\u0e00-\u0eff\u1000-\u109f"
    r"\u1361-\u1368\u1780-\u180a\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u312f\u31a0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\ue000-\ufaff\ufd3e\ufd3f\ufe10-\ufe6f\uff00-\uff0f\ufff0-\uffff\U0001b000-\U0001b16f"
    r"\U0001f000-\U0001faff\U00020000-\U0010ffff]+"
    r"|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u3035"
    r"\u303b\u303c\u3041-\u30fa\u30fc-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U0001b000-\U0001b16f\U0001f000-\U0001faff\U00020000-\U0003ffff]"
)


class Word(NamedTuple):
    """A normalized word and its position: code points of the text, `end` exclusive."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Word]:
    """The words of a text in order."""
    text = text[:TEXT_CHARACTERS]
    normalized, origins = _normalize(text)
    return [
        Word(_NASAL.sub("ं", match.group())[:WORD_CHARACTERS], origins[match.start()], origins[match.end() - 1] + 1)
        for match in _WORD.finditer(normalized)
    ]


def end_with_marks(text: str, end: int) -> int:
    """`end`, moved past the marks of the character before it."""
    while end < len(text) and extends_previous(text[end]):
        end += 1
    return end


@lru_cache(10_000)
def extends_previous(character: str) -> bool:
    """Whether a character combines with the one before it, so that a text must not be cut between them."""
    return (
        unicodedata.category(character)[0] == "M" or character == "\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _normalize(text: str) -> tuple[str, range | list[int]]:
    """The normalized text, and for each of its characters the index of its source in `text`."""
    if text.isascii():
        return text.lower(), range(len(text))
    parts, origins = [], []
    for at, character in enumerate(text):
        part = _normalize_character(character)
        parts.append(part)
        origins.extend([at] * len(part))
    return "".join(parts)[:TEXT_CHARACTERS], origins


@lru_cache(10_000)
def _normalize_character(character: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKD", character).lower()).translate(_EQUIVALENT)
