"""Checks a JPEG file and writes it again without what a picture does not need.

Only segments that decoders need remain (ITU-T T.81, annex B): quantization and Huffman tables, frame, scans, restart
interval. Comments, camera data such as the place (Exif), colour profiles, previews and anything after the end of the
picture are dropped. A file that is not a complete picture of this kind is refused.
"""

from oneai.field_errors import InvalidValue

MAX_BYTES = 100_000
# Pixels of a side. The web app sends 256 × 256.
MIN_SIDE, MAX_SIDE = 16, 512
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# Baseline, extended and progressive frames with Huffman coding, which browsers show.
_FRAMES = (0xC0, 0xC1, 0xC2)
_TABLES = (0xDB, 0xC4, 0xDD)
# Application data and comments.
_DROPPED = (*range(0xE0, 0xF0), 0xFE)
_RESTARTS = range(0xD0, 0xD8)


def cleaned(content: bytes) -> bytes:
    """The picture without metadata. Raises InvalidValue for anything but a small, complete JPEG file."""
    if len(content) > MAX_BYTES:
        raise InvalidValue("too_large", f"A picture has at most {MAX_BYTES // 1000} kB.")
    if content[:3] != b"\xff\xd8\xff":
        raise InvalidValue("content_mismatch", "A picture must be a JPEG file.")
    try:
        return _cleaned(content)
    except IndexError:
        raise _broken() from None


def _cleaned(content: bytes) -> bytes:
    parts = [content[:2]]
    at, has_frame, has_scan = 2, False, False
    while True:
        marker, at = _marker(content, at)
        if marker == _END:
            if not (has_frame and has_scan):
                raise _broken()
            return b"".join([*parts, b"\xff\xd9"])
        length = content[at] << 8 | content[at + 1]
        segment = content[at : at + length]
        if length < 2 or len(segment) < length:
            raise _broken()
        at += length
        if marker in _DROPPED:
            continue
        if marker in _FRAMES:
            if has_frame:
                raise _broken()
            _check_frame(segment)
            has_frame = True
        elif marker == _SCAN:
            if not has_frame:
                raise _broken()
            end = _end_of_scan(content, at)
            segment += content[at:end]
            at, has_scan = end, True
        elif marker not in _TABLES:
            raise _broken()
        parts.append(bytes([0xFF, marker]) + segment)


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker at this position, and the position after it; more bytes 0xFF may precede it."""
    if content[at] != 0xFF:
        raise _broken()
    while content[at] == 0xFF:
        at += 1
    return content[at], at + 1


def _check_frame(segment: bytes) -> None:
    """Refuses another depth than 8 bits, other sides than are allowed, and other components than grey or three."""
    depth, height, width, components = segment[2], *_sides(segment), segment[7]
    if depth != 8 or components not in (1, 3) or len(segment) != 8 + 3 * components:
        raise _broken()
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise InvalidValue("too_large", f"A picture has {MIN_SIDE} to {MAX_SIDE} pixels on each side.")


def _sides(segment: bytes) -> tuple[int, int]:
    return segment[3] << 8 | segment[4], segment[5] << 8 | segment[6]


def _end_of_scan(content: bytes, at: int) -> int:
    """The position of the marker that ends a scan's data. Stuffed zeros and restarts belong to the data."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise _broken()
        following = content[at + 1]
        if following != 0 and following not in _RESTARTS:
            return at
        at += 2


def _broken() -> InvalidValue:
    return InvalidValue("content_mismatch", "This JPEG file is broken or of an unusual kind.")
