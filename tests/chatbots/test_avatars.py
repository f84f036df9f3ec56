"""What is accepted as a chatbot's picture."""

import base64
import struct
import zlib

import pytest

from oneai.chatbots.avatar import MAX_BYTES, MAX_PIXELS, small_picture
from oneai.field_errors import InvalidValue


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG of this size, with these chunks after its first."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    rows = zlib.compress(b"\0" * (width + 1) * min(height, 1000))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def address(data: bytes, kind: str = "image/png") -> str:
    """The data as an address."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _jpeg(*frames: tuple[int, int]) -> bytes:
    """The head of a JPEG whose frames say these sizes."""
    segments = [b"\xff\xe0\0\x04ok"]
    segments += [b"\xff\xc2\0\x0b\x08" + struct.pack(">HH", high, wide) + b"\1\1\x11\0" for wide, high in frames]
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\0\x02\xff\xd9"


def test_only_small_pictures_in_two_formats_are_avatars() -> None:
    good = [address(png(1, MAX_PIXELS)), address(_jpeg((96, 96)), "image/jpeg")]
    assert [small_picture(each) for each in good] == good
    bad = {
        "an address elsewhere": "https://tracker.example/1.png",
        "a script": "javascript:alert(1)",
        "a drawing with scripts": address(b"<svg onload=alert(1)>", "image/svg+xml"),
        "a page": address(b"<script>", "text/html"),
        "letters of another type": address(png(9, 9), "image/webp"),
        "a drawing that says it is a picture": address(b"<svg onload=alert(1)>"),
        "a picture of the other type": address(png(9, 9), "image/jpeg"),
        "many pixels in few bytes": address(png(20_000, 20_000)),
        "too wide": address(png(MAX_PIXELS + 1, 1)),
        "no pixels": address(png(0, 5)),
        "an animation": address(png(9, 9, b"\0\0\0\x08acTL\0\0\0\x09\0\0\0\0____")),
        "too many bytes": address(png(9, 9) + b"\0" * MAX_BYTES),
        "a large JPEG": address(_jpeg((9, 60_000)), "image/jpeg"),
        "a JPEG of two sizes": address(_jpeg((9, 9), (60_000, 60_000)), "image/jpeg"),
        "a JPEG without a size": address(_jpeg(), "image/jpeg"),
        "a cut JPEG": address(b"\xff\xd8\xff\xc2\0\x0b", "image/jpeg"),
        "a JPEG of endless segments": address(b"\xff\xd8\xff\xe0\0\0" * 9, "image/jpeg"),
        "bad letters": "data:image/png;base64,iVBO\nRw0KGgo=",
        "bad padding": "data:image/png;base64,iVBORw0KGgo===",
        "nothing": "data:image/png;base64,",
        "a style": address(png(9, 9)) + '" onerror="alert(1)',
    }
    for name, each in bad.items():
        with pytest.raises(InvalidValue):
            print(name, small_picture(each))
