"""The format of a stream: the chat's events, or those of another protocol."""

from typing import Any, Protocol
from uuid import UUID

from oneai.chat.turn.answer import Delta, Ending


class StreamFormat(Protocol):
    """Writes the parts of one answer as bytes for its client; empty bytes are not sent."""

    @property
    def keep_alive(self) -> bytes:
        """Sent after fifteen seconds of silence."""

    def start(self, conversation_id: UUID, user_message_id: UUID, message_id: UUID, model: str, created: int) -> bytes:
        """The start of every stream; `model` is the requested one, `created` the time in seconds since 1970."""

    def sources(self, found: list[dict[str, Any]]) -> bytes:
        """The sources of the answer: passages of documents before the first delta, and all sources again whenever the
        answer cites more."""

    def deltas(self, new: list[Delta]) -> bytes:
        """The text since the last call."""

    def end(self, message_id: UUID, ending: Ending) -> bytes:
        """The end of the stream."""


class WithoutSources:
    """For protocols without sources."""

    def sources(self, _found: list[dict[str, Any]]) -> bytes:
        """Nothing."""
        return b""
