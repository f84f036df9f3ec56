"""Pages of a PDF as images, for a model that sees: grey PNG of a size that such models read."""

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import IO, Any

import pypdfium2

from extraction.pdf.document import opened
from extraction.problems import ProblemFound

# Pixels of the longer side; models scale larger images down to this. An uncompressed page is then 2.6 MB at most.
_PIXELS = 1600
# The maximum pixels per point (1/72 inch): small pages are not enlarged further.
_MAX_SCALE = 300 / 72


def render(file: IO[bytes], pages: Sequence[int], limits: Mapping[str, int]) -> dict[str, Any]:
    """The answer with the images of these pages, counted from 1: the first, and as many more as fit into one answer.

    The image of a damaged page is null. Raises ProblemFound as `opened` does, and `torn` for a page that does not
    exist.
    """
    document = opened(file, limits)
    images: list[dict[str, Any]] = []
    size = 0
    for page in pages:
        if not 1 <= page <= len(document):
            raise ProblemFound("torn")
        data = _image(document, page - 1)
        size += len(data or "")
        if images and size > limits["answer_bytes"]:
            break
        images.append({"page": page, "media_type": "image/png", "data": data})
    return {"images": images, "problem": None}


def _image(document: pypdfium2.PdfDocument, index: int) -> str | None:
    """The page in base64; None for a damaged page, so that the others can be shown."""
    try:
        page = document[index]
        try:
            scale = min(_MAX_SCALE, _PIXELS / max(page.get_size()))
            bitmap = page.render(scale=scale, grayscale=True)
            png = _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)
            bitmap.close()
        finally:
            page.close()
    except (pypdfium2.PdfiumError, ZeroDivisionError):
        return None
    return base64.b64encode(png).decode()


def _png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """An image of 8 bits of grey for each pixel, its rows `stride` bytes apart."""
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, height * stride, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
