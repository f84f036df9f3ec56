"""Parsing server-sent events whose data is text: Replicate's `output`, `logs`, `error` and `done`.

The lines of one event are joined by line feeds, so that a token that is a line feed is two empty lines of data.
"""

from typing import Any

# Of one event. A token is short, and an error too.
MAX_CHARACTERS = 1024 * 1024


class EventParser:
    """Takes every network read and returns the events that it completed, as `{"event", "data"}`."""

    def __init__(self) -> None:
        self.done = False
        # Text has no JSON escapes.
        self.escapes = False
        self._rest = b""
        self._event = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The events completed by these bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = [event for line in lines if (event := self._read(line)) is not None]
        if len(self._rest) + self._size > MAX_CHARACTERS:
            self._rest, self._data = b"", []
            events.append({"event": "error", "data": "an event that is too large"})
        return events

    def finish(self) -> list[dict[str, Any]]:
        """The event in the rest when the connection has ended, if it is whole."""
        rest, self._rest = self._rest, b""
        return [event for line in (rest, b"") if (event := self._read(line)) is not None]

    def _read(self, raw: bytes) -> dict[str, Any] | None:
        line = raw.removesuffix(b"\r").decode("utf-8", "replace")
        if line.startswith("data:"):
            self._data.append(line[6:] if line.startswith(" ", 5) else line[5:])
            self._size += len(line)
        elif line.startswith("event:"):
            self._event = line[6:].strip()
        elif not line:
            event, data = self._event or "message", self._data
            self._event, self._data, self._size = "", [], 0
            if data:
                return {"event": event, "data": "\n".join(data)}
        return None
