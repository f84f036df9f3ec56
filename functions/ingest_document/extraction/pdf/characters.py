"""The characters of a PDF's page as clusters: a text with its box, its baseline and its size."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pypdfium2
from pypdfium2 import raw

from extraction.pdf.unmapped import Unmapped
from extraction.pieces import count_letters

# Form XObjects can be nested, and in a hostile file without end.
_DEPTH = 8
_OBJECTS = 200_000
HYPHEN = "\ufffe"
"""What stands for the hyphen of a word that is divided at the end of a line, in PDFium's text and in clusters."""
_HYPHEN_CODE = 2
# The maximum slant in degrees of upright or level lines, as on scanned pages.
_SLANT = 5
# Near 45 degrees the sides of a box are about equal, so a usual height is assumed, in font sizes.
_DIAGONAL, _USUAL_HEIGHT = 0.2, 0.93
# In font sizes, or widths of the character: the maximum distance between two drawings of one character.
_TWICE, _TWICE_WIDTH = 0.2, 0.5
_MATRIX = tuple[float, float, float, float, float, float]
_IDENTITY: _MATRIX = (1, 0, 0, 1, 0, 0)
# Latin, Armenian, Hebrew and Arabic ones (Unicode blocks FB00 to FDFF and FE70).
_FORMS = re.compile("[\ufb00-\ufdff\ufe70-\ufefc]")
_ACTUAL_TEXT = ctypes.create_string_buffer(b"ActualText")


