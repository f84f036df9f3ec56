"""Labels a generated picture in its file as made by a model.

The field is IPTC's `DigitalSourceType` with the value `trainedAlgorithmicMedia`, in XMP (ISO 16684-1), which search
engines, editors and social networks read. A picture with a C2PA manifest is unchanged: the manifest says the same, and
its signature covers the bytes. The reasons are in docs/decisions/generated-pictures.md.
"""

import struct
import zlib
from collections.abc import Callable

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
# The type of the JUMBF box of C2PA manifests, in every format (C2PA 2.1, 11.1.4.2).
_C2PA = bytes.fromhex("63327061 0011 0010 8000 00AA00389B71")
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">AI-generated image</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF>
</x:xmpmeta><?xpacket end="r"?>""".encode()


def label(data: bytes, media_type: str) -> bytes:
    """Adds the field to the picture's file. A picture is unchanged if it already has the field or a C2PA manifest, or
    if its file is malformed: labelling never loses a picture."""
    embed = _BY_TYPE.get(media_type)
    if embed is None or SOURCE_TYPE.encode() in data or _C2PA in data:
        return data
    try:
        return embed(data)
    except (ValueError, IndexError, struct.error):
        return data


def _png(data: bytes) -> bytes:
    """An `iTXt` chunk after the header (PNG 3rd edition, 11.3.3.4; XMP part 3, 1.1.5)."""
    end = 8 + 12 + struct.unpack(">I", data[8:12])[0]
    if data[12:16] != b"IHDR" or end > len(data):
        raise ValueError
    body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + _XMP
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:end] + chunk + data[end:]


def _jpeg(data: bytes) -> bytes:
    """An `APP1` segment after those that have to come first, JFIF's and Exif's (XMP part 3, 1.1.3)."""
    at = 2
    while data[at : at + 2] == b"\xff\xe0" or (data[at : at + 2] == b"\xff\xe1" and data[at + 4 : at + 8] == b"Exif"):
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    if data[at] != 0xFF:
        raise ValueError
    body = _XMP_JPEG + _XMP
    return data[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[at:]


def _webp(data: bytes) -> bytes:
    """An `XMP ` chunk at the end, announced by the extended header (RFC 9649, 2.7)."""
    chunks = data[12 : 8 + struct.unpack("<I", data[4:8])[0]]
    kind = chunks[:4]
    if kind == b"VP8X":
        chunks = chunks[:8] + bytes([chunks[8] | _HAS_XMP]) + chunks[9:]
    elif kind in (b"VP8 ", b"VP8L"):
        width, height, flags = _webp_canvas(kind, chunks[8:])
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = b"VP8X" + struct.pack("<IB3x", 10, flags | _HAS_XMP) + size + chunks
    else:
        raise ValueError
    chunks += b"XMP " + struct.pack("<I", len(_XMP)) + _XMP + b"\0" * (len(_XMP) % 2)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


_HAS_XMP, _HAS_ALPHA = 0x04, 0x10


def _webp_canvas(kind: bytes, frame: bytes) -> tuple[int, int, int]:
    """Width, height and the transparency flag of a file without an extended header (RFC 6386, 9.1; RFC 9649)."""
    if kind == b"VP8L":
        if frame[0] != 0x2F:
            raise ValueError
        bits = struct.unpack("<I", frame[1:5])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, _HAS_ALPHA if bits >> 28 & 1 else 0
    if frame[3:6] != b"\x9d\x01\x2a":
        raise ValueError
    width, height = struct.unpack("<HH", frame[6:10])
    return width & 0x3FFF, height & 0x3FFF, 0


def _gif(data: bytes) -> bytes:
    """An application extension before the first picture (XMP part 3, 1.1.2). A "magic trailer" follows the text, so
    that readers that do not know the extension find its end."""
    if not data.startswith(b"GIF8"):
        raise ValueError
    packed = data[10]
    at = 13 + (3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0)
    if at >= len(data):
        raise ValueError
    trailer = bytes([1, *range(255, -1, -1), 0])
    return b"GIF89a" + data[6:at] + b"\x21\xff\x0bXMP DataXMP" + _XMP + trailer + data[at:]


_BY_TYPE: dict[str, Callable[[bytes], bytes]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/gif": _gif,
}
