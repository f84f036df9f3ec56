"""Completions whose frames are chunks of OpenAI's chat completions: OpenRouter's, OpenAI's own, and of compatible
servers."""

from abc import abstractmethod
from typing import Any

from oneai.clients.model_streams.completion import StreamedCompletion, stored_text
from oneai.clients.model_streams.failure import Failure
from oneai.clients.model_streams.finish_reasons import finish_reason
from oneai.clients.model_streams.frames import Frame
from oneai.models import Usage


class ChatCompletion(StreamedCompletion):
    """A completion of chunks. A provider's client defines `_parse_usage` and `_stream_failure` too."""

    @abstractmethod
    def _parse_usage(self, usage: object) -> Usage | None:
        """The usage of a chunk; None where the object has none."""

    @abstractmethod
    def _stream_failure(self, error: object) -> Failure:
        """The failure of an `error` that came after status 200."""

    def _process_frame(self, frame: Frame) -> None:
        if self.model is None:
            self.model = stored_text(frame.get("model"))
        if self.provider is None:
            self.provider = stored_text(frame.get("provider"))
        if self.generation_id is None:
            self.generation_id = stored_text(frame.get("id"))
        choices = frame.get("choices")
        if choices and isinstance(choices, list) and isinstance(choices[0], dict):
            choice = choices[0]
            self._add(choice, frame)
            if reason := choice.get("finish_reason"):
                self._finish(finish_reason(reason))
            if error := choice.get("error"):
                self._fail(self._stream_failure(error))
        elif "citations" in frame or "search_results" in frame:
            self._buffer.add({}, frame=frame)
        if error := frame.get("error") or _error_by_type(frame):
            self._fail(self._stream_failure(error))
        if usage := frame.get("usage"):
            self.usage = self._parse_usage(usage) or self.usage

    def _add(self, choice: dict[str, Any], frame: Frame) -> None:
        """Adds a choice's delta, and what its whole message has beyond the deltas: some upstreams send one at the end,
        or with every chunk."""
        delta, message = choice.get("delta"), choice.get("message")
        is_last = bool(choice.get("finish_reason"))
        if isinstance(delta, dict) and delta:
            if is_last and delta.get("content") and self._buffer.repeats(delta):
                delta = {**delta, "content": None}
            self._buffer.add(delta, choice.get("logprobs"), frame)
        if isinstance(message, dict) and message:
            self._buffer.add_message(message, choice.get("logprobs"), frame, is_last=is_last)


def _error_by_type(frame: Frame) -> Frame | None:
    """The frame, if it is an error by itself, as OpenAI's responses and vLLM send them."""
    return frame if "error" in (frame.get("type"), frame.get("object")) and "choices" not in frame else None