@dataclass(slots=True)
class Cluster:
    """Adjacent text, in points of a page that is turned so that its lines run to the right.

    `x0` to `x1` is its extent along the line, `y` its baseline (upwards), `size` that of its font. `is_space` marks a
    space glyph, `turn` is the angle of its line in degrees, and `order` its place in the file's order.

    `is_added` marks text that is not in the file, such as the state of a checkbox. `is_logical` marks text that the
    file has in logical order, so its brackets are not mirrored. `after_gap` is whether PDFium sees a gap before it.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    order: float
    turn: int = 0
    is_space: bool = False
    is_added: bool = False
    is_logical: bool = False
    after_gap: bool = False


@dataclass(slots=True)
class _Font:
    """Properties of all characters of one text object."""

    size: float
    turn: int
    mark: int | None


@dataclass(slots=True)
class _Mark:
    """A marked span with its ActualText (ISO 32000-2, 14.9.4), and the box of all that it contains."""

    text: str
    x0: float = math.inf
    y0: float = math.inf
    x1: float = -math.inf
    y1: float = -math.inf
    is_read: bool = False


@dataclass
class Marked:
    """The marks of a page by address, the mark of each text object, and the origins of its space glyphs."""

    marks: dict[int, _Mark]
    of_object: dict[int, int]
    spaces: list[tuple[float, float]]


def clusters(
    text_page: pypdfium2.PdfTextPage,
    marked: Marked,
    bounds: tuple[float, float, float, float],
    unmapped: Unmapped | None = None,
) -> tuple[list[Cluster], int]:
    """The page's clusters in the file's order, and how many letters and digits it shows within `bounds`.

    Text outside of `bounds` (left, bottom, right and top) is cropped: no viewer shows it. A span with ActualText is one
    cluster and counts once, however often its text is on the page. An unknown character is left out, but counts as a
    letter.
    """
    known, lost = (unmapped.texts, unmapped.lost) if unmapped is not None else ({}, frozenset())
    found: list[Cluster] = []
    letters = 0
    fonts: dict[int, _Font] = {}
    box = raw.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    after_gap, half = False, 0
    drawn = _Drawn()
    for index in range(text_page.count_chars()):
        pointer = raw.FPDFText_GetTextObject(text_page, index)
        if not pointer:
            after_gap = True  # a space or a line end that PDFium added
            continue
        address = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        font = fonts.get(address)
        if font is None:
            font = fonts[address] = _font(text_page, index, marked.of_object.get(address))
        raw.FPDFText_GetCharOrigin(text_page, index, x, y)
        if font.mark is not None:
            mark = marked.marks[font.mark]
            if mark.text and not mark.is_read:
                letters += count_letters(mark.text)
                found.append(_marked_cluster(mark, font, x.value, y.value, index))
            mark.is_read = True
            continue
        raw.FPDFText_GetLooseCharBox(text_page, index, box)
        if not _is_within(box, bounds):
            continue
        if index in known:
            text = normal(known[index])
            letters += not text and index in lost
        else:
            code = raw.FPDFText_GetUnicode(text_page, index)
            if 0xD800 <= code < 0xDC00:  # the first half of a character; the other half follows
                half = code
                continue
            text, half = _text(text_page, index, code, half), 0
        # PDFium adds spaces, and moves those of right-to-left lines; neither has a width.
        is_made_up = text.isspace() and (box.right <= box.left or raw.FPDFText_IsGenerated(text_page, index))
        after_gap = after_gap or is_made_up
        if not text or is_made_up:
            continue
        corners = (box.left, box.bottom, box.right, box.top)
        cluster = _cluster(text, corners, (x.value, y.value), font, index)
        if drawn.has(cluster):
            continue
        letters += count_letters(text)
        cluster.after_gap, after_gap = after_gap, False
        found.append(cluster)
    size = max((each.size for each in found), default=0.0)
    found += [Cluster(" ", x_of, x_of, y_of, size, math.inf, is_space=True) for x_of, y_of in marked.spaces]
    return found, letters


class _Drawn:
    """The characters by position: programs draw a text twice, slightly shifted, for bold text or a shadow."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int, int], list[Cluster]] = {}

    def has(self, cluster: Cluster) -> bool:
        """Whether this character was already seen at this position; records it if not."""
        apart = min(_TWICE * cluster.size, _TWICE_WIDTH * (cluster.x1 - cluster.x0)) or _TWICE
        column, row = int(cluster.x0 // cluster.size), int(cluster.y // cluster.size)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for each in self._places.get((cluster.text, x, y), ()):
                    if abs(each.x0 - cluster.x0) < apart and abs(each.y - cluster.y) < apart:
                        return True
        self._places.setdefault((cluster.text, column, row), []).append(cluster)
        return False


def _is_within(box: Any, bounds: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = bounds
    return bool(left <= (box.left + box.right) / 2 <= right and bottom <= (box.bottom + box.top) / 2 <= top)


def _text(text_page: pypdfium2.PdfTextPage, index: int, code: int, half: int) -> str:
    """The text of a character, given its code and the first half of a surrogate pair before it, or 0."""
    if 0xDC00 <= code < 0xE000:
        code = 0x10000 + ((half - 0xD800) << 10) + (code - 0xDC00) if half else 0xFFFD
    if code == _HYPHEN_CODE and raw.FPDFText_IsHyphen(text_page, index):
        return HYPHEN
    return normal(chr(code))


def cluster_at(text_page: pypdfium2.PdfTextPage, index: int) -> Cluster | None:
    """The page's character with this index; None if PDFium added it."""
    if not raw.FPDFText_GetTextObject(text_page, index):
        return None
    box = raw.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    text = normal(chr(raw.FPDFText_GetUnicode(text_page, index)))
    corners = (box.left, box.bottom, box.right, box.top)
    return _cluster(text, corners, (x.value, y.value), _font(text_page, index, None), index)


def _font(text_page: pypdfium2.PdfTextPage, index: int, mark: int | None) -> _Font:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text_page, index, matrix)
    size = raw.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    angle = math.degrees(math.atan2(matrix.b, matrix.a)) if matrix.a or matrix.b else 0.0
    upright = round(angle / 90) * 90
    turn = (upright if abs(angle - upright) <= _SLANT else round(angle)) % 360
    if size < 0:
        turn = (turn + 180) % 360
    return _Font(abs(size) or 1.0, turn, mark)


def _cluster(
    text: str, corners: tuple[float, float, float, float], origin: tuple[float, float], font: _Font, order: float
) -> Cluster:
    left, bottom, right, top = corners
    if font.turn == 0:
        return Cluster(text, left, right, origin[1], font.size, order, 0, text.isspace())
    points = [turned(x, y, font.turn) for x in (left, right) for y in (bottom, top)]
    begin, baseline = turned(*origin, font.turn)
    x0, x1 = min(x for x, _ in points), max(x for x, _ in points)
    if font.turn % 90:
        x0, x1 = begin, begin + _slanted_width(right - left, top - bottom, font)
    return Cluster(text, x0, x1, baseline, font.size, order, font.turn, text.isspace())


def _slanted_width(width: float, height: float, font: _Font) -> float:
    """The width of a character along its line, from the box around it as it slants."""
    along, across = abs(math.cos(math.radians(font.turn))), abs(math.sin(math.radians(font.turn)))
    if abs(along**2 - across**2) < _DIAGONAL:
        return max(0.0, (width + height) / (along + across) - _USUAL_HEIGHT * font.size)
    return max(0.0, (width * along - height * across) / (along**2 - across**2))


def _marked_cluster(mark: _Mark, font: _Font, x: float, y: float, order: float) -> Cluster:
    corners = (mark.x0, mark.y0, mark.x1, mark.y1)
    if not mark.x0 < mark.x1:
        corners = (x, y, x, y)
    cluster = _cluster(mark.text, corners, (x, y), font, order)
    cluster.is_logical = True
    cluster.is_space = bool(mark.text) and mark.text.isspace()
    return cluster


def turned(x: float, y: float, degrees: int) -> tuple[float, float]:
    """The point after the page is turned back by this angle, so that text of this angle runs to the right."""
    angle = math.radians(degrees)
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def marked_of(page: pypdfium2.PdfPage) -> Marked:
    """The ActualText of a page and its space glyphs. PDFium's own text shows the first only in part and not the others:
    it spreads the text of a span over its first glyph, and writes it twice for some.
    """
    marked = Marked({}, {}, [])
    for pointer, matrix in _text_objects(page):
        address = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        has_box = raw.FPDFPageObj_GetBounds(pointer, left, bottom, right, top)
        key = _mark_of(pointer, marked)
        if key is not None:
            marked.of_object[address] = key
            if has_box and right.value > left.value:
                _extend(marked.marks[key], matrix, (left.value, bottom.value, right.value, top.value))
        elif not has_box or right.value - left.value == 0:
            own = raw.FS_MATRIX()
            if raw.FPDFPageObj_GetMatrix(pointer, own):
                marked.spaces.append(_moved(matrix, own.e, own.f))
    return marked


def _text_objects(page: pypdfium2.PdfPage) -> Iterator[tuple[Any, _MATRIX]]:
    """The page's text objects, those in form XObjects included, each with the matrix of the object that contains it."""
    for kind, pointer, matrix in islice(objects_of(page), _OBJECTS):
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            yield pointer, matrix


def objects_of(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Any, _MATRIX]]:
    """Kind, pointer and outer matrix of each object of the page, including those in form XObjects."""
    for index in range(raw.FPDFPage_CountObjects(page)):
        yield from _with_inner(raw.FPDFPage_GetObject(page, index), _IDENTITY, 0)


