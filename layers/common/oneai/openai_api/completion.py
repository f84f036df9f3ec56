"""Returns an answer to `POST /v1/chat/completions` as one `chat.completion` object."""

from typing import Any
from uuid import UUID

from oneai.chat.stream.format import WithoutSources
from oneai.chat.turn.answer import Delta, Ending
from oneai.errors import InternalError, OneAIError, TokensUsedUp
from oneai.models.pieces import join_annotations, join_logprobs, join_reasoning_details, join_tool_calls

# Finish reasons that OpenAI does not have: an exhausted budget is `length`; a stopped answer returns its text so far.
FINISH_REASONS = {"budget": "length", "cancelled": "stop"}


class Collector(WithoutSources):
    """Collects one answer; writes nothing until `result`."""

    keep_alive = b""

    def __init__(self) -> None:
        self._deltas: list[Delta] = []
        self._envelope: dict[str, Any] = {}
        self._ending: Ending | None = None

    def start(
        self, _conversation_id: UUID, _user_message_id: UUID, message_id: UUID, model: str, created: int
    ) -> bytes:
        """Stores the fields that identify the answer."""
        self._envelope = {
            "id": completion_id(message_id),
            "object": "chat.completion",
            "created": created,
            "model": model,
        }
        return b""

    def deltas(self, new: list[Delta]) -> bytes:
        """Keeps them."""
        self._deltas += new
        return b""

    def end(self, _message_id: UUID, ending: Ending) -> bytes:
        """Keeps it."""
        self._ending = ending
        return b""

    def result(self) -> dict[str, Any]:
        """The whole object. Raises the OneAIError with which the answer ended."""
        if self._ending is None:
            raise InternalError
        if (error := failure(self._ending)) is not None:
            raise error
        calls = join_tool_calls(self._texts("tool_call"))
        text, reasoning = "".join(self._texts("text")), "".join(self._texts("reasoning"))
        refusal = "".join(self._texts("refusal"))
        details = join_reasoning_details(self._texts("reasoning_details"))
        annotations = join_annotations(self._texts("annotations"))
        logprobs = self._texts("logprobs")
        images = [image_part(url, n) for n, url in enumerate(self._texts("image"))]
        message = {
            "role": "assistant",
            # Null if the answer consists only of tool calls, or is a refusal.
            "content": text if text or not (calls or refusal) else None,
            "refusal": refusal or None,
            **({"annotations": annotations} if annotations else {}),
            **({"reasoning_content": reasoning} if reasoning else {}),
            **({"reasoning_details": details} if details else {}),
            **({"tool_calls": calls} if calls else {}),
            **({"images": images} if images else {}),
        }
        choice = {
            "index": 0,
            "message": message,
            "logprobs": join_logprobs(logprobs) if logprobs else None,
            "finish_reason": finish_reason(self._ending, calls_tools=bool(calls), refuses=bool(refusal)),
        }
        return {**self._envelope, "choices": [choice], "usage": usage_object(self._ending.usage)}

    def _texts(self, kind: str) -> list[str]:
        return [delta.text for delta in self._deltas if delta.kind == kind]


def completion_id(message_id: UUID) -> str:
    """The answer's id in OpenAI's format."""
    return f"chatcmpl-{message_id.hex}"


def image_part(url: str, n: int) -> dict[str, Any]:
    """The image with the index `n` of an answer, in OpenRouter's format for `images`: OpenAI has none there."""
    return {"type": "image_url", "image_url": {"url": url}, "index": n}


def failure(ending: Ending) -> OneAIError | None:
    """The error of the answer. If reasoning exhausted its tokens, OpenAI's clients expect no error but the finish
    `length`, as with OpenAI's models."""
    return None if isinstance(ending.error, TokensUsedUp) else ending.error


def finish_reason(ending: Ending, *, calls_tools: bool, refuses: bool) -> str:
    """OpenAI's finish reason; some upstreams send `stop` after a tool call. What a model refuses in words of its own is
    whole for OpenAI's clients, which raise an error for `content_filter` and show no refusal."""
    if isinstance(ending.error, TokensUsedUp):
        return "length"
    reason = ending.finish_reason or "stop"
    reason = FINISH_REASONS.get(reason, reason)
    if refuses and reason == "content_filter":
        return "stop"
    return "tool_calls" if calls_tools and reason == "stop" else reason


def usage_object(usage: dict[str, Any]) -> dict[str, Any]:
    """The usage of an answer with OpenAI's field names, and what paid it."""
    prompt, completion = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": usage.get("cached_tokens", 0)},
        "completion_tokens_details": {"reasoning_tokens": usage.get("reasoning_tokens", 0)},
        **{name: usage[name] for name in ("cost_micro_usd", "charged_micro_usd", "paid_by") if "paid_by" in usage},
    }
