"""What generated pictures say of themselves in their files, in each format, without a pixel changed."""

import struct
import zlib
from collections.abc import Iterator

import pytest

from oneai.chat.attachments.provenance import SOURCE_TYPE, label
from tests.chat.pictures import fetched
from tests.world import World

FIELD = f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"'.encode()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    [
        png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        png_chunk(b"IDAT", zlib.compress(b"\0\0")),
        png_chunk(b"IEND", b""),
    ]
)
JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
EXIF = b"\xff\xe1\x00\x0aExif\0\0II"
SCAN = b"\xff\xdb\x00\x04\0\0\xff\xda\x00\x02\x00\xff\xd9"
GIF = b"GIF87a\x01\x00\x01\x00\x80\x00\x00" + b"\0" * 6 + b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP file of these chunks."""
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a WebP file, whose size has to be right."""
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    at = 12
    while at < len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG file, whose checksums have to be right."""
    at = 8
    while at < len(data):
        size = struct.unpack(">I", data[at : at + 4])[0]
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        yield kind, body
        at += 12 + size


def test_a_png_is_labelled_in_a_text_chunk_after_its_header() -> None:
    chunks = list(png_chunks(label(PNG, "image/png")))

    assert [kind for kind, _ in chunks] == [b"IHDR", b"iTXt", b"IDAT", b"IEND"]
    assert chunks[1][1].startswith(b"XML:com.adobe.xmp\0\0\0\0\0<?xpacket")
    assert FIELD in chunks[1][1]
    assert [chunk for chunk in chunks if chunk[0] != b"iTXt"] == list(png_chunks(PNG))


@pytest.mark.parametrize("before", [b"", JFIF, JFIF + EXIF])
def test_a_jpeg_is_labelled_in_a_segment_after_the_leading_ones(before: bytes) -> None:
    picture = b"\xff\xd8" + before + SCAN

    labelled = label(picture, "image/jpeg")

    segment = labelled[2 + len(before) : -len(SCAN)]
    assert labelled == b"\xff\xd8" + before + segment + SCAN
    assert (segment[:2], struct.unpack(">H", segment[2:4])[0]) == (b"\xff\xe1", len(segment) - 2)
    assert segment[4:].startswith(b"http://ns.adobe.com/xap/1.0/\0<?xpacket")
    assert FIELD in segment


# 300 x 200 pixels each, as the formats write it.
LOSSY = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 300, 200) + b"frame"
LOSSLESS = b"\x2f" + struct.pack("<I", 299 | 199 << 14 | 1 << 28) + b"frame"
CANVAS = (299).to_bytes(3, "little") + (199).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("picture", "flags"),
    [
        (webp((b"VP8 ", LOSSY)), 0x04),
        (webp((b"VP8L", LOSSLESS)), 0x14),
        (webp((b"VP8X", b"\x10\0\0\0" + CANVAS), (b"VP8L", LOSSLESS)), 0x14),
    ],
    ids=["lossy", "lossless", "extended"],
)
def test_a_webp_announces_its_label_in_the_extended_header(picture: bytes, flags: int) -> None:
    chunks = list(webp_chunks(label(picture, "image/webp")))

    assert chunks[0] == (b"VP8X", bytes([flags, 0, 0, 0]) + CANVAS)
    assert chunks[-1][0] == b"XMP "
    assert FIELD in chunks[-1][1]
    assert chunks[-2] == list(webp_chunks(picture))[-1]


def test_a_gif_is_labelled_in_an_extension_that_other_readers_skip() -> None:
    labelled = label(GIF, "image/gif")

    at = labelled.index(b"\x21\xff\x0bXMP DataXMP") + 14
    assert FIELD in labelled
    # As a reader that knows no XMP does: from block to block by their lengths, to the one of length 0.
    while labelled[at]:
        at += 1 + labelled[at]
    assert labelled[at + 1 :] == GIF[GIF.index(b"\x2c") :]


def test_an_existing_label_or_manifest_is_kept() -> None:
    once = label(PNG, "image/png")
    store = bytes.fromhex("0000002D 6A756D62 00000025 6A756D64 63327061 0011 0010 8000 00AA00389B71 03") + b"c2pa\0"
    signed = PNG[:33] + png_chunk(b"caBX", store) + PNG[33:]

    assert label(once, "image/png") == once
    assert label(signed, "image/png") == signed


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"])
@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"\0" * 40])
def test_data_that_is_not_a_picture_is_unchanged(data: bytes, media_type: str) -> None:
    assert label(data, media_type) == data


async def test_a_generated_image_is_stored_with_its_label(world: World) -> None:
    result = await world.ask("Draw a monsoon", model="google/gemini-2.5-flash-image")
    page = (await world.get(f"/conversations/{result.start['conversation_id']}/messages")).json()
    (image,) = page["items"][-1]["metadata"]["images"]

    stored = (await fetched(world, image["url"])).content

    assert FIELD in stored
    assert len(stored) == image["size"]
    assert [kind for kind, _ in png_chunks(stored)][:2] == [b"IHDR", b"iTXt"]
