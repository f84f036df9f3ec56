"""A chatbot's answer as the events of its widget: the chat's, without what is no visitor's business: the model, what
it costs, thoughts, and the ids of documents."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oneai.chat.stream import sse
from oneai.chat.turn.answer import TEXTS, Delta, Ending
from oneai.errors import envelope

_OF_SOURCES = ("n", "name", "page", "heading", "snippet")


@dataclass(frozen=True)
class WidgetEvents:
    """The answer for a visitor. `sources_shown`: whether the chatbot names its documents."""

    request_id: str
    sources_shown: bool = True
    keep_alive: bytes = sse.KEEP_ALIVE

    def start(
        self, conversation_id: UUID, user_message_id: UUID, message_id: UUID, _model: str, _created: int
    ) -> bytes:
        """The event `start`."""
        ids = {"conversation_id": conversation_id, "user_message_id": user_message_id, "message_id": message_id}
        return sse.event("start", {name: str(each) for name, each in ids.items()})

    def sources(self, found: list[dict[str, Any]]) -> bytes:
        """The event `sources`."""
        if not self.sources_shown:
            return b""
        return sse.event("sources", {"sources": [shown_source(each) for each in found]})

    def deltas(self, new: list[Delta]) -> bytes:
        """`delta` events."""
        return sse.deltas([each for each in new if each.kind in TEXTS])

    def end(self, message_id: UUID, ending: Ending) -> bytes:
        """`done` with the outcome, or `error`."""
        if ending.error is not None:
            body = envelope(ending.error, self.request_id)
            return sse.event("error", {**body, "message_id": str(message_id), "state": ending.state})
        done = {"message_id": str(message_id), "state": ending.state, "outcome": ending.outcome}
        return sse.event("done", {**done, "notice": ending.notice})


def shown_source(source: dict[str, Any]) -> dict[str, Any]:
    """A source as visitors see it."""
    return {name: source.get(name) for name in _OF_SOURCES}
