"""Checks whether the file has a page's text in reading order with whole words, as most programs write it."""

import ctypes
import re
from itertools import pairwise

import pypdfium2
from pypdfium2 import raw

from extraction.pdf.characters import HYPHEN

_RECTANGLES = 5_000
# Fewer jumps than this are headers, footers, and the tops of columns.
_JUMPS, _JUMP_SHARE = 4, 0.25
# Heights between two runs of text that cannot be in one line.
_APART = 0.5
# Lines whose middle gap is at the same place are two columns that were written across.
_COLUMN_LINES, _COLUMN_SHARE = 6, 0.5
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){4,}[^\W\d_](?!\S)")
# A line of this many parts, which on average have fewer letters than this, has spaced letters.
_PART, _PARTS = 2.2, 6
# Two runs whose sides differ by less than this share of their height were drawn twice. The other number is the number
# of runs that each is compared with.
_SAME_PLACE, _NEAR = 0.3, 30
# The minimum number and share of lines with one or two characters, which PDFium makes of slanted or upright lines.
_SHORT, _SHORT_LINES, _SHORT_SHARE = 2, 4, 0.3
_STUCK = re.compile(r"[a-z]{36,}")


def is_scattered(text_page: pypdfium2.PdfTextPage, text: str) -> bool:
    """Whether the page's lines must be sorted, or its words assembled, by their positions.

    It compares the boxes of its few runs of text, and not of each character.
    """
    if any(list(run[::2]) != sorted(run[::2]) for run in _SPACED.findall(text)):
        return True
    lines = text.split("\n")
    if _STUCK.search(text) is not None or any(map(_is_spaced, lines)):
        return True
    short = sum(0 < len(line.strip()) <= _SHORT for line in lines)
    if short >= _SHORT_LINES and short > _SHORT_SHARE * len(lines):
        return True
    boxes = _boxes(text_page)
    return _is_drawn_twice(boxes) or _is_out_of_order(boxes, _line_ends(text))


def _is_spaced(line: str) -> bool:
    parts = line.count(" ") + 1
    if parts < _PARTS or len(line) - parts >= _PART * parts:
        return False
    letters = line.replace(" ", "")
    return letters.isalpha() and list(letters) != sorted(letters)


def _is_drawn_twice(boxes: list[tuple[float, float, float, float]]) -> bool:
    level = sorted(
        (bottom, left, right, top - bottom) for left, bottom, right, top in boxes if right - left > top - bottom
    )
    for at, (bottom, left, right, height) in enumerate(level):
        near = _SAME_PLACE * height
        for other in level[at + 1 : at + 1 + _NEAR]:
            if other[0] - bottom >= near:
                break
            if abs(other[1] - left) < near and abs(other[2] - right) < near:
                return True
    return False


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count(HYPHEN)


def _is_out_of_order(boxes: list[tuple[float, float, float, float]], line_ends: int) -> bool:
    jumps = same = apart = 0
    gaps: list[tuple[float, float]] = []
    for before, after in pairwise(boxes):
        height = min(before[3] - before[1], after[3] - after[1])
        if height <= 0:
            continue
        if abs(before[1] - after[1]) < 0.5 * height and after[0] - before[2] > 0.9 * height:
            gaps.append((before[2], after[0]))
            same += 1
        elif after[1] > before[3]:
            jumps += 1
        apart += max(after[1] - before[3], before[1] - after[3]) > _APART * height
    if apart > line_ends:
        return True  # two lines stick together
    if jumps > _JUMPS and jumps > _JUMP_SHARE * len(boxes):
        return True
    return same >= _COLUMN_LINES and _shared(gaps) >= max(_COLUMN_LINES, _COLUMN_SHARE * same)


def _shared(gaps: list[tuple[float, float]]) -> int:
    """The maximum number of gaps at one place."""
    steps = sorted([(begin, 1) for begin, _ in gaps] + [(end, -1) for _, end in gaps])
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def _boxes(text_page: pypdfium2.PdfTextPage) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right and top of each run of text, in the file's order."""
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    boxes = []
    for index in range(min(raw.FPDFText_CountRects(text_page, 0, -1), _RECTANGLES)):
        raw.FPDFText_GetRect(text_page, index, left, top, right, bottom)
        boxes.append((left.value, bottom.value, right.value, top.value))
    return boxes
