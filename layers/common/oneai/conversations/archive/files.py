"""Reads uploaded files for import: a JSON file, or a zip with such files, one conversation after the other.

Input is untrusted: files are read and unpacked in pieces, and refused as soon as they exceed the size of any real
export.
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from oneai.conversations.archive import limits

PIECE = 1_000_000
# `conversations.json` is ChatGPT's and Claude's, numbered if there are several; the folder is ours.
CONVERSATIONS = re.compile(r"(^|/)conversations(-\d+)?\.json$|^conversations/[^/]+\.json$", re.IGNORECASE)
ENTRY_BEGINS = b"PK\x01\x02"


class UnreadableFile(Exception):
    """The file cannot be read any further; the message tells the user why."""


class FileItem(NamedTuple):
    """One unvalidated conversation of the file; `percent` of the file is read."""

    value: Any
    percent: int


def conversations(path: Path) -> Iterator[FileItem]:
    """Every conversation in the file's order, which is stable. Raises UnreadableFile."""
    if path.stat().st_size > limits.FILE_BYTES:
        raise UnreadableFile(f"The file is larger than {limits.FILE_BYTES // 1_000_000} MB.")
    with path.open("rb") as file, _readable_errors():
        size = path.stat().st_size
        yield from _of_zip(file, size) if _is_zip(file) else _of_json(file, size)


def json_bytes(path: Path) -> int:
    """The size of the file's JSON, an upper bound of the text in it. Raises UnreadableFile."""
    with path.open("rb") as file, _readable_errors():
        if not _is_zip(file):
            return path.stat().st_size
        with _archive(file, path.stat().st_size) as (_, entries, _):
            return sum(entry.file_size for entry in entries)


def _is_zip(file: IO[bytes]) -> bool:
    packed = file.read(4).startswith(b"PK")
    file.seek(0)
    return packed


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise UnreadableFile("The zip file is damaged, encrypted or packed in a way we do not know.") from None


def _of_json(file: IO[bytes], size: int) -> Iterator[FileItem]:
    counted = _CountingReader(file, max(size, 1))
    for value in _JsonValues(counted).each():
        yield FileItem(value, min(99, counted.read_so_far * 100 // max(size, 1)))


@contextmanager
def _archive(file: IO[bytes], size: int) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo], int]]:
    """A zip file, its entries with conversations, and their limit in unpacked bytes. Raises UnreadableFile."""
    most = min(limits.UNPACKED_BYTES, max(limits.UNPACKED_MIN_BYTES, size * limits.UNPACKED_RATIO))
    if _entries(file) > limits.ENTRIES:
        raise UnreadableFile(f"The zip file has more than {limits.ENTRIES} entries.")
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if CONVERSATIONS.search(entry.filename)]
        if not entries:
            raise UnreadableFile("There are no conversations in this zip file.")
        if {entry.compress_type for entry in entries} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise zipfile.BadZipFile
        if sum(entry.file_size for entry in entries) > most:
            _refuse_zip_bomb()
        yield archive, entries, most


def _of_zip(file: IO[bytes], size: int) -> Iterator[FileItem]:
    with _archive(file, size) as (archive, entries, most):
        total = sum(entry.file_size for entry in entries)
        read = 0
        for entry in entries:
            with archive.open(entry) as member:
                counted = _CountingReader(member, most - read)
                for value in _JsonValues(counted).each():
                    yield FileItem(value, min(99, (read + counted.read_so_far) * 100 // max(total, 1)))
                read += counted.read_so_far


def _entries(file: IO[bytes]) -> int:
    """An upper bound of a zip's entries: zipfile would create an object for each before they could be counted."""
    count, tail = 0, b""
    while piece := file.read(PIECE):
        count += (tail + piece).count(ENTRY_BEGINS)
        tail = piece[-3:]
    file.seek(0)
    return count


def _refuse_zip_bomb() -> NoReturn:
    raise UnreadableFile("The zip file would be too large when unpacked.")


class _CountingReader(io.RawIOBase):
    """A reader that counts bytes and refuses more than `most`."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most, self.read_so_far = file, most, 0

    def readable(self) -> bool:
        """Part of `RawIOBase`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Part of `RawIOBase`."""
        piece = self._file.read(min(len(buffer), PIECE))
        self.read_so_far += len(piece)
        if self.read_so_far > self._most:
            _refuse_zip_bomb()
        buffer[: len(piece)] = piece
        return len(piece)


class _JsonValues:
    """The conversations in one JSON text: the items of an array, or a single object."""

    def __init__(self, file: _CountingReader) -> None:
        self._text = io.TextIOWrapper(io.BufferedReader(file, PIECE), "utf-8-sig", "replace")
        self._decoder = json.JSONDecoder(parse_constant=_no_number)
        self._buffer, self._at, self._ended = "", 0, False

    def each(self) -> Iterator[Any]:
        """Yields one after the other. Raises UnreadableFile for invalid JSON, or an item that is too large."""
        if self._sign() != "[":
            yield self._value()
            return self._end()
        self._at += 1
        if self._sign() == "]":
            self._at += 1
            return self._end()
        while True:
            yield self._value()
            sign = self._sign()
            self._at += 1
            if sign == "]":
                return self._end()
            if sign != ",":
                self._refuse()

    def _end(self) -> None:
        if self._sign():
            self._refuse()

    def _sign(self) -> str:
        """The next character that is no whitespace; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        if self._sign() not in ("{", "["):  # other values are no conversations, and a number has no end marker
            self._refuse()
        while True:
            try:
                value, self._at = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                unfinished = error.msg.startswith("Unterminated") or error.pos >= len(self._buffer) - 12
                if not unfinished or not self._more():
                    self._refuse()
            except (ValueError, RecursionError):
                self._refuse()
            else:
                return value

    def _more(self) -> bool:
        """Doubles the buffer, so that long values are not re-parsed too often; false at the end."""
        self._buffer, self._at = self._buffer[self._at :], 0
        if len(self._buffer) > limits.CONVERSATION_CHARACTERS:
            raise UnreadableFile(
                f"One conversation is larger than {limits.CONVERSATION_CHARACTERS // 1_000_000} MB, "
                "or the file is not as it was exported."
            )
        piece = self._text.read(max(len(self._buffer), PIECE))
        self._buffer += piece
        return bool(piece)

    def _refuse(self) -> NoReturn:
        raise UnreadableFile("The file is not JSON, or it is damaged.")


def _no_number(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")
