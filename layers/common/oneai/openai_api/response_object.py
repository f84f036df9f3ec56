"""`POST /v1/responses`: an answer as a `response` object, built up from what the model writes."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from oneai.chat.turn.answer import Delta, Ending
from oneai.errors import InternalError
from oneai.openai_api import errors
from oneai.openai_api.completion import finish_reason

type Event = dict[str, Any]

# By the type of an item: the name in the events of its text, and the other fields of these.
TEXT_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "message": ("output_text", {"logprobs": []}),
    "reasoning": ("reasoning_text", {}),
}
# Why a response ended early, by the finish of the completion.
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class ResponseBuilder:
    """Items are in the order in which the model wrote them: reasoning, a message, function calls."""

    def __init__(self, echo: dict[str, Any]) -> None:
        self._echo = echo
        self._envelope: dict[str, Any] = {}
        self._hex = ""
        self._items: list[dict[str, Any]] = []
        self._open: dict[str, Any] | None = None
        # The item of each tool call, by its index in the completion.
        self._calls: dict[int, dict[str, Any]] = {}
        self._ending: Ending | None = None

    def begin(self, message_id: UUID, model: str, created: int) -> Iterator[Event]:
        """`response.created` and `response.in_progress`."""
        self._hex = message_id.hex
        self._envelope = {"id": f"resp_{self._hex}", "object": "response", "created_at": created, "model": model}
        for kind in ("created", "in_progress"):
            yield {"type": f"response.{kind}", "response": self._object("in_progress")}

    def add(self, delta: Delta) -> Iterator[Event]:
        """The events of one delta."""
        if delta.kind == "tool_call":
            yield from self._add_call(json.loads(delta.text))
        elif delta.kind in ("logprobs", "image"):
            return
        else:
            kind = "message" if delta.kind == "text" else "reasoning"
            if self._open is None or self._open["type"] != kind:
                yield from self._close()
                yield from self._open_item(_message(self._hex, self._items) if kind == "message" else self._reasoning())
            item = self._items[-1]
            item["content"][0]["text"] += delta.text
            name, more = TEXT_EVENTS[kind]
            yield {**self._at(item), "content_index": 0, "type": f"response.{name}.delta", "delta": delta.text, **more}

    def end(self, ending: Ending) -> Iterator[Event]:
        """The ends of open items, and `response.completed`, `.incomplete` or `.failed`."""
        self._ending = ending
        yield from self._close()
        status, response = self._result(ending)
        yield {"type": f"response.{status}", "response": response}

    def result(self) -> dict[str, Any]:
        """The whole response. Raises the OneAIError that the answer ended with."""
        if self._ending is None:
            raise InternalError
        if self._ending.error is not None:
            raise self._ending.error
        return self._result(self._ending)[1]

    def _result(self, ending: Ending) -> tuple[str, dict[str, Any]]:
        reason = finish_reason(ending.finish_reason, calls_tools=bool(self._calls))
        if ending.error is not None:
            error = {"code": "server_error", "message": errors.error_object(ending.error)["message"]}
            return "failed", {**self._object("failed"), "error": error}
        usage = _usage(ending.usage)
        if reason in INCOMPLETE:
            details = {"reason": INCOMPLETE[reason]}
            return "incomplete", {**self._object("incomplete"), "incomplete_details": details, "usage": usage}
        return "completed", {**self._object("completed"), "usage": usage}

    def _object(self, status: str) -> dict[str, Any]:
        return {
            **self._envelope,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": self._items,
            "usage": None,
            **self._echo,
        }

    def _add_call(self, fragment: dict[str, Any]) -> Iterator[Event]:
        item = self._calls.get(fragment["index"])
        if item is None:
            yield from self._close()
            item = self._calls[fragment["index"]] = {
                "id": f"fc_{self._hex}_{len(self._items)}",
                "type": "function_call",
                "status": "in_progress",
                "call_id": fragment["id"],
                "name": fragment["function"]["name"],
                "arguments": "",
            }
            yield from self._open_item(item)
        if arguments := fragment["function"]["arguments"]:
            item["arguments"] += arguments
            yield {**self._at(item), "type": "response.function_call_arguments.delta", "delta": arguments}

    def _open_item(self, item: dict[str, Any]) -> Iterator[Event]:
        self._items.append(item)
        self._open = item
        without_part = {**item, "content": []} if "content" in item else item
        yield {"type": "response.output_item.added", "output_index": len(self._items) - 1, "item": {**without_part}}
        if "content" in item:
            part = {**item["content"][0]}
            yield {**self._at(item), "type": "response.content_part.added", "content_index": 0, "part": part}

    def _close(self) -> Iterator[Event]:
        """The events that end the open item. Arguments of a call may come again after another call began; what its
        `done` says then is a beginning, and the whole is in the response."""
        item, self._open = self._open, None
        if item is None:
            return
        item["status"] = "completed"
        at = self._at(item)
        if item["type"] == "function_call":
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield {**at, "type": "response.function_call_arguments.done", **done}
        else:
            part = {**item["content"][0]}
            name, more = TEXT_EVENTS[item["type"]]
            yield {**at, "content_index": 0, "type": f"response.{name}.done", "text": part["text"], **more}
            yield {**at, "content_index": 0, "type": "response.content_part.done", "part": part}
        yield {"type": "response.output_item.done", "output_index": at["output_index"], "item": {**item}}

    def _at(self, item: dict[str, Any]) -> dict[str, Any]:
        index = next(n for n, each in enumerate(self._items) if each is item)
        return {"item_id": item["id"], "output_index": index}

    def _reasoning(self) -> dict[str, Any]:
        return {
            "id": f"rs_{self._hex}_{len(self._items)}",
            "type": "reasoning",
            "status": "in_progress",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": ""}],
        }


def _message(hex_id: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"msg_{hex_id}_{len(items)}",
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "", "annotations": [], "logprobs": []}],
    }


def _usage(usage: dict[str, Any]) -> dict[str, Any]:
    prompt, completion = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": usage.get("cached_tokens", 0), "cache_write_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": usage.get("reasoning_tokens", 0)},
        "total_tokens": prompt + completion,
    }
