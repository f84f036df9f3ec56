"""Right-to-left lines: converts the visual order of glyphs to the logical order, in which text is written and read.

The Unicode Bidirectional Algorithm (UAX #9) converts logical order to visual order. This is its inverse, for the cases
that occur on pages: Arabic and Hebrew lines with numbers and Latin words, and Latin lines with a few such words.
"""

import unicodedata
from collections.abc import Sequence

_MIRRORED = {ord(left): right for left, right in zip("()[]{}<>«»‹›≤≥", ")(][}{><»«›‹≥≤", strict=True)}
_STRONG = {"L": "L", "R": "R", "AL": "A"}
_NUMBER = ("EN", "AN")


def kind_of(text: str) -> str:
    """L, R (Hebrew), A (Arabic), EN, AN, ES, ET, CS or N (neutral): the class of the text's first strong character or
    number, otherwise of its first character. The classes are those of UAX #9, table 4.
    """
    first = "N"
    for character in text:
        name = unicodedata.bidirectional(character)
        if name in _STRONG:
            return _STRONG[name]
        if name in _NUMBER:
            return name
        if first == "N" and name in ("ES", "ET", "CS"):
            first = name
    return first


def is_right_to_left(kinds: Sequence[str], *, mostly: bool) -> bool:
    """Whether a line of these kinds reads from right to left; `mostly` is whether the page as a whole does."""
    right = sum(kind in "RA" for kind in kinds)
    left = kinds.count("L")
    if right == 0:
        return mostly and left == 0
    return mostly or right > left


def logical(texts: Sequence[str], looks: Sequence[bool], *, right_to_left: bool) -> list[str]:
    """The texts of a line, given from its left end to its right end, in the order in which they are read.

    Each text is a cluster of characters in logical order. `looks` is true for texts as they look on the page: in
    right-to-left parts their brackets are mirrored back.
    """
    kinds = [kind_of(text) for text in texts]
    if right_to_left:
        return _from_the_right(list(texts), kinds, list(looks))
    read: list[str] = []
    at = 0
    while at < len(texts):
        if kinds[at] not in ("R", "A"):
            read.append(texts[at])
            at += 1
            continue
        end = _end_of_right_run(kinds, at)
        read += _from_the_right(list(texts[at:end]), kinds[at:end], list(looks[at:end]))
        at = end
    return read


def _end_of_right_run(kinds: Sequence[str], begin: int) -> int:
    """Where a right-to-left part of a Latin line ends: after its last right-to-left letter before a Latin one."""
    end = begin + 1
    for at in range(begin, len(kinds)):
        if kinds[at] == "L":
            break
        if kinds[at] in ("R", "A"):
            end = at + 1
    return end


def _from_the_right(texts: list[str], kinds: list[str], looks: list[bool]) -> list[str]:
    texts, kinds, looks = texts[::-1], kinds[::-1], looks[::-1]
    read: list[str] = []
    at = 0
    strong = "R"
    while at < len(texts):
        if kinds[at] in ("R", "A"):
            strong = kinds[at]
        end = _end_of_left_run(kinds, at, strong)
        if end > at:
            read += texts[at:end][::-1]
            at = end
        else:
            read.append(texts[at].translate(_MIRRORED) if looks[at] else texts[at])
            at += 1
    return read


def _end_of_left_run(kinds: Sequence[str], begin: int, strong: str) -> int:
    """The end of the left-to-right part that starts at `begin`; `begin` if there is none.

    The kinds go from the right to the left. Beside Arabic letters `-`, `+` and `%` do not belong to a number.
    """
    if kinds[begin] not in ("L", *_NUMBER):
        # A sign such as % at the right end of a number, as Hebrew has it.
        is_sign = kinds[begin] == "ET" and strong != "A"
        if not (is_sign and begin + 1 < len(kinds) and kinds[begin + 1] in _NUMBER):
            return begin
    end = begin + 1
    while end < len(kinds):
        if kinds[end] in ("L", *_NUMBER):
            end += 1
            continue
        if kinds[end] == "ET" and strong != "A" and kinds[end - 1] in _NUMBER:
            end += 1
            continue
        after = _after_neutrals(kinds, end)
        if after is None:
            break
        is_in_number = after == end + 1 and kinds[after] in _NUMBER and kinds[end - 1] in _NUMBER
        if kinds[after] != "L" and not (is_in_number and _joins(kinds[end], strong)):
            break
        end = after + 1
    return end


def _after_neutrals(kinds: Sequence[str], begin: int) -> int | None:
    return next((at for at in range(begin, len(kinds)) if kinds[at] not in ("N", "ES", "ET", "CS")), None)


def _joins(kind: str, strong: str) -> bool:
    """Whether this separator belongs to the number on both of its sides (rules W4 and W2)."""
    return kind == "CS" or (kind == "ES" and strong != "A")
