"""A streamed answer of OpenAI's Responses API."""

from typing import Any

from oneai.clients.model_streams.completion import stored_text
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.frames import Frame
from oneai.clients.model_streams.numbers import object_in
from oneai.clients.openai import failures, responses_request, usage
from oneai.clients.openai.connection import AdaptingCompletion
from oneai.clients.openai.responses_request import FORM
from oneai.errors import UpstreamError
from oneai.models import QuestionDeclined, direct_prices

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


class ResponsesCompletion(AdaptingCompletion):
    """An answer of OpenAI's Responses API, as `oneai.models.Completion` describes it."""

    service, name = "OpenAI", "openai"

    def _reset(self) -> None:
        super()._reset()
        # The numbers of the calls whose arguments came in fragments.
        self._fragmented: set[object] = set()
        self._has_thoughts = self._is_refused = False

    def _path(self) -> str:
        return "/responses"

    def _body(self) -> dict[str, Any]:
        return responses_request.body(self._request, self._dropped)

    def _refusal(self, status: int, body: bytes, headers: dict[str, str]) -> Failure:
        self._adapt(status, body)
        return failures.from_response(status, body, headers)

    def _process_frame(self, frame: Frame) -> None:
        kind = frame.get("type")
        if kind == "response.output_text.delta":
            logprobs = frame.get("logprobs")
            self._buffer.add({"content": frame.get("delta")}, {"content": logprobs} if logprobs else None)
        elif kind == "response.function_call_arguments.delta":
            self._fragmented.add(frame.get("output_index"))
            function = {"arguments": frame.get("delta")}
            self._buffer.add({"tool_calls": [{"index": frame.get("output_index"), "function": function}]})
        elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            self._has_thoughts = True
            self._buffer.add({"reasoning": frame.get("delta")})
        elif kind == "response.reasoning_summary_part.added" and self._has_thoughts:
            self._buffer.add({"reasoning": "\n\n"})
        elif kind == "response.refusal.delta":
            self._is_refused = True
            self._buffer.add({"refusal": frame.get("delta")})
        elif kind == "response.output_item.added":
            self._start_item(frame.get("output_index"), object_in(frame, "item"))
        elif kind == "response.output_item.done":
            self._end_item(frame.get("output_index"), object_in(frame, "item"))
        elif kind in ENDS:
            self._end(str(kind), object_in(frame, "response"))
        elif kind == "response.created":
            response = object_in(frame, "response")
            self.generation_id, self.model = stored_text(response.get("id")), stored_text(response.get("model"))
        elif kind == "error" or "error" in frame:
            self._fail(failures.from_stream_error(frame.get("error") or frame, self._headers))

    def _start_item(self, index: object, item: dict[str, Any]) -> None:
        if item.get("type") == "function_call":
            place = {"extra_content": {"openai": {"index": index}}}
            # A result names its call by `call_id`, not by the id of the item.
            call = {"index": index, "id": item.get("call_id"), "function": {"name": item.get("name")}, **place}
            self._buffer.add({"tool_calls": [call]})

    def _end_item(self, index: object, item: dict[str, Any]) -> None:
        kind = item.get("type")
        if kind == "function_call" and index not in self._fragmented and item.get("arguments"):
            function = {"arguments": item["arguments"]}
            self._buffer.add({"tool_calls": [{"index": index, "function": function}]})
        elif kind == "reasoning" and item.get("id"):
            self._buffer.add_details(list(_details(index, item)))
        elif kind == "image_generation_call" and isinstance(item.get("result"), str):
            url = f"data:image/{item.get('output_format') or 'png'};base64,{item['result']}"
            self._buffer.add({"images": [{"image_url": {"url": url}}]})

    def _end(self, kind: str, response: dict[str, Any]) -> None:
        self.model = stored_text(response.get("model")) or self.model
        counted = usage.of_responses(response.get("usage"))
        asked = str(self._request.get("model"))
        self.usage = direct_prices.with_cost(counted, "openai", self.model or asked) or self.usage
        self._parser.done = True
        if kind == "response.completed":
            declined = "content_filter" if self._is_refused else "stop"
            self._finish("tool_calls" if self._buffer.has_tool_call else declined)
        elif kind == "response.incomplete":
            filtered = object_in(response, "incomplete_details").get("reason") == "content_filter"
            if filtered and not self._buffer.has_output:
                self._fail(Failure(QuestionDeclined()))
            self._finish("content_filter" if filtered else "length")
        elif kind == "response.failed":
            self._fail(failures.from_stream_error(response.get("error"), self._headers))
        else:
            self._fail(Failure(UpstreamError()))


def _details(index: object, item: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of an item of thoughts: what is shown of it, and what goes back."""
    place = {"id": item["id"], "format": FORM, "index": index}
    parts = item.get("summary")
    texts = [part["text"] for part in parts if isinstance(part, dict) and part.get("text")] if parts else []
    found = [{"type": "reasoning.summary", "summary": "\n\n".join(texts), **place}] if texts else []
    encrypted = item.get("encrypted_content")
    return [*found, {"type": "reasoning.encrypted", "data": encrypted, **place}] if encrypted else found
