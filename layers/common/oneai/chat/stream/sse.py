"""The stream's events as server-sent bytes. `id:` is the number of code points of text sent so far.

Where answers are told side by side, every event after `start` says whose it is, and ids are `message_id:number`.
"""

import json
from json.encoder import encode_basestring as quoted
from typing import Any
from uuid import UUID

from oneai.chat.turn.answer import Ending, Event
from oneai.errors import envelope

ALIVE = b": the model is thinking\n\n"
# The last event where answers are told side by side.
END = b"event: end\ndata: {}\n\n"

# Ends of lines to many a client's splitlines(), though not to the standard.
LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\u0085\u2028\u2029"}


def start(conversation_id: UUID, user_message_id: UUID, message_id: UUID, model: str) -> bytes:
    """The first event of every stream, a resumed one included; `model` is the one asked for."""
    return _event(
        "start",
        {
            "conversation_id": str(conversation_id),
            "user_message_id": str(user_message_id),
            "message_id": str(message_id),
            "model": model,
        },
    )


def start_all(conversation_id: UUID, user_message_id: UUID, message_ids: list[UUID], models: list[str]) -> bytes:
    """The first event where answers are told side by side; `models` in the order of `message_ids`."""
    return _event(
        "start",
        {
            "conversation_id": str(conversation_id),
            "user_message_id": str(user_message_id),
            "message_ids": [str(message_id) for message_id in message_ids],
            "models": models,
        },
    )


def pieces(events: list[Event], whose: UUID | None = None) -> bytes:
    """Deltas and reasoning, neighbours of one kind as one event; `whose` where answers are told side by side."""
    mark, name = ("", "") if whose is None else (f"{whose}:", f'"message_id": "{whose}", ')
    written: list[str] = []
    first = 0
    for here in range(1, len(events) + 1):
        if here == len(events) or events[here].kind != events[first].kind:
            last = events[here - 1]
            text = last.text if here - first == 1 else "".join([event.text for event in events[first:here]])
            if last.kind == "text":
                at = last.at + len(last.text)
                written.append(f'id: {mark}{at}\nevent: delta\ndata: {{{name}"text": {_quoted(text)}}}\n\n')
            else:
                written.append(f'event: reasoning\ndata: {{{name}"text": {_quoted(text)}}}\n\n')
            first = here
    return "".join(written).encode()


def end(message_id: UUID, ending: Ending, request_id: str) -> bytes:
    """The last event: `done` for `complete` and `stopped`, `error` for `truncated` and `failed`."""
    if ending.error is not None:
        body = envelope(ending.error, request_id)
        return _event("error", {**body, "message_id": str(message_id), "state": ending.state})
    return _event(
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
            "notice": ending.notice,
        },
    )


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False).translate(LINE_ENDS)}\n\n".encode()


def _quoted(text: str) -> str:
    return quoted(text) if text.isascii() else quoted(text).translate(LINE_ENDS)
