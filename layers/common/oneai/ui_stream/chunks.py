"""Writes an answer as chunks of a UI message, which `useChat` assembles.

Every chunk is valid in the schemas of AI SDK 6 and 7; those of 6 allow no unknown fields. Ids and cost are in the
message's metadata.
"""

import json
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any
from uuid import UUID

from oneai.chat.stream.sse import UNICODE_LINE_ENDS
from oneai.chat.turn.answer import TEXTS, Delta, Ending
from oneai.errors import envelope

HEADERS = {"x-vercel-ai-ui-message-stream": "v1"}
_NAMED = itemgetter("n", "url", "name")
DONE = b"data: [DONE]\n\n"
FINISH_REASONS = {
    "stop": "stop",
    "length": "length",
    "budget": "length",
    "content_filter": "content-filter",
    "tool_calls": "tool-calls",
    "error": "error",
}


class UIMessageChunks:
    """Writes one answer, always from its start: the AI SDK's clients assemble a resumed message from scratch."""

    keep_alive = b": the model is thinking\n\n"

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._open: str | None = None
        self._parts = 0
        self._cited: set[str] = set()

    def start(self, conversation_id: UUID, user_message_id: UUID, message_id: UUID, model: str, _created: int) -> bytes:
        """The message's id, and the ids of its conversation and question."""
        metadata = {
            "conversation_id": str(conversation_id),
            "user_message_id": str(user_message_id),
            "requested_model": model,
        }
        start = _chunk({"type": "start", "messageId": str(message_id), "messageMetadata": metadata})
        return (start + _chunk({"type": "start-step"})).encode()

    def sources(self, found: list[dict[str, Any]]) -> bytes:
        """The web pages among the sources, each once; the AI SDK has no part for a passage of a document."""
        new = [each for each in found if each.get("url") and each["url"] not in self._cited]
        self._cited.update(each["url"] for each in new)
        parts = (
            {"type": "source-url", "sourceId": str(n), "url": url, "title": title} for n, url, title in map(_NAMED, new)
        )
        return "".join(map(_chunk, parts)).encode()

    def deltas(self, new: list[Delta]) -> bytes:
        """Parts of text and reasoning; adjacent deltas of one kind become one."""
        chunks: list[str] = []
        shown = [
            delta._replace(kind="text") if delta.kind == "refusal" else delta
            for delta in new
            if delta.kind in (*TEXTS, "reasoning")
        ]
        first = 0
        for stop in range(1, len(shown) + 1):
            if stop == len(shown) or shown[stop].kind != shown[first].kind:
                kind = shown[first].kind
                if self._open != kind:
                    chunks += [self._close(), _part("start", kind, f"{kind}-{self._parts}")]
                    self._open = kind
                text = "".join([delta.text for delta in shown[first:stop]])
                chunks.append(_part("delta", kind, f"{kind}-{self._parts}", text))
                first = stop
        return "".join(chunks).encode()

    def end(self, _message_id: UUID, ending: Ending) -> bytes:
        """`finish`, after `abort` if the answer was stopped; `error` if it was interrupted. `[DONE]` is last."""
        metadata: dict[str, Any] = {
            "state": ending.state,
            "finish_reason": ending.finish_reason,
            "requested_model": ending.requested_model,
            "model": ending.model,
            "provider": ending.provider,
            "usage": ending.usage,
            "quota": ending.quota,
            "notice": ending.notice,
        }
        chunks = [self._close()]
        if ending.error is not None:
            # The library reads nothing after an error.
            metadata |= envelope(ending.error, self._request_id)
            chunks.append(_chunk({"type": "message-metadata", "messageMetadata": metadata}))
            chunks.append(_chunk({"type": "error", "errorText": ending.error.message}))
        else:
            reason = FINISH_REASONS.get(ending.finish_reason or "", "other")
            if ending.finish_reason == "cancelled":
                chunks.append(_chunk({"type": "abort"}))
            chunks.append(_chunk({"type": "finish-step"}))
            chunks.append(_chunk({"type": "finish", "finishReason": reason, "messageMetadata": metadata}))
        return "".join(chunks).encode() + DONE

    def _close(self) -> str:
        """The end of the open part."""
        if self._open is None:
            return ""
        end = _part("end", self._open, f"{self._open}-{self._parts}")
        self._open = None
        self._parts += 1
        return end


def _part(step: str, kind: str, part_id: str, text: str | None = None) -> str:
    delta = "" if text is None else f', "delta": {encode_basestring(text)}'
    return f'data: {{"type": "{kind}-{step}", "id": "{part_id}"{delta}}}\n\n'.translate(UNICODE_LINE_ENDS)


def _chunk(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False).translate(UNICODE_LINE_ENDS)}\n\n"
