"""Reads uploaded files for import: a JSON file, or a zip with such files, one conversation after the other.

Input is untrusted: files are read and unpacked in pieces, and refused as soon as they exceed the size of any real
export.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from oneai.conversations.archive import limits
from oneai.conversations.archive.json_values import PIECE, JsonValues, UnreadableFile

ENTRY_BEGINS = b"PK\x01\x02"
_JSON_NAME = re.compile(r"\.json(?:\.txt|\s*\(\d+\))?$")


class FileItem(NamedTuple):
    """One unvalidated conversation of the file; `percent` of the file has been read."""

    value: Any
    percent: int


def conversations(path: Path) -> Iterator[FileItem]:
    """Every conversation in the order of the file, which is stable. Raises UnreadableFile."""
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


def _has_conversations(name: str) -> bool:
    """Whether an entry of a zip file is ours, in a folder of conversations, or ChatGPT's or Claude's.

    Their file is `conversations.json`; several files are numbered, and browsers and systems name a second copy in their
    language: `conversations (1).json`, `conversations.json (1)`, `Kopie von conversations.json`. Editors write
    `conversations.json.txt`. ChatGPT's list of shared links has no messages, and macOS adds a file with attributes for
    each.
    """
    *folders, base = name.replace("\\", "/").lower().split("/")
    if not _JSON_NAME.search(base) or base.startswith("._") or "__macosx" in folders:
        return False
    in_folder = bool(folders) and (folders[-1] + " ").startswith(("conversations ", "conversations("))
    return in_folder or ("conversations" in base and "shared" not in base)


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise UnreadableFile("The zip file is damaged, encrypted, or uses an unknown compression.") from None


def _of_json(file: IO[bytes], size: int) -> Iterator[FileItem]:
    counted = _CountingReader(file, max(size, 1))
    for value in _each(JsonValues(counted)):
        yield FileItem(value, min(99, counted.read_so_far * 100 // max(size, 1)))


def _each(values: JsonValues) -> Iterator[Any]:
    """Each conversation; an object with a list of conversations, as some exporters write it, is split up."""
    for value in values.each():
        listed = value.get("conversations") if isinstance(value, dict) else None
        if isinstance(listed, list):
            yield from listed
        else:
            yield value


@contextmanager
def _archive(file: IO[bytes], size: int) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo], int]]:
    """A zip file, its entries with conversations, and their limit in unpacked bytes. Raises UnreadableFile."""
    most = min(limits.UNPACKED_BYTES, max(limits.UNPACKED_MIN_BYTES, size * limits.UNPACKED_RATIO))
    if _entries(file) > limits.ENTRIES:
        raise UnreadableFile(f"The zip file has more than {limits.ENTRIES} entries.")
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if _has_conversations(entry.filename)]
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
                for value in _each(JsonValues(counted)):
                    yield FileItem(value, min(99, (read + counted.read_so_far) * 100 // max(total, 1)))
                read += counted.read_so_far


def _entries(file: IO[bytes]) -> int:
    """An upper bound of a zip's entries, because zipfile would create an object for each before counting them."""
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
        self._file, self._max_bytes, self.read_so_far = file, most, 0

    def readable(self) -> bool:
        """Part of `RawIOBase`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Part of `RawIOBase`."""
        piece = self._file.read(min(len(buffer), PIECE))
        self.read_so_far += len(piece)
        if self.read_so_far > self._max_bytes:
            _refuse_zip_bomb()
        buffer[: len(piece)] = piece
        return len(piece)
