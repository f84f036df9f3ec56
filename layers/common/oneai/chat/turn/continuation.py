"""Joins an answer that was cut off with its continuation, which a model writes as a message of its own.

Models are asked to begin with the next characters, and often do not: they repeat the last words, open the code block
again, or leave out the space between two sentences. The start of the continuation is held back until it is clear.
"""

import re

from oneai.code_fences import open_fence

# As much of the old text is searched for what the continuation repeats.
MAX_OVERLAP = 4_000
# Prose does not repeat this many characters by chance; fewer count only as the word that was cut off.
MIN_OVERLAP = 16
MIN_WORD = 4
# The start of a continuation is held back for so long.
HELD_CHARACTERS = 160

_LAST_WORD = re.compile(r"\w+\Z")
_FIRST_WORD = re.compile(r"\w+")
_REOPENED = re.compile(r"\s*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n")
_CLOSING = re.compile(r"\s*(?:`{3,}|~{3,})[ \t]*(?:\n|\Z)")
_BLOCK = re.compile(r"#{1,6} |`{3,}|~{3,}")
_ITEM = re.compile(r"[-*+] |\d{1,3}[.)] ")
# The end of a sentence whose last word is no abbreviation of capitals.
_SENTENCE_END = re.compile(r"[^\W\d_A-Z][)\]\"'”’*_]*[.!?:।]['\")\]”’*_]*\Z")


class Continuation:
    """The text after `before`, given in pieces as the model writes them."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._tail = before[-MAX_OVERLAP:].rstrip()
        self._held: str | None = ""

    @property
    def is_holding(self) -> bool:
        """Whether a part of the text is held back."""
        return bool(self._held)

    def take(self, text: str) -> str:
        """The next piece as it follows the text before; empty while the start is held back."""
        if self._held is None:
            return text
        self._held += text
        start = self._held.lstrip()
        # While all that came occurs in the old text, the model may still repeat it.
        if len(start) < HELD_CHARACTERS or start in self._tail:
            return ""
        return self.end()

    def end(self) -> str:
        """What is still held back."""
        held, self._held = self._held, None
        return joined(self._before, self._tail, held) if held else ""


def joined(before: str, tail: str, text: str) -> str:
    """What follows `before`, whose end without space is `tail`, of a continuation."""
    fence = open_fence(before)
    if fence and (again := _REOPENED.match(text)) and again["fence"][0] == fence[0] and again["info"].strip():
        text = text[again.end() :]
        separator = "" if before.endswith("\n") else "\n"
    else:
        separator = _separator(before, text, in_code=fence is not None)
    rest = _without_repetition(before, tail, text)
    return separator + text if rest is None else rest


def _without_repetition(before: str, tail: str, text: str) -> str | None:
    """The text after its longest start with which the text before ends; None where it repeats nothing."""
    start = text.lstrip()
    for length in range(min(len(start), len(tail)), MIN_OVERLAP - 1, -1):
        if tail.endswith(start[:length]):
            return start[length:]
    last, first = _LAST_WORD.search(before), _FIRST_WORD.match(text)
    if last and first and len(last[0]) >= MIN_WORD and first[0].startswith(last[0]):
        return text[len(last[0]) :]
    return None


def _separator(before: str, text: str, *, in_code: bool) -> str:
    """The space that the model has left out between the two."""
    if not before or not text or before[-1].isspace() or text[0].isspace():
        return ""
    if in_code:
        return "\n" if _CLOSING.match(text) else ""
    if _BLOCK.match(text):
        return "\n\n"
    if not _SENTENCE_END.search(before):
        return ""
    if _ITEM.match(text):
        return "\n"
    first = text[0]
    return " " if first.isalpha() and not first.islower() else ""
