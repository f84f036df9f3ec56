"""`POST /v1/responses` as a stream of typed events, and in one piece."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from oneai.chat.stream.format import WithoutSources
from oneai.chat.turn.answer import Delta, Ending
from oneai.openai_api.chunks import KEEP_ALIVE
from oneai.openai_api.response_object import Event, ResponseBuilder


class ResponseEvents(WithoutSources):
    """Writes one answer as events, numbered from 0. A failure is `response.failed`."""

    keep_alive = KEEP_ALIVE

    def __init__(self, echo: dict[str, Any]) -> None:
        self._builder = ResponseBuilder(echo)
        self._number = 0

    def start(
        self, _conversation_id: UUID, _user_message_id: UUID, message_id: UUID, model: str, created: int
    ) -> bytes:
        """The response, without output."""
        return self._write(self._builder.begin(message_id, model, created))

    def deltas(self, new: list[Delta]) -> bytes:
        """Items, their parts, and deltas of these."""
        return b"".join(self._write(self._builder.add(delta)) for delta in new)

    def end(self, _message_id: UUID, ending: Ending) -> bytes:
        """The whole response."""
        return self._write(self._builder.end(ending))

    def _write(self, events: Iterable[Event]) -> bytes:
        parts = []
        for event in events:
            data = json.dumps({**event, "sequence_number": self._number})
            parts.append(f"event: {event['type']}\ndata: {data}\n\n")
            self._number += 1
        return "".join(parts).encode()


class ResponseCollector(WithoutSources):
    """Collects one answer; writes nothing until `result`."""

    keep_alive = b""

    def __init__(self, echo: dict[str, Any]) -> None:
        self._builder = ResponseBuilder(echo)

    def start(
        self, _conversation_id: UUID, _user_message_id: UUID, message_id: UUID, model: str, created: int
    ) -> bytes:
        """Stores the fields that identify the answer."""
        _exhaust(self._builder.begin(message_id, model, created))
        return b""

    def deltas(self, new: list[Delta]) -> bytes:
        """Keeps them."""
        for delta in new:
            _exhaust(self._builder.add(delta))
        return b""

    def end(self, _message_id: UUID, ending: Ending) -> bytes:
        """Keeps it."""
        _exhaust(self._builder.end(ending))
        return b""

    def result(self) -> dict[str, Any]:
        """The whole response. Raises the OneAIError with which the answer ended."""
        return self._builder.result()


def _exhaust(events: Iterable[Event]) -> None:
    for _ in events:
        pass
