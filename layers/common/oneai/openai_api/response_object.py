"""`POST /v1/responses`: builds an answer as a `response` object from what the model writes."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from oneai.chat.turn.answer import Delta, Ending
from oneai.errors import InternalError
from oneai.models.pieces import join_reasoning_details
from oneai.openai_api import errors, reasoning_items
from oneai.openai_api.completion import failure, finish_reason
from oneai.openai_api.response_items import (
    ITEM_TYPES,
    PART_TYPES,
    Item,
    Part,
    event_fields,
    new_call,
    new_item,
    new_part,
    text_field,
    url_citations,
    usage_of,
)

type Event = dict[str, Any]

# Why a response ended early, by the finish of the completion.
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class ResponseBuilder:
    """Items are in the order in which the model wrote them: reasoning, a message, function calls. A signature of
    reasoning is in its reasoning item, else in one at the end."""

    def __init__(self, echo: dict[str, Any]) -> None:
        self._echo = echo
        self._envelope: dict[str, Any] = {}
        self._hex = ""
        self._items: list[Item] = []
        self._open: Item | None = None
        self._part: Part | None = None  # of the open item
        # The item of each tool call, by its index in the completion. Parallel calls are open at the same time.
        self._calls: dict[int, Item] = {}
        self._open_calls: list[Item] = []
        # Details and citations that do not belong to an item yet.
        self._details: list[str] = []
        self._citations: list[dict[str, Any]] = []
        self._ending: Ending | None = None
        self._completed_at: int | None = None
        self._refuses = False

    def begin(self, message_id: UUID, model: str, created: int) -> Iterator[Event]:
        """`response.created` and `response.in_progress`."""
        self._hex = message_id.hex
        self._envelope = {"id": f"resp_{self._hex}", "object": "response", "created_at": created, "model": model}
        for kind in ("created", "in_progress"):
            yield {"type": f"response.{kind}", "response": self._object("in_progress")}

    def add(self, delta: Delta) -> Iterator[Event]:
        """The events of one delta."""
        self._refuses = self._refuses or delta.kind == "refusal"
        if delta.kind in PART_TYPES:
            yield from self._add_text(delta.kind, delta.text)
        elif delta.kind == "tool_call":
            yield from self._add_call(json.loads(delta.text))
        elif delta.kind == "reasoning_details":
            self._details.append(delta.text)
            if self._open is None and not self._open_calls:
                yield from self._open_item(new_item("reasoning", self._hex, len(self._items)))
        elif delta.kind == "annotations":
            self._citations += url_citations(json.loads(delta.text))
            yield from self._cite()

    def end(self, ending: Ending) -> Iterator[Event]:
        """The ends of open items, and `response.completed`, `.incomplete` or `.failed`."""
        self._ending = ending
        reason = finish_reason(ending, calls_tools=False, refuses=self._refuses)
        is_whole = ending.error is None and reason not in INCOMPLETE
        yield from self._close("completed" if is_whole else "incomplete")
        if self._details and failure(ending) is None:
            yield from self._open_item(new_item("reasoning", self._hex, len(self._items)))
            yield from self._close_open()
        self._cite_late()
        if is_whole:
            # By the clock of this process, which may be later than the database's.
            self._completed_at = max(int(time.time()), self._envelope["created_at"])
        status, response = self._result(ending)
        yield {"type": f"response.{status}", "response": response}

    def result(self) -> dict[str, Any]:
        """The whole response. Raises the OneAIError with which the answer ended."""
        if self._ending is None:
            raise InternalError
        if (error := failure(self._ending)) is not None:
            raise error
        return self._result(self._ending)[1]

    def _result(self, ending: Ending) -> tuple[str, dict[str, Any]]:
        if (failed := failure(ending)) is not None:
            error = {"code": "server_error", "message": errors.error_object(failed)["message"]}
            return "failed", {**self._object("failed"), "error": error}
        usage = usage_of(ending.usage)
        reason = finish_reason(ending, calls_tools=bool(self._calls), refuses=self._refuses)
        if reason in INCOMPLETE:
            details = {"reason": INCOMPLETE[reason]}
            return "incomplete", {**self._object("incomplete"), "incomplete_details": details, "usage": usage}
        return "completed", {**self._object("completed"), "usage": usage}

    def _object(self, status: str) -> dict[str, Any]:
        return {
            **self._envelope,
            "completed_at": self._completed_at,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": self._items,
            "usage": None,
            **self._echo,
        }

    def _add_text(self, kind: str, text: str) -> Iterator[Event]:
        if self._open is None or self._open["type"] != ITEM_TYPES[kind]:
            yield from self._close_open()
            yield from self._open_item(new_item(ITEM_TYPES[kind], self._hex, len(self._items)))
        if self._part is None or self._part["type"] != PART_TYPES[kind]:
            yield from self._close_part()
            yield from self._open_part(PART_TYPES[kind])
        item = self._items[-1]
        part: Part = item["content"][-1]
        part[text_field(part["type"])] += text
        at = {**self._at(item), "content_index": len(item["content"]) - 1}
        yield {**at, "type": f"response.{part['type']}.delta", "delta": text, **event_fields(part["type"])}

    def _add_call(self, fragment: dict[str, Any]) -> Iterator[Event]:
        item = self._calls.get(fragment["index"])
        if item is None:
            yield from self._close_open()
            item = self._calls[fragment["index"]] = new_call(fragment, self._hex, len(self._items))
            self._open_calls.append(item)
            yield from self._open_item(item)
        if "extra_content" in fragment:
            item["extra_content"] = fragment["extra_content"]
        if arguments := fragment["function"]["arguments"]:
            item["arguments"] += arguments
            yield {**self._at(item), "type": "response.function_call_arguments.delta", "delta": arguments}

    def _open_item(self, item: Item) -> Iterator[Event]:
        self._items.append(item)
        self._open = None if item["type"] == "function_call" else item
        yield {"type": "response.output_item.added", "output_index": len(self._items) - 1, "item": {**item}}

    def _open_part(self, part_type: str) -> Iterator[Event]:
        item, part = self._items[-1], new_part(part_type)
        item["content"] = [*item["content"], part]
        self._part = part
        at = {**self._at(item), "content_index": len(item["content"]) - 1}
        yield {**at, "type": "response.content_part.added", "part": {**part}}
        yield from self._cite()

    def _cite(self) -> Iterator[Event]:
        """Adds the citations to the open text; without one they wait."""
        if self._part is None or self._part["type"] != "output_text":
            return
        item = self._items[-1]
        at = {**self._at(item), "content_index": len(item["content"]) - 1}
        for citation in self._citations:
            index = len(self._part["annotations"])
            self._part["annotations"] = [*self._part["annotations"], citation]
            event = {"annotation_index": index, "annotation": citation}
            yield {**at, "type": "response.output_text.annotation.added", **event}
        self._citations = []

    def _cite_late(self) -> None:
        """Adds citations that came after the end of the text to the whole response."""
        parts = [part for item in self._items if item["type"] == "message" for part in item["content"]]
        texts = [part for part in parts if part["type"] == "output_text"]
        if texts:
            texts[-1]["annotations"] = [*texts[-1]["annotations"], *self._citations]

    def _close_part(self) -> Iterator[Event]:
        part, self._part = self._part, None
        if part is None:
            return
        item, name = self._items[-1], text_field(part["type"])
        at = {**self._at(item), "content_index": len(item["content"]) - 1}
        yield {**at, "type": f"response.{part['type']}.done", name: part[name], **event_fields(part["type"])}
        yield {**at, "type": "response.content_part.done", "part": {**part}}

    def _close(self, status: str = "completed") -> Iterator[Event]:
        """The events that end the open item, and the calls. Fragments of several calls may alternate, and may continue
        after a text, so calls end together with the response."""
        yield from self._close_open(status)
        for item in self._open_calls:
            item["status"] = status
            at = self._at(item)
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield {**at, "type": "response.function_call_arguments.done", **done}
            yield {"type": "response.output_item.done", "output_index": at["output_index"], "item": {**item}}
        self._open_calls = []

    def _close_open(self, status: str = "completed") -> Iterator[Event]:
        item = self._open
        if item is None:
            return
        yield from self._close_part()
        self._open = None
        item["status"] = status
        at = self._at(item)
        if item["type"] == "reasoning" and self._details:
            item["encrypted_content"] = reasoning_items.encode(join_reasoning_details(self._details))
            self._details = []
        yield {"type": "response.output_item.done", "output_index": at["output_index"], "item": {**item}}

    def _at(self, item: Item) -> dict[str, Any]:
        index = next(n for n, each in enumerate(self._items) if each is item)
        return {"item_id": item["id"], "output_index": index}
