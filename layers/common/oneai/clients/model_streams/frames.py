"""Parsing bytes, split anywhere, into JSON objects: OpenRouter's server-sent events, or one padded body.

Events are read as https://html.spec.whatwg.org/multipage/server-sent-events.html has them: lines end in LF, CR or CRLF,
the data of several `data:` lines is joined by line feeds, a byte order mark at the start and comments mean nothing.
"""

import json
from decimal import Decimal
from typing import Any

type Frame = dict[str, Any]

# Only usage has fractions, so exact decimals cost nothing per chunk. Not strict: a line feed that joins two `data:`
# lines may stand within a string.
_scan = json.JSONDecoder(parse_float=Decimal, strict=False).raw_decode

# Of one event or one JSON body: several large images in base64.
MAX_BYTES = 64 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

UNREADABLE: Frame = {"error": {"code": 502, "message": "a frame that is not JSON"}}
TOO_LARGE: Frame = {"error": {"code": 502, "message": "a frame that is too large"}}


class FrameParser:
    """Takes every network read and returns the objects it completed.

    A `data:` line that is a whole JSON object is returned at once, without waiting for the blank line after it: most
    events are such lines, and some upstreams send no blank lines. Of an event that is named `error`, the data is an
    error. A response that begins with a brace is not a stream but one JSON body, padded with white space while the
    model was reasoning.
    """

    __slots__ = (
        "_after_cr",
        "_at_start",
        "_data",
        "_event",
        "_is_json_body",
        "_parts",
        "_size",
        "done",
        "escapes",
    )

    def __init__(self) -> None:
        self.done = False  # `[DONE]` was read
        self.escapes = False  # the last read had \u escapes, which may encode a NUL or a lone surrogate
        self._at_start = True
        self._is_json_body = False
        self._after_cr = False  # the last read ended in CR: a LF that follows ends the same line
        self._event = ""  # the name of the event whose lines are being read
        self._data: list[str] = []  # the data of its lines so far, where they are no object by themselves
        self._size = 0  # of the incomplete line, and of that data
        self._parts: list[
            bytes
        ] = []  # the incomplete line; joined once, as joining every read of an image would take minutes

    def feed(self, data: bytes) -> list[Frame]:
        """The objects completed by these bytes."""
        if self._at_start:
            data = self._start(data)
        if not self._is_json_body and (self._after_cr or b"\r" in data):
            data = self._with_line_feeds(data)
        end = -1 if self._is_json_body else data.rfind(b"\n")
        if end < 0:
            if data:
                self._parts.append(data)
                self._size += len(data)
            return [] if self._size <= MAX_BYTES else self._give_up()
        complete = data[:end]
        if self._parts:
            self._parts.append(complete)
            complete = b"".join(self._parts)
            self._parts.clear()
        if end + 1 < len(data):
            self._parts.append(data[end + 1 :])
        objects = self._objects(complete.decode("utf-8", "replace"))
        self._size = len(data) - end - 1 + sum(map(len, self._data))
        return objects if self._size <= MAX_BYTES else [*objects, *self._give_up()]

    def finish(self) -> list[Frame]:
        """The objects in the rest when the connection has ended."""
        rest = b"".join(self._parts).decode("utf-8", "replace")
        self._parts.clear()
        if self._is_json_body:
            self.escapes = "\\u" in rest
            return [_object(rest, 0)]
        objects = self._objects(rest)
        self._dispatch(objects)
        return objects

    def _start(self, data: bytes) -> bytes:
        """The bytes without a byte order mark and white space before them; none until it is known what they begin."""
        data = b"".join([*self._parts, data]).lstrip()
        self._parts.clear()
        self._size = 0
        if len(data) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(data):
            return data
        data = data.removeprefix(BYTE_ORDER_MARK).lstrip()
        self._at_start = not data
        self._is_json_body = data.startswith((b"{", b"["))
        return data

    def _with_line_feeds(self, data: bytes) -> bytes:
        """The bytes with every line end as LF."""
        if not data:
            return data
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _give_up(self) -> list[Frame]:
        """Nothing more is read of an event that is larger than any that makes sense."""
        self._parts.clear()
        self._data.clear()
        self._size = 0
        return [TOO_LARGE]

    def _objects(self, text: str) -> list[Frame]:
        """The objects in these lines. One that is not whole yet is kept for the lines after them."""
        self.escapes = "\\u" in text or any("\\u" in part for part in self._data)
        objects: list[Frame] = []
        # The end of the last line is not part of `text`: an empty line at its end is a blank line.
        for line in text.split("\n"):
            if line.startswith("data:"):
                if not self.done:
                    self._add_data(line, 6 if line.startswith(" ", 5) else 5, objects)
            elif not line:
                self._dispatch(objects)
            elif line.startswith("event:"):
                self._event = line[6:].strip()
        return objects

    def _add_data(self, line: str, start: int, objects: list[Frame]) -> None:
        if not self._data:
            if line.startswith("{", start):
                try:
                    value, end = _scan(line, start)
                except RecursionError:
                    objects.append(UNREADABLE)
                    return
                except ValueError:
                    value, end = None, 0
                if isinstance(value, dict) and not line[end:].strip():
                    objects.append(self._named(value))
                    return
            elif line.startswith("[DONE]", start):
                self.done = True
                return
            elif not line[start:].strip():
                return
        self._data.append(line[start:])

    def _dispatch(self, objects: list[Frame]) -> None:
        """The end of an event: what its lines are together."""
        if self._data:
            text = "\n".join(self._data)
            self._data.clear()
            value = _object(text, len(text) - len(text.lstrip()))
            if value is UNREADABLE and self._event == "error":
                value = {"error": text}
            # Some upstreams keep a connection alive with `null` or a word. No answer is in what is neither object nor
            # list.
            if value is not UNREADABLE or text.lstrip().startswith(("{", "[")):
                objects.append(self._named(value))
        self._event = ""

    def _named(self, value: Frame) -> Frame:
        """The object; of an event that is named `error`, as an error."""
        return {"error": value} if self._event == "error" and "error" not in value else value


def _object(text: str, start: int) -> Frame:
    try:
        value = _scan(text, start)[0]
    except (ValueError, RecursionError):
        return UNREADABLE
    return value if isinstance(value, dict) else UNREADABLE