def _with_inner(pointer: Any, matrix: _MATRIX, depth: int) -> Iterator[tuple[int, Any, _MATRIX]]:
    kind = raw.FPDFPageObj_GetType(pointer)
    yield kind, pointer, matrix
    if kind != raw.FPDF_PAGEOBJ_FORM or depth >= _DEPTH:
        return
    own = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(pointer, own)
    inner = _product((own.a, own.b, own.c, own.d, own.e, own.f), matrix)
    for index in range(raw.FPDFFormObj_CountObjects(pointer)):
        yield from _with_inner(raw.FPDFFormObj_GetObject(pointer, index), inner, depth + 1)


def _product(first: _MATRIX, then: _MATRIX) -> _MATRIX:
    a, b, c, d, e, f = first
    e, f = _moved(then, e, f)
    return (
        a * then[0] + b * then[2],
        a * then[1] + b * then[3],
        c * then[0] + d * then[2],
        c * then[1] + d * then[3],
        e,
        f,
    )


def _moved(matrix: _MATRIX, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def box_of(matrix: _MATRIX, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a box after the matrix."""
    left, bottom, right, top = box
    points = [_moved(matrix, x, y) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _extend(mark: _Mark, matrix: _MATRIX, box: tuple[float, float, float, float]) -> None:
    left, bottom, right, top = box_of(matrix, box)
    mark.x0, mark.y0 = min(mark.x0, left), min(mark.y0, bottom)
    mark.x1, mark.y1 = max(mark.x1, right), max(mark.y1, top)


def _mark_of(pointer: Any, marked: Marked) -> int | None:
    """The address of the object's innermost mark with ActualText, which is noted in `marked`."""
    for index in range(raw.FPDFPageObj_CountMarks(pointer) - 1, -1, -1):
        mark = raw.FPDFPageObj_GetMark(pointer, index)
        address = ctypes.cast(mark, ctypes.c_void_p).value or 0
        if address in marked.marks:
            return address
        text = _actual_text(mark)
        if text is not None:
            marked.marks[address] = _Mark(normal(text))
            return address
    return None


def _actual_text(mark: Any) -> str | None:
    """The text string (ISO 32000-2, 7.9.2.2) of a mark's ActualText. The function for strings loses bytes over 0x7F."""
    length = ctypes.c_ulong()
    if not raw.FPDFPageObjMark_GetParamBlobValue(mark, _ACTUAL_TEXT, None, 0, length):
        return None
    buffer = (ctypes.c_ubyte * length.value)()
    if not raw.FPDFPageObjMark_GetParamBlobValue(mark, _ACTUAL_TEXT, buffer, length.value, length):
        return None
    content = bytes(buffer)
    if content.startswith(b"\xfe\xff"):
        text = content[2:].decode("utf-16-be", "ignore")
    elif content.startswith(b"\xff\xfe"):
        text = content[2:].decode("utf-16-le", "ignore")
    elif content.startswith(b"\xef\xbb\xbf"):
        text = content[3:].decode("utf-8", "ignore")
    else:
        text = content.decode("latin-1")
    return "".join(character for character in text if unicodedata.category(character) != "Cc" or character.isspace())


def normal(text: str) -> str:
    """The text with ligatures and presentation forms replaced by their letters."""
    if text.isascii():
        return text
    return _FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]).strip(), text)
