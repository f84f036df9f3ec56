"""Texts in scripts without spaces, where `tokenize` makes a word of each character.

They are compared by pieces of a few characters that overlap, as search engines do: one character alone says little.
"""

from collections.abc import Iterator, Sequence

from oneai.conversations.tokenize import Word

# Where a character is a letter (Thai, Lao, Burmese, Khmer), and where it is about a syllable or half a word.
_LETTERS, _SYLLABLES = 4, 2
_FIRST_SYLLABLE = "\u2e80"


def is_unspaced(word: str) -> bool:
    """Whether this word of `tokenize` is a character of a script that is written without spaces."""
    return len(word) == 1 and ("\u0e00" <= word <= "\u109f" or "\u1780" <= word <= "\u17d3" or word >= _FIRST_SYLLABLE)


def runs(words: Sequence[Word]) -> tuple[list[str], list[str]]:
    """The words with spaces, and the characters that stand side by side as one text each."""
    spaced, joined, end = [], list[str](), -1
    for word in words:
        if not is_unspaced(word.text):
            spaced.append(word.text)
        elif joined and word.start <= end:
            joined[-1] += word.text
        else:
            joined.append(word.text)
        end = word.end if is_unspaced(word.text) else -1
    return spaced, joined


def pieces(run: str) -> Iterator[str]:
    """The overlapping pieces of characters that stand side by side; a short text is one piece."""
    size = _SYLLABLES if run[:1] >= _FIRST_SYLLABLE else _LETTERS
    for at in range(max(len(run) - size, 0) + 1):
        yield run[at : at + size]
