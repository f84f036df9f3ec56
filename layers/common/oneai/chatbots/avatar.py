"""The small picture of a chatbot, as an address that is the picture itself: the chat on strangers' pages loads nothing
from elsewhere for it, and a version has the picture that it was published with."""

import base64
import binascii
import re
from collections.abc import Iterator

from oneai.field_errors import InvalidValue

MAX_BYTES = 16_000
# A few bytes can be a picture of many million pixels, which stops the browser of each visitor.
MAX_PIXELS = 256
_ADDRESS = re.compile(r"data:image/(png|jpeg);base64,([A-Za-z0-9+/]+={0,2})")
# Frames of a JPEG, whose segments have these marks; the others have no size of the picture (ITU-T T.81, B.1.1.3).
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
MAX_CHARACTERS = len("data:image/jpeg;base64,") + 4 * (MAX_BYTES // 3 + 1)


def small_picture(address: str) -> str:
    """The same address, if it is a PNG or JPEG of at most MAX_BYTES and MAX_PIXELS a side. Raises InvalidValue."""
    parts = _ADDRESS.fullmatch(address)
    try:
        data = base64.b64decode(parts[2], validate=True) if parts else b""
    except binascii.Error:
        data = b""
    width, height = _png_size(data) if parts and parts[1] == "png" else _jpeg_size(data)
    if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS and len(data) <= MAX_BYTES):
        raise InvalidValue(
            "wrong_format",
            f"This must be a PNG or JPEG of at most {MAX_PIXELS} by {MAX_PIXELS} pixels and {MAX_BYTES // 1000} kB.",
        )
    return address


def _png_size(data: bytes) -> tuple[int, int]:
    """Width and height, of the first chunk; 0 if it is no PNG, or an animated one."""
    if data[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" or b"acTL" in data:
        return 0, 0
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height; 0 if it is no JPEG, or does not say them once."""
    sizes = list(_jpeg_frames(data))
    return sizes[0] if len(sizes) == 1 else (0, 0)


def _jpeg_frames(data: bytes) -> Iterator[tuple[int, int]]:
    """The sizes that a JPEG says before its first scan."""
    if data[:2] != b"\xff\xd8":
        return
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] in _FRAMES:
            yield int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
