"""Streams an answer to `POST /v1/chat/completions` as `chat.completion.chunk` objects."""

import json
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

from oneai.chat.stream.format import WithoutSources
from oneai.chat.stream.sse import UNICODE_LINE_ENDS
from oneai.chat.turn.answer import Delta, Ending
from oneai.models.pieces import join_annotations, join_reasoning_details
from oneai.openai_api import errors
from oneai.openai_api.completion import completion_id, failure, finish_reason, image_part, usage_object

# The field of a delta for each kind of text.
FIELDS = {"text": "content", "reasoning": "reasoning_content", "refusal": "refusal"}
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"


class Chunks(WithoutSources):
    """Writes one answer. All chunks have the same `id`, `created` and `model`, which is the requested one."""

    keep_alive = KEEP_ALIVE

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._head = ""
        self._calls_tools = self._refuses = False
        self._images = 0
        # Sent in one chunk before the finish. If a list is split into several chunks, OpenAI's libraries keep only the
        # last part (Node), or fail (Python).
        self._lists: dict[str, list[str]] = {"annotations": [], "reasoning_details": []}
        # With `include_usage`, every chunk before the last one has the key `usage`.
        self._tail = ',"usage":null}\n\n' if include_usage else "}\n\n"

    def start(
        self, _conversation_id: UUID, _user_message_id: UUID, message_id: UUID, model: str, created: int
    ) -> bytes:
        """The chunk with the role."""
        envelope = {
            "id": completion_id(message_id),
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
        }
        self._head = f"data: {json.dumps(envelope)[:-1]}"
        return self._chunk('{"role":"assistant","content":""}').encode()

    def deltas(self, new: list[Delta]) -> bytes:
        """Chunks of text, reasoning, refusals, images and tool calls; adjacent text becomes one chunk, with its
        logprobs."""
        chunks: list[str] = []
        position = 0
        while position < len(new):
            kind = new[position].kind
            if kind == "tool_call":
                self._calls_tools = True
                chunks.append(self._chunk(f'{{"tool_calls":[{new[position].text}]}}'))
                position += 1
                continue
            if kind in self._lists:
                self._lists[kind].append(new[position].text)
                position += 1
                continue
            if kind == "image":
                image = json.dumps([image_part(new[position].text, self._images)])
                self._images += 1
                chunks.append(self._chunk(f'{{"content":"","images":{image}}}'))
                position += 1
                continue
            end = position
            while end < len(new) and new[end].kind == kind and kind != "logprobs":
                end += 1
            text = "".join([delta.text for delta in new[position:end]])
            logprobs = "null"
            if end < len(new) and new[end].kind == "logprobs" and kind in ("text", "logprobs"):
                logprobs = new[end].text
                end += 1
            self._refuses = self._refuses or kind == "refusal"
            chunks.append(self._chunk(_delta(kind, text), logprobs=logprobs))
            position = end
        return "".join(chunks).encode()

    def end(self, _message_id: UUID, ending: Ending) -> bytes:
        """Citations and data for the provider, the finish, the usage if requested, or an error if the answer was
        interrupted. `[DONE]` is last."""
        if (error := failure(ending)) is not None:
            return error_frame(errors.error_object(error)) + DONE
        last = ""
        lists = {
            "annotations": join_annotations(self._lists["annotations"]),
            "reasoning_details": join_reasoning_details(self._lists["reasoning_details"]),
        }
        if lists := {name: entries for name, entries in lists.items() if entries}:
            last = self._chunk(json.dumps(lists))
        reason = finish_reason(ending, calls_tools=self._calls_tools, refuses=self._refuses)
        last += self._chunk("{}", finish=f'"{reason}"')
        if self._include_usage:
            last += f'{self._head},"choices":[],"usage":{json.dumps(usage_object(ending.usage))}}}\n\n'
        return last.encode() + DONE

    def _chunk(self, delta: str, *, logprobs: str = "null", finish: str = "null") -> str:
        choice = f'{{"index":0,"delta":{delta},"logprobs":{logprobs},"finish_reason":{finish}}}'
        return f'{self._head},"choices":[{choice}]{self._tail}'


def error_frame(error: dict[str, Any]) -> bytes:
    """The frame with which an interrupted stream reports its error."""
    return f"data: {json.dumps({'error': error})}\n\n".encode()


def _delta(kind: str, text: str) -> str:
    if kind == "logprobs":
        return "{}"
    quoted = encode_basestring(text)
    return f'{{"{FIELDS[kind]}":{quoted if text.isascii() else quoted.translate(UNICODE_LINE_ENDS)}}}'
