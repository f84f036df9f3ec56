"""From the clusters of a PDF's page to its text: lines, and spaces between words."""

import re
import statistics
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from extraction.pdf import bidi
from extraction.pdf.characters import HYPHEN, Cluster
from extraction.pdf.columns import Line, Segment, in_columns
from extraction.pdf.gaps import is_narrow_gap

# A hyphen that divides a word at the end of a line: PDFium's sign, a soft hyphen, or a hyphen before a small letter.
# Before a capital letter or a number a hyphen belongs to the word.
_DIVIDED = re.compile(rf"([{HYPHEN}\u00ad]|(?<=[^\W\d_])[-\u2010]) ?\n(?=(.?))")
_SIGNS = re.compile(rf"[{HYPHEN}\x02](?=\n?(\w))")
# In font sizes: the maximum distance of two baselines in one line, and the minimum gap that is a space. On lines with
# space glyphs a gap has to be wider.
_SAME_LINE = 0.3
_GAP, _GAP_BESIDE_SPACES = 0.17, 0.25
_GAP_BETWEEN_SENTENCES = 0.2
_LETTERS_A_WORD = 14
# A space glyph between letters that touch lies under one of them, unless the letters of the line overlap anyway.
_UNDER, _OVERLAP = 0.03, -0.05
# The minimum for a gap that PDFium sees too, and the gaps between letters of spaced text.
_SEEN = 0.08
_SPACED = (0.08, 0.6)
_WIDE_GAP = 0.9
# The two halves of a Thai vowel with a tone between them; other programs write the vowel as one character.
_SARA_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_SPACES = re.compile(r"[ \u00a0]+")


def text_of(clusters: Sequence[Cluster]) -> str:
    """The text of a page in reading order, with the page's lines. Lines of the most frequent direction come first."""
    right = sum(bidi.kind_of(each.text) in ("R", "A") for each in clusters)
    left = sum(bidi.kind_of(each.text) == "L" for each in clusters)
    turns: dict[int, list[Cluster]] = {}
    for each in clusters:
        turns.setdefault(each.turn, []).append(each)
    lines: list[str] = []
    for _, same in sorted(turns.items(), key=lambda item: -len(item[1])):
        ordered = in_columns([_segments(line) for line in _lines(same)])
        lines += [_line_text(line, mostly=right > left) for line in ordered]
    return joined(_DIVIDED.sub(_whole, "\n".join(line for line in lines if line)))


def _whole(divided: re.Match[str]) -> str:
    """The replacement of a line end after a hyphen, given the text that follows."""
    sign, after = divided[1], divided[2]
    is_joined = after.islower() if sign in "-\u2010" else not _is_hyphen_before(after)
    return "" if is_joined else divided[0]


def _is_hyphen_before(after: str) -> bool:
    return after.isupper() or after.isdecimal()


def joined(text: str) -> str:
    """The text with divided words joined, and without other signs of division.

    PDFium writes no line end after such a sign, which is U+FFFE or U+0002.
    """
    text = _SIGNS.sub(lambda found: "-" if _is_hyphen_before(found[1]) else "", text).replace("\x02", "")
    if text.isascii():
        return text
    text = _SARA_AM.sub("\\1\u0e33", text).replace("\u00ad\n", "")
    return text.replace(HYPHEN, "").replace("\u00ad", "")


def _lines(clusters: Sequence[Cluster]) -> list[list[Cluster]]:
    """From the top to the bottom: clusters with about the same baseline."""
    lines: list[list[Cluster]] = []
    top, size = 0.0, 0.0
    _lower_superscripts(clusters)
    for each in sorted(clusters, key=lambda cluster: -cluster.y):
        if lines and top - each.y <= _SAME_LINE * max(size, each.size):
            lines[-1].append(each)
            size = max(size, each.size) if each.size < 2 * size else size
        else:
            lines.append([each])
            top, size = each.y, each.size
    return lines


