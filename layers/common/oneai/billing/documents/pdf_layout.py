"""The paper of documents: A4, the fonts, and blocks, pairs and rows of text."""

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.enums import MethodReturnValue

from oneai.billing.documents.printable import legible

FONTS = Path(__file__).with_name("fonts")
MARGIN = 15.0
WIDTH = 210 - 2 * MARGIN
INK, PALE, FAINT = 35, 190, 110
_SIZE = 9.0
# The Indian scripts, by their Unicode ranges.
_SCRIPTS = {
    range(0x0900, 0x0980): "Devanagari",
    range(0x0980, 0x0A00): "Bengali",
    range(0x0A00, 0x0A80): "Gurmukhi",
    range(0x0A80, 0x0B00): "Gujarati",
    range(0x0B00, 0x0B80): "Oriya",
    range(0x0B80, 0x0C00): "Tamil",
    range(0x0C00, 0x0C80): "Telugu",
    range(0x0C80, 0x0D00): "Kannada",
    range(0x0D00, 0x0D80): "Malayalam",
}
# Joiners, and the full stops that these scripts share with Devanagari: they use the font of the letter before them.
_SHARED = "\u200c\u200d\u0964\u0965"


class Paper(FPDF):
    """A4 paper with fonts for all letters of `texts`. Lengths are in millimetres, sizes in points, greys from 0 to
    255."""

    def __init__(self, texts: str, moment: datetime) -> None:
        super().__init__(format="A4")
        self.set_creation_date(moment)
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN / 2)
        self.add_font("Noto", "", FONTS / "NotoSans-Regular.ttf")
        self.add_font("Noto", "B", FONTS / "NotoSans-Bold.ttf")
        self._last_script: str | None = None
        scripts = [name for letters, name in _SCRIPTS.items() if any(ord(each) in letters for each in texts)]
        for script in scripts:
            self.add_font(script, "", FONTS / f"NotoSans{script}-Regular.ttf")
        self.set_fallback_fonts(scripts, exact_match=False)
        self.set_text_shaping(True)
        self.set_font("Noto", size=_SIZE)
        self.set_text_color(INK)
        self.add_page()

    def get_fallback_font(self, char: str, style: str = "") -> str | None:
        """The font of the character's script."""
        if char not in _SHARED or self._last_script is None:
            self._last_script = super().get_fallback_font(char, style)
        return self._last_script

    def write_block(
        self,
        text: str,
        width: float,
        *,
        size: float = _SIZE,
        bold: bool = False,
        faint: bool = False,
        align: Literal["L", "R"] = "L",
    ) -> None:
        """Writes text that wraps within `width` at the current position and moves below it. Empty text writes
        nothing."""
        if not text:
            return
        left = self.get_x()
        self.set_font("Noto", "B" if bold else "", size)
        self.set_text_color(FAINT if faint else INK)
        self.multi_cell(width, _height(size), legible(text), align=align, new_x="LEFT", new_y="NEXT")
        self.set_x(left)

    def write_pair(self, name: str, value: str, name_width: float, width: float) -> None:
        """Writes a name, and beside it its value, which may wrap."""
        left, top = self.get_x(), self.get_y()
        self.write_block(name, name_width, faint=True)
        self.set_xy(left + name_width, top)
        self.write_block(value, width - name_width)
        self.set_x(left)

    def write_row(
        self, cells: Sequence[str], widths: Sequence[float], *, fill: int | None = None, colour: int = INK
    ) -> None:
        """Writes a row of a table with cells of equal height. The first two cells are text, the others numbers.

        A row with a background is the table's header.
        """
        self.set_font("Noto", "" if fill is None else "B", _SIZE)
        cells = [legible(cell) for cell in cells]
        line = _height(_SIZE)
        lines = [
            self.multi_cell(width, line, cell, dry_run=True, output=MethodReturnValue.LINES)
            for cell, width in zip(cells, widths, strict=True)
        ]
        high = line * max(len(each) for each in lines if isinstance(each, list)) + 3
        left, top = self.get_x(), self.get_y()
        if fill is not None:
            self.set_fill_color(fill)
            self.rect(left, top, sum(widths), high, style="F")
        self.set_text_color(colour)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            self.set_xy(left + sum(widths[:at]), top + 1.5)
            self.multi_cell(width, line, cell, align="L" if at < 2 else "R")
        self.set_xy(left, top + high)

    def write_sum(self, name: str, value: str, *, size: float = _SIZE, bold: bool = False) -> None:
        """Writes a line in the right half: a name and an amount."""
        top = self.get_y()
        self.set_x(MARGIN + WIDTH / 2)
        self.write_block(name, WIDTH / 4, size=size, bold=bold)
        self.set_xy(MARGIN + WIDTH * 3 / 4, top)
        self.write_block(value, WIDTH / 4, size=size, bold=bold, align="R")
        self.set_xy(MARGIN, top + _height(size) + 1)

    def rule(self, grey: int, thickness: float, left: float = MARGIN) -> None:
        """Draws a horizontal line from `left` to the right margin."""
        self.set_draw_color(grey)
        self.set_line_width(thickness)
        self.line(left, self.get_y(), MARGIN + WIDTH, self.get_y())

    def finished(self) -> bytes:
        """The PDF, in ASCII."""
        return in_ascii(bytes(self.output()))


def in_ascii(pdf: bytes) -> bytes:
    """Encodes the streams of a PDF by fpdf2 in base 85, so that API Gateway treats it as text and never changes it.

    Binary data would need `BinaryMediaTypes`, and API Gateway would still encode it in base64 for clients that do not
    list `application/pdf` first in `Accept`.
    """
    written, places, at = bytearray(b"%PDF-1.7\n"), {}, 0
    while found := _OBJECT.search(pdf, at):
        number, head = int(found[1]), found[2]
        at = found.end()
        places[number] = len(written)
        written += b"%d 0 obj\n" % number
        if found[3] == b"stream\n":
            (length,) = map(int, _LENGTH.findall(head))
            data = base64.a85encode(pdf[at : at + length], wrapcol=100) + b"~>"
            at += length
            written += _encoded(head, len(data)) + b"stream\n" + data + b"\nendstream\n"
        else:
            written += head
        written += b"endobj\n"
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    written += b"".join(b"%010d 00000 n \n" % places[number] for number in sorted(places))
    trailer = pdf[pdf.rindex(b"trailer") : pdf.rindex(b"startxref")]
    return bytes(written) + trailer + b"startxref\n%d\n%%%%EOF\n" % start


_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)(stream\n|endobj\n)", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)")


def _encoded(head: bytes, length: int) -> bytes:
    head = _LENGTH.sub(b"/Length %d" % length, head)
    if b"/Filter" not in head:
        return head.replace(b"<<\n", b"<<\n/Filter /ASCII85Decode\n", 1)
    return head.replace(b"/Filter /FlateDecode", b"/Filter [/ASCII85Decode /FlateDecode]")


def _height(size: float) -> float:
    """The height of a line, in millimetres."""
    return size * 0.3528 * 1.45
