"""Builds pages and forms, and reads them."""

import io
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.read_file import pieces
from local.data_folder import REPOSITORY
from tests.ingest_document.test_bad_files import handmade_pdf


def one_line(text: str) -> str:
    """The text without line ends: where a line of a page ends is the page's affair."""
    return " ".join(text.split())


def read(tmp_path: Path, content: bytes) -> str:
    """The text of a file, read in the process that reads files of strangers."""
    path = tmp_path / "file.pdf"
    path.write_bytes(content)
    return "\n".join(piece["text"] for piece in pieces(path))


def opened(content: bytes) -> Any:
    """The reading of a file in this process, for what is not part of the answer."""
    sys.path.insert(0, str(REPOSITORY / "functions/ingest_document"))
    return import_module("extraction.pdf.document").read(io.BytesIO(content), {"file_pages": 5_000})


def share_read(content: bytes) -> float:
    """Letters read of those that the file shows, over all pages."""
    reading = opened(content)
    in_file = read = 0
    for unit in range(reading.units):
        list(reading.unit(unit))
        letters = reading.letters(unit)
        in_file, read = in_file + letters.in_file, read + letters.read
    return read / in_file


def page(
    content: str, *, annotations: str = "", page_entries: str = "", form: str = "", objects: tuple[str, ...] = ()
) -> bytes:
    """A PDF with one page of 300 x 300 points; its font is /F, and further objects count from 6."""
    stream = content.encode("latin-1")
    catalogue = f"<< /Type /Catalog /Pages 2 0 R {form} >>"
    entries = f"/Annots [{annotations}] {page_entries}"
    return handmade_pdf(
        [
            catalogue.encode(),
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 5 0 R "
            b"/Resources << /Font << /F 4 0 R >> >> %s >>" % entries.encode(),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
            *(each.encode("latin-1") for each in objects),
        ]
    )


def line(text: str, x: float, y: float, size: float = 12) -> str:
    """Operators that write a line of text."""
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n"


def form(fields: int) -> str:
    """The catalogue's form of this many fields, without appearances."""
    listed = " ".join(f"{6 + at} 0 R" for at in range(fields))
    return f"/AcroForm << /Fields [{listed}] /NeedAppearances true /DA (/F 12 Tf) /DR << /Font << /F 4 0 R >> >> >>"


def field(entries: str, rect: str = "100 200 280 220") -> str:
    """A field that is its own widget."""
    return f"<< /Type /Annot /Subtype /Widget /Rect [{rect}] /F 4 /DA (/F 12 Tf) {entries} >>"


def form_page(content: str, *fields: str) -> bytes:
    """A page with a form."""
    listed = " ".join(f"{6 + at} 0 R" for at in range(len(fields)))
    return page(content, annotations=listed, form=form(len(fields)), objects=fields)
