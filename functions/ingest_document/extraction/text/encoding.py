"""Finds the encoding of a text. A byte order mark states it, UTF-8 is verified by decoding, and UTF-16 and UTF-32 are
recognized by their zero bytes. Other encodings are guessed (`encoding_guess`) from everything that is not ASCII."""

import codecs
import io
import re
from collections.abc import Callable
from typing import IO

from extraction.text import encoding_guess

_SAMPLE_BYTES = 65_536
_CHUNK_BYTES = 1_048_576
# The maximum size of the lines that are not ASCII, for a guess.
_EVIDENCE_BYTES = 262_144
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that no encoding of text has: control characters except tab, line ends, form feed and escape.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_DECLARED = re.compile(rb"(?:charset\s*=|<\?xml[^>]{0,100}?encoding\s*=)\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
# One of this many UTF-8 sequences may be broken, because files are cut, and joined from others.
_SOUND_TO_BROKEN = 10


def is_text(file: IO[bytes]) -> bool:
    """Whether its beginning is text in any encoding."""
    sample = _sample(file)
    if _by_mark(sample) or _by_zeros(sample):
        return True
    filled = sample.rstrip(b"\0")  # some programs fill the last block of a file
    return len(_CONTROLS.findall(filled)) * 200 <= len(filled) and len(filled) * 8 >= len(sample)


def open_text(file: IO[bytes], *, newline: str | None = None, declares: bool = False) -> io.TextIOWrapper:
    """The file as text from its beginning; invalid bytes become U+FFFD.

    `declares` is for HTML, whose head may name its encoding. `newline` as in `open`.
    """
    name = detect(file, declares=declares)
    file.seek(0)
    return io.TextIOWrapper(io.BufferedReader(_Unclosed(file)), encoding=name, errors="replace", newline=newline)


def share_read(file: IO[bytes]) -> Callable[[], float]:
    """A function that returns how much of the file has been read, from 0 to 1; get it before reading."""
    size = max(1, file.seek(0, io.SEEK_END))
    return lambda: min(1.0, file.tell() / size)


def detect(file: IO[bytes], *, declares: bool = False) -> str:
    """Python's name for its encoding."""
    sample = _sample(file)
    if known := _by_mark(sample) or _by_zeros(sample):
        return known
    evidence, is_utf8 = _evidence(file)
    if declares and (declared := _DECLARED.search(sample[:2048])):
        name = encoding_guess.python_name(declared[1].decode("ascii"))
        # A declaration that is readable as ASCII cannot be in UTF-16.
        if name is not None and not name.startswith(("utf-16", "utf-32")) and encoding_guess.fits(evidence, name):
            return name
    if known := _escapes(sample):
        return known
    return "utf-8" if is_utf8 else encoding_guess.of(evidence)


def _sample(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_SAMPLE_BYTES)


def _by_mark(sample: bytes) -> str | None:
    return next((name for mark, name in _MARKS if sample.startswith(mark)), None)


def _by_zeros(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: spaces and line ends have a zero byte beside them, always on the same side."""
    zeros = sample.count(0)
    if len(sample) < 4 or not zeros or (zeros * 4 < len(sample) and _is_plain(sample.replace(b"\0", b""))):
        return None
    for name, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        whole = sample[: len(sample) // width * width]
        high, low = (whole[width - 1 :: width], whole[::width])
        if name.endswith("be"):
            high, low = low, high
        if (width == 4 and any(high)) or (width == 2 and not _has_spaces(high, low)):
            continue
        text = codecs.getincrementaldecoder(name)("ignore").decode(whole)
        if (len(text) + 1) * width >= len(whole) and encoding_guess.is_readable(text):
            return name
    return None


def _has_spaces(high: bytes, low: bytes) -> bool:
    """Whether enough units are ASCII, such as spaces, and almost none are with their bytes exchanged."""
    units = sum(above == 0 and 9 <= below < 127 for above, below in zip(high, low, strict=False))
    exchanged = sum(below == 0 and 9 <= above < 127 for above, below in zip(high, low, strict=False))
    return units > 5 * exchanged and units * 100 >= len(high)


def _is_plain(sample: bytes) -> bool:
    """Whether it is ASCII or UTF-8 without control characters."""
    text = sample.decode("utf-8", "ignore")
    return len(text.encode()) + 4 > len(sample) and len(_CONTROLS.findall(sample)) * 200 <= len(sample)


def _escapes(sample: bytes) -> str | None:
    """ISO 2022, the encoding of Japanese mail: seven bits, and escapes between scripts."""
    if b"\x1b$" not in sample:
        return None
    text = codecs.getincrementaldecoder("iso2022_jp_2")("replace").decode(sample)
    return None if "\ufffd" in text else "iso2022_jp_2"


def _evidence(file: IO[bytes]) -> tuple[bytes, bool]:
    """The file's lines that are not ASCII, up to a limit; and whether it is UTF-8 except for a few bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    evidence = bytearray()
    sound = broken = 0
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        if len(evidence) < _EVIDENCE_BYTES:
            chunk += file.readline(_EVIDENCE_BYTES)
            evidence += b"\n".join(each for each in chunk.splitlines() if not each.isascii()) + b"\n"
        text = decoder.decode(chunk)
        replaced = text.count("\ufffd")
        broken += max(0, replaced - chunk.count(b"\xef\xbf\xbd"))
        sound += len(text) - len(text.encode("ascii", "ignore")) - replaced
    broken += len(decoder.decode(b"", final=True))
    return bytes(evidence[:_EVIDENCE_BYTES]), broken * _SOUND_TO_BROKEN <= sound


class _Unclosed(io.RawIOBase):
    """The file as a raw stream that stays open when its reader is discarded: each unit opens it again."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the signature of the base is wider
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
