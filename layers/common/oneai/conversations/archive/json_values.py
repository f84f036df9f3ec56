"""Reads the values of a long JSON text one by one, without storing what was read."""

import codecs
import io
import json
from collections.abc import Iterator
from typing import Any, NoReturn

from oneai.conversations.archive import limits

PIECE = 1_000_000


class UnreadableFile(Exception):
    """The rest of the file cannot be read; the message explains why."""


class JsonValues:
    """The conversations in one JSON text: the items of an array, or a single object."""

    def __init__(self, file: io.RawIOBase) -> None:
        buffered = io.BufferedReader(file, PIECE)
        # Some editors and shells save UTF-16; all of them write its byte order mark.
        wide = buffered.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._text = io.TextIOWrapper(buffered, "utf-16" if wide else "utf-8-sig", "replace")
        self._decoder = json.JSONDecoder(parse_constant=_no_number)
        self._buffer, self._at, self._ended = "", 0, False

    def each(self) -> Iterator[Any]:
        """Yields each value. Raises UnreadableFile for invalid JSON, or an item that is too large."""
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
        """The next character that is not white space; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def _value(self) -> Any:
        if self._sign() not in ("{", "["):  # other values are not conversations, and a number has no end marker
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
        """Doubles the buffer, so that long values are not parsed again too often; False at the end."""
        self._buffer, self._at = self._buffer[self._at :], 0
        if len(self._buffer) > limits.CONVERSATION_CHARACTERS:
            raise UnreadableFile(
                f"One conversation is larger than {limits.CONVERSATION_CHARACTERS // 1_000_000} MB, "
                "or the file was changed after the export."
            )
        piece = self._text.read(max(len(self._buffer), PIECE))
        self._buffer += piece
        return bool(piece)

    def _refuse(self) -> NoReturn:
        raise UnreadableFile("The file is not JSON, or it is damaged.")


def _no_number(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")