def _lower_superscripts(clusters: Sequence[Cluster]) -> None:
    """Moves small text that directly follows a word, a little above or below it, to the word's baseline."""
    word: Cluster | None = None
    end = 0.0
    for each in clusters:
        if (
            word is not None
            and each.size <= 0.85 * word.size
            and _SAME_LINE * word.size < abs(each.y - word.y) <= 0.6 * word.size
            and -0.1 * word.size <= each.x0 - end <= 0.2 * word.size
        ):
            each.y = word.y
        elif not each.is_space:
            word = each
        end = each.x1


def _segments(line: list[Cluster]) -> Line:
    """The line from left to right, with marks beside their letters, split at wide gaps."""
    letters = [each for each in line if not each.is_space]
    has_right = any(bidi.kind_of(each.text) in ("R", "A") for each in letters)
    ordered = _by_place(letters) if has_right else _by_runs(letters)
    ordered = _with_spaces(ordered, [each for each in line if each.is_space])
    segments: Line = []
    for each in ordered:
        if each.is_space:
            if segments:
                segments[-1].clusters.append(each)
            continue
        if segments and each.x0 - segments[-1].x1 <= _WIDE_GAP * each.size:
            segments[-1].clusters.append(each)
            segments[-1].x1 = max(segments[-1].x1, each.x1)
        else:
            segments.append(Segment([each], each.x0, each.x1))
    return segments


def _with_spaces(letters: list[Cluster], spaces: list[Cluster]) -> list[Cluster]:
    """The letters, in their order, with each space after the last letter to its left."""
    if not spaces:
        return letters
    # The minimum of a letter's middle and all later ones never decreases, so bisection finds the last letter to the
    # left.
    least = list(accumulate(map(_middle, reversed(letters)), min))[::-1]
    after: dict[int, Cluster] = {bisect_right(least, _middle(space)): space for space in spaces}
    ordered: list[Cluster] = []
    for at in range(len(letters) + 1):
        if at in after:
            ordered.append(after[at])
        ordered += letters[at : at + 1]
    return ordered


def _middle(cluster: Cluster) -> float:
    return cluster.x0 + cluster.x1


def _is_mark(text: str) -> bool:
    return all(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in text)


def _by_place(letters: list[Cluster]) -> list[Cluster]:
    """Sorts from left to right; a combining mark follows its letter."""
    bases = sorted((each for each in letters if not _is_mark(each.text)), key=lambda each: (each.x0, each.x1))
    for mark in sorted((each for each in letters if _is_mark(each.text)), key=lambda each: each.order):
        center = (mark.x0 + mark.x1) / 2
        base = min(bases, key=lambda each: max(each.x0 - center, center - each.x1), default=None)
        if base is not None:
            base.text += mark.text
    return bases


def _by_runs(letters: list[Cluster]) -> list[Cluster]:
    """Sorts from left to right, in the file's order as long as that does not jump."""
    runs: list[list[Cluster]] = []
    for each in sorted(letters, key=lambda cluster: cluster.order):
        last = runs[-1][-1] if runs else None
        if last is not None and _is_mark(each.text) and abs(each.x0 - last.x1) < 1.5 * each.size:
            last.text += each.text
            last.x1 = max(last.x1, each.x1)
        elif last is not None and last.x0 - 0.3 * each.size <= each.x0 <= last.x1 + _WIDE_GAP * each.size:
            runs[-1].append(each)
        else:
            runs.append([each])
    return [each for run in sorted(runs, key=lambda run: run[0].x0) for each in run]


def _line_text(line: Line, *, mostly: bool) -> str:
    kinds = [bidi.kind_of(each.text) for segment in line for each in segment.clusters]
    if not any(kind in ("R", "A") for kind in kinds) and not mostly:
        return " ".join(filter(None, (_SPACES.sub(" ", "".join(_texts(segment)[0])).strip() for segment in line)))
    from_right = bidi.is_right_to_left(kinds, mostly=mostly)
    whole = Segment([each for segment in line for each in segment.clusters], line[0].x0, line[-1].x1)
    texts, looks = _texts(whole)
    return _SPACES.sub(" ", "".join(bidi.logical(texts, looks, right_to_left=from_right))).strip()


