"""The part of a sheet as bytes: searches all of it before its rows are read, and returns its rows in batches.

A range can start at any row of a sheet. Parsing all earlier rows for each range would take quadratic time; counting
them takes almost none.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from extraction.sheets import merged_cells, plain_xml

_LOOK_BYTES = 1_048_576
_BATCH_BYTES = 262_144
_OVERLAP = 4096
_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?:\s[^>]*)?(?<!/)>")


@dataclass(frozen=True)
class Look:
    """The merged ranges of a sheet (top, left, bottom, right, from 1), and whether `batches` can read its rows."""

    merged: list[tuple[int, int, int, int]]
    is_plain: bool


@dataclass(frozen=True)
class Batch:
    """Whole rows as a separate XML document, and their number.

    In the last batch `rest` is everything after the rows, also as an XML document.
    """

    xml: bytes
    rows: int
    rest: IO[bytes] | None = None


def look(stream: IO[bytes]) -> Look:
    """Searches all of a part. It finds no merged ranges in UTF-16."""
    merged: list[tuple[int, int, int, int]] = []
    text = stream.read(_LOOK_BYTES)
    begin = plain_xml.begin_of(text)
    is_plain = begin is not None and plain_xml.is_plain(text, begin)
    has_merged = False
    while text:
        has_merged = has_merged or merged_cells.begin_in(text)
        end = merged_cells.add_ranges(text, merged) if has_merged else 0
        chunk = stream.read(_LOOK_BYTES)
        text = text[max(end, len(text) - _OVERLAP) :] + chunk if chunk else b""
        is_plain = is_plain and plain_xml.is_plain(text, 0)
    return Look(merged, is_plain)


def batches(stream: IO[bytes]) -> Iterator[Batch]:
    """The rows of a plain part, in order."""
    buffer = bytearray()
    while (data := _DATA.search(buffer)) is None:
        if not (chunk := stream.read(_BATCH_BYTES)):
            yield Batch(b"", 0, io.BufferedReader(_Joined(bytes(buffer), stream)))  # a sheet without rows
            return
        buffer += chunk
    root = plain_xml.ROOT.search(buffer)
    assert root is not None  # noqa: S101  the rows' parent is an element too
    opening, closing = root[0] + data[0], b"</%ssheetData></%s>" % (data[1], root[1])
    tag, end_tag = b"<%srow" % data[1], b"</%ssheetData" % data[1]
    row = re.compile(re.escape(tag) + rb"[\s/>]")
    del buffer[: data.end()]
    searched = 0
    while (end := buffer.find(end_tag, searched)) < 0:
        last = _last_row(buffer, tag, searched)
        if last > 0:
            rows = bytes(buffer[:last])
            yield Batch(opening + rows + closing, len(row.findall(rows)))
            del buffer[:last]
        searched = max(0, len(buffer) - len(end_tag))
        if not (chunk := stream.read(_BATCH_BYTES)):
            break
        buffer += chunk
    rows = bytes(buffer if end < 0 else buffer[:end])
    rest = opening + bytes(b"" if end < 0 else buffer[end:])
    yield Batch(opening + rows + closing, len(row.findall(rows)), io.BufferedReader(_Joined(rest, stream)))


def _last_row(buffer: bytearray, tag: bytes, begin: int) -> int:
    """Where the last row begins at or after `begin`; -1 for none."""
    found = len(buffer)
    while (found := buffer.rfind(tag, begin, found + len(tag) - 1)) >= 0:
        if bytes(buffer[found + len(tag) : found + len(tag) + 1]) in (b" ", b">", b"/", b"\t", b"\r", b"\n"):
            return found
    return -1


class _Joined(io.RawIOBase):
    """Bytes, followed by the rest of a stream, as one stream."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the signature of the base is wider
        size = len(buffer)
        part, self._first = self._first[:size], self._first[size:]
        data = part or self._rest.read(size)
        buffer[: len(data)] = data
        return len(data)
