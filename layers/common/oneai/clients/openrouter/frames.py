"""Parsing bytes, split anywhere, into JSON objects: OpenRouter's server-sent events, or one padded body."""

import json
from decimal import Decimal
from typing import Any

type Frame = dict[str, Any]

# Only usage has fractions, so exact decimals cost nothing per chunk.
_scan = json.JSONDecoder(parse_float=Decimal).raw_decode

# Of one event or one JSON body: several large images in base64.
MOST_BYTES = 64 * 1024 * 1024

UNREADABLE: Frame = {"error": {"code": 502, "message": "a frame that is not JSON"}}
TOO_LARGE: Frame = {"error": {"code": 502, "message": "a frame that is too large"}}


class FrameParser:
    """Takes every network read and returns the objects it completed.

    Every event is one `data:` line, so blank lines and comments are ignored. A response that begins with a brace is not
    a stream but one JSON body, padded with white space while the model was reasoning.
    """

    __slots__ = ("_at_start", "_is_json_body", "_parts", "_size", "done", "escapes")

    def __init__(self) -> None:
        self.done = False  # `[DONE]` was read
        self.escapes = False  # the last read had \u escapes, which may encode a NUL or a lone surrogate
        self._at_start = True
        self._is_json_body = False
        self._size = 0  # of the incomplete line
        self._parts: list[
            bytes
        ] = []  # the incomplete line; joined once, as joining every read of an image would take minutes

    def feed(self, data: bytes) -> list[Frame]:
        """The objects completed by these bytes."""
        if self._at_start:
            data = data.lstrip()
            if not data:
                return []
            self._at_start = False
            self._is_json_body = data.startswith((b"{", b"["))
        end = -1 if self._is_json_body else data.rfind(b"\n")
        if end < 0:
            self._parts.append(data)
            self._size += len(data)
            return [] if self._size <= MOST_BYTES else self._give_up()
        self._size = len(data) - end - 1
        complete = data[:end]
        if self._parts:
            self._parts.append(complete)
            complete = b"".join(self._parts)
            self._parts.clear()
        if end + 1 < len(data):
            self._parts.append(data[end + 1 :])
        return self._objects(complete.decode("utf-8", "replace"))

    def finish(self) -> list[Frame]:
        """The objects in the rest when the connection has ended."""
        rest = b"".join(self._parts).decode("utf-8", "replace")
        self._parts.clear()
        if self._is_json_body:
            self.escapes = "\\u" in rest
            return [_object(rest, 0)]
        return self._objects(rest)

    def _give_up(self) -> list[Frame]:
        """Nothing more is read of an event that is larger than any that makes sense."""
        self._parts.clear()
        self._size = 0
        return [TOO_LARGE]

    def _objects(self, text: str) -> list[Frame]:
        self.escapes = "\\u" in text
        objects: list[Frame] = []
        for line in text.split("\n"):
            if not line.startswith("data:") or self.done:
                continue
            start = 6 if line.startswith(" ", 5) else 5
            if line.startswith("{", start):
                objects.append(_object(line, start))
            elif line.startswith("[DONE]", start):
                self.done = True
            elif line[start:].strip():
                objects.append(UNREADABLE)
        return objects


def _object(text: str, start: int) -> Frame:
    try:
        value = _scan(text, start)[0]
    except (ValueError, RecursionError):
        return UNREADABLE
    return value if isinstance(value, dict) else UNREADABLE