def _texts(segment: Segment) -> tuple[list[str], list[bool]]:
    """The texts from left to right, with a space for each space glyph or gap; and which of them are in visual order."""
    letters = [each for each in segment.clusters if not each.is_space]
    gaps = [after.x0 - each.x1 for each, after in pairwise(letters)]
    size = statistics.median(each.size for each in letters)
    middle = statistics.median(gaps) if len(gaps) > 3 else 0.0
    clusters = segment.clusters if middle < _OVERLAP * size else _without_hidden_spaces(segment.clusters)
    least, is_spaced = _least_gap(clusters, letters, max(0.0, middle), size)
    texts: list[str] = []
    looks: list[bool] = []
    last: Cluster | None = None
    end = 0.0
    for each in clusters:
        seen = _SEEN * size if each.after_gap and not is_spaced and not _is_shaped(each.text) else least
        is_gap = (
            last is not None
            and not each.is_space
            and (each.x0 - end > min(least, seen) or (not is_spaced and is_narrow_gap(last, each)))
        )
        if each.is_space or (is_gap and texts[-1] != " " and not unicodedata.category(each.text[:1]).startswith("M")):
            texts.append(" ")
            looks.append(True)
        if not each.is_space:
            texts.append(each.text)
            looks.append(not each.is_logical)
            end = each.x1 if last is None else max(end, each.x1)
            last = each
    return texts, looks


def _without_hidden_spaces(clusters: list[Cluster]) -> list[Cluster]:
    """The clusters without space glyphs between touching letters: programs move back over a space and write there."""
    shown: list[Cluster] = []
    for at, each in enumerate(clusters):
        before, after = shown[-1] if shown else None, clusters[at + 1] if at + 1 < len(clusters) else None
        is_hidden = (
            each.is_space
            and before is not None
            and after is not None
            and not (before.is_space or after.is_space or _is_shaped(before.text) or _is_shaped(after.text))
            and after.x0 - before.x1 < _UNDER * after.size
            and not (each.is_logical or before.is_logical or after.is_logical)
            and each.x1 > each.x0
        )
        if not is_hidden:
            shown.append(each)
    return shown


def _least_gap(clusters: list[Cluster], letters: list[Cluster], usual: float, size: float) -> tuple[float, bool]:
    """The minimum gap that is a space, and whether the letters are spaced, as in some titles: there every gap is wide,
    and a space is even wider.
    """
    is_spaced = _SPACED[0] * size < usual < _SPACED[1] * size and _is_word([each.text for each in letters])
    spacing = usual + max(0.15 * size, 0.5 * usual) if is_spaced else 0.0
    # Some programs write a line's spaces separately from its words, and PDFium keeps one of them.
    spaces = len(clusters) - len(letters)
    gap = _GAP_BESIDE_SPACES if spaces * _LETTERS_A_WORD > len(letters) else _GAP
    if any(_has_no_spaces(each.text) for each in letters):
        gap = _GAP_BETWEEN_SENTENCES
    return max(gap * size, spacing), is_spaced


def _is_word(letters: list[str]) -> bool:
    """Whether these could be the letters of a spaced title: not digits, nor letters in the order of their alphabet."""
    return sum(map(str.isalpha, letters)) > 0.8 * len(letters) and letters != sorted(letters)


def _is_shaped(text: str) -> bool:
    """Whether it starts with a letter of a script in which PDFium finds false gaps."""
    return "\u0590" <= text[:1] <= "\u1cff"


def _has_no_spaces(text: str) -> bool:
    """Whether its script has spaces only between sentences: Thai, Lao, Myanmar or Khmer."""
    return "\u0e00" <= text[:1] <= "\u0eff" or "\u1000" <= text[:1] <= "\u109f" or "\u1780" <= text[:1] <= "\u17ff"
