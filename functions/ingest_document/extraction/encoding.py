"""Which encoding a text is in: a byte order mark says so, UTF-8 proves itself, UTF-16 shows by its zeros, the rest is
guessed by how much it looks like a language."""

import codecs
import io
import re
from collections.abc import Callable
from typing import IO

import charset_normalizer

_SAMPLE_BYTES = 65_536
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What no encoding of text has: control characters but for tab, line ends, form feed and escape.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
# Encodings that files of the last decades are in, by what can hardly be mistaken for another: of all that are known,
# some Baltic or Kazakh one would fit most French texts.
_USUAL = (
    *("shift_jis", "euc_jp", "euc_kr", "gb18030", "big5"),
    *("cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "koi8_r"),
)
# Of the West; and of a text too short to guess by.
_WESTERN = "cp1252"


def is_text(file: IO[bytes]) -> bool:
    """Whether its beginning is text in any encoding."""
    sample = _sample(file)
    if _by_mark(sample) or _by_zeros(sample):
        return True
    return len(_CONTROLS.findall(sample)) * 200 <= len(sample) and b"\0" not in sample


def open_text(file: IO[bytes], *, newline: str | None = None, declares: bool = False) -> io.TextIOWrapper:
    """The file as text from its beginning; what its encoding has no character for becomes U+FFFD.

    `declares` is for HTML, whose head may name its encoding. `newline` as in `open`.
    """
    name = detect(file, declares=declares)
    file.seek(0)
    return io.TextIOWrapper(io.BufferedReader(_Unclosed(file)), encoding=name, errors="replace", newline=newline)


def share_read(file: IO[bytes]) -> Callable[[], float]:
    """A function that says how much of the file has been read, from 0 to 1; to be asked for before that."""
    size = max(1, file.seek(0, io.SEEK_END))
    return lambda: min(1.0, file.tell() / size)


def detect(file: IO[bytes], *, declares: bool = False) -> str:
    """The name of its encoding, as Python has it."""
    sample = _sample(file)
    if known := _by_mark(sample) or _by_zeros(sample):
        return known
    if declares and (declared := _DECLARED.search(sample[:2048])) and _is_known(declared[1].decode("ascii")):
        return declared[1].decode("ascii")
    if _is_utf8(file):
        return "utf-8"
    whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
    matches = charset_normalizer.from_bytes(whole_lines, cp_isolation=list(_USUAL))
    best = matches.best()
    if best is None:
        return _WESTERN
    # French in Latin 2 looks as orderly as in Latin 1, and is rarer.
    western = next((each for each in matches if each.encoding == _WESTERN), best)
    return western.encoding if western.chaos <= best.chaos else best.encoding


def _sample(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_SAMPLE_BYTES)


def _by_mark(sample: bytes) -> str | None:
    return next((name for mark, name in _MARKS if sample.startswith(mark)), None)


def _by_zeros(sample: bytes) -> str | None:
    """UTF-16 without a mark: of Latin text every other byte is zero, and in no text two neighbours are."""
    if len(sample) < 4 or b"\0\0" in sample[: len(sample) // 2 * 2]:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 5 < len(sample) or min(even, odd) * 20 > len(sample):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(1_048_576):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_known(name: str) -> bool:
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    # A page could declare a codec that is none of text, such as zlib.
    return bool(getattr(codec, "_is_text_encoding", False))


class _Unclosed(io.RawIOBase):
    """The file as a raw stream that stays open when its reader is thrown away: each unit opens it anew."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the signature of the base is wider
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
