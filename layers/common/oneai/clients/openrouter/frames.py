"""From bytes, broken anywhere, to JSON objects: server-sent events as OpenRouter writes them, or one padded body."""

import json
from decimal import Decimal
from typing import Any

type Frame = dict[str, Any]

# Only usage has fractions, so exact money costs nothing per chunk.
_scan = json.JSONDecoder(parse_float=Decimal).raw_decode

UNREADABLE: Frame = {"error": {"code": 502, "message": "a frame that is not JSON"}}


class Frames:
    """Give it every network read; it gives back the objects that became whole.

    Every event is one `data:` line, so blank lines mean nothing, and comments none the more. An answer that begins with
    a brace is not a stream but one JSON body, padded with white space while the model was thinking.
    """

    __slots__ = ("_body", "_parts", "_pristine", "done", "escapes")

    def __init__(self) -> None:
        self.done = False  # `[DONE]` was read
        self.escapes = False  # the last read had \u escapes: a NUL or half a character may have come with them
        self._pristine = True
        self._body = False
        self._parts: list[bytes] = []  # what waits for its line to end; joined once, or an image would take minutes

    def feed(self, data: bytes) -> list[Frame]:
        """The objects completed by these bytes."""
        if self._pristine:
            data = data.lstrip()
            if not data:
                return []
            self._pristine = False
            self._body = data.startswith((b"{", b"["))
        end = -1 if self._body else data.rfind(b"\n")
        if end < 0:
            self._parts.append(data)
            return []
        whole = data[:end]
        if self._parts:
            self._parts.append(whole)
            whole = b"".join(self._parts)
            self._parts.clear()
        if end + 1 < len(data):
            self._parts.append(data[end + 1 :])
        return self._objects(whole.decode("utf-8", "replace"))

    def finish(self) -> list[Frame]:
        """The objects of what was left when the connection ended."""
        rest = b"".join(self._parts).decode("utf-8", "replace")
        self._parts.clear()
        if self._body:
            self.escapes = "\\u" in rest
            return [_object(rest, 0)]
        return self._objects(rest)

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
