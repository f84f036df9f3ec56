"""The stream's events as server-sent events. `id:` is the number of code points of text sent so far.

In a multiplexed stream of several answers, every event after `start` has its `message_id`, and ids are
`message_id:number`.
"""

import json
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from oneai.chat.turn.answer import TEXTS, Delta, Ending
from oneai.errors import envelope

KEEP_ALIVE = b": the model is thinking\n\n"
# The last event of a multiplexed stream.
END = b"event: end\ndata: {}\n\n"

# Many clients' splitlines() ends a line at these, though the standard does not.
UNICODE_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\u0085\u2028\u2029"}


@dataclass(frozen=True)
class ChatEvents:
    """One answer as the chat's events. `message_id` is set in a multiplexed stream, which has its own `start`."""

    request_id: str
    message_id: UUID | None = None
    keep_alive: bytes = KEEP_ALIVE

    def start(
        self,
        conversation_id: UUID,
        user_message_id: UUID,
        message_id: UUID,
        model: str,
        _created: int,
    ) -> bytes:
        """The event `start`; empty in a multiplexed stream."""
        return start(conversation_id, user_message_id, message_id, model) if self.message_id is None else b""

    def sources(self, found: list[dict[str, Any]]) -> bytes:
        """The event `sources`, without an id because offsets are of text. Each event repeats all earlier sources."""
        named = {} if self.message_id is None else {"message_id": str(self.message_id)}
        return event("sources", {**named, "sources": found})

    def deltas(self, new: list[Delta]) -> bytes:
        """`delta` and `reasoning` events."""
        return deltas(new, self.message_id)

    def end(self, message_id: UUID, ending: Ending) -> bytes:
        """`done` or `error`."""
        return end(message_id, ending, self.request_id)


def start(conversation_id: UUID, user_message_id: UUID, message_id: UUID, model: str) -> bytes:
    """The first event of every stream, including resumed ones; `model` is the requested one."""
    return event(
        "start",
        {
            "conversation_id": str(conversation_id),
            "user_message_id": str(user_message_id),
            "message_id": str(message_id),
            "model": model,
        },
    )


def start_all(conversation_id: UUID, user_message_id: UUID, message_ids: list[UUID], models: list[str]) -> bytes:
    """The first event of a multiplexed stream; `models` in the order of `message_ids`."""
    return event(
        "start",
        {
            "conversation_id": str(conversation_id),
            "user_message_id": str(user_message_id),
            "message_ids": [str(message_id) for message_id in message_ids],
            "models": models,
        },
    )


def deltas(new: list[Delta], message_id: UUID | None = None) -> bytes:
    """`delta` and `reasoning` events. Adjacent deltas of a kind become one event. `message_id` is for multiplexed
    streams."""
    id_prefix, id_field = ("", "") if message_id is None else (f"{message_id}:", f'"message_id": "{message_id}", ')
    events: list[str] = []
    first = 0
    for stop in range(1, len(new) + 1):
        if stop == len(new) or new[stop].kind != new[first].kind:
            last = new[stop - 1]
            text = last.text if stop - first == 1 else "".join([delta.text for delta in new[first:stop]])
            if last.kind in TEXTS:
                at = last.at + len(last.text)
                events.append(f'id: {id_prefix}{at}\nevent: delta\ndata: {{{id_field}"text": {_quote(text)}}}\n\n')
            elif last.kind == "reasoning":
                events.append(f'event: reasoning\ndata: {{{id_field}"text": {_quote(text)}}}\n\n')
            first = stop
    return "".join(events).encode()


def end(message_id: UUID, ending: Ending, request_id: str) -> bytes:
    """The last event: `done` for `complete` and `stopped`, `error` for `truncated` and `failed`."""
    if ending.error is not None:
        body = envelope(ending.error, request_id)
        if ending.error.retry_after is not None:
            # The header of a refusal; those of a stream are sent before its error is known.
            body["error"]["retry_after"] = ending.error.retry_after
        return event("error", {**body, "message_id": str(message_id), "state": ending.state})
    return event(
        "done",
        {
            "message_id": str(message_id),
            "state": ending.state,
            "finish_reason": ending.finish_reason,
            "requested_model": ending.requested_model,
            "model": ending.model,
            "provider": ending.provider,
            "usage": ending.usage,
            "quota": ending.quota,
            "first_token_ms": ending.first_token_ms,
            "notice": ending.notice,
            **({"outcome": ending.outcome} if ending.outcome else {}),
        },
    )


def event(name: str, data: dict[str, Any]) -> bytes:
    """One event of a stream, with JSON."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False).translate(UNICODE_LINE_ENDS)}\n\n".encode()


def _quote(text: str) -> str:
    return encode_basestring(text) if text.isascii() else encode_basestring(text).translate(UNICODE_LINE_ENDS)
