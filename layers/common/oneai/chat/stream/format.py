"""What a stream of an answer is written in: the chat's events, or those of another protocol."""

from typing import Any, Protocol
from uuid import UUID

from oneai.chat.turn.answer import Delta, Ending


class StreamFormat(Protocol):
    """Writes the parts of one answer as bytes for its client; empty bytes are not sent."""

    @property
    def keep_alive(self) -> bytes:
        """Sent after fifteen seconds of silence."""

    def start(self, conversation_id: UUID, user_message_id: UUID, message_id: UUID, model: str, created: int) -> bytes:
        """The beginning of every stream; `model` is the one asked for, `created` when, in seconds since 1970."""

    def sources(self, found: list[dict[str, Any]]) -> bytes:
        """What the answer is written from: passages of documents before its first delta, and all sources again where
        it cites more while it is written."""

    def deltas(self, new: list[Delta]) -> bytes:
        """What the model has written since the last call."""

    def end(self, message_id: UUID, ending: Ending) -> bytes:
        """The end of the stream."""


class WithoutSources:
    """Of protocols that have no word for sources."""

    def sources(self, _found: list[dict[str, Any]]) -> bytes:
        """Nothing."""
        return b""
