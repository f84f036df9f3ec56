"""Marks what Anthropic's models cache. Of OpenRouter's models only theirs have to be asked for it.

https://openrouter.ai/docs/features/prompt-caching
"""

from collections.abc import Sequence
from typing import Any

from oneai.prompt_size import serialised_bytes

# Models whose provider caches nothing that is not marked.
_VENDOR = "anthropic/"
# A prompt below 1,024 tokens is not cached; with a margin, in bytes.
CACHED_BYTES = 4096
EPHEMERAL = {"type": "ephemeral"}

type Message = dict[str, Any]


def marked(request: dict[str, Any]) -> dict[str, Any]:
    """The request with marks at the end of a long system prompt and of a long conversation that goes on. A single long
    question is not marked, because writing to the cache costs more than the prompt. Marks of a client stay alone."""
    messages: list[Message] = request.get("messages") or []
    if not str(request.get("model")).startswith(_VENDOR) or _has_marks(request):
        return request
    at = {
        place
        for place in (_end_of_system(messages, request), _end_of_conversation(messages))
        if place is not None and _text_of(messages[place])
    }
    if not at:
        return request
    return {**request, "messages": [_mark(each) if n in at else each for n, each in enumerate(messages)]}


def _end_of_system(messages: Sequence[Message], request: dict[str, Any]) -> int | None:
    """The last message of a system prompt that is long, together with the tools before it."""
    system = [n for n, each in enumerate(messages) if each.get("role") == "system"]
    if not system:
        return None
    size = sum(len(_text_of(messages[n]).encode("utf-8", "replace")) for n in system)
    return system[-1] if size + serialised_bytes(request.get("tools") or []) >= CACHED_BYTES else None


def _end_of_conversation(messages: Sequence[Message]) -> int | None:
    """The last message of the user, if the conversation before it is long."""
    users = [n for n, each in enumerate(messages) if each.get("role") == "user"]
    if len(users) < 2:
        return None
    size = sum(len(_text_of(each).encode("utf-8", "replace")) for each in messages)
    return users[-1] if size >= CACHED_BYTES else None


def _mark(message: Message) -> Message:
    """The message with a mark at its last text, the only kind of part that takes one."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    last = max(n for n, each in enumerate(parts) if _is_text(each))
    parts[last] = {**parts[last], "cache_control": EPHEMERAL}
    return {**message, "content": parts}


def _text_of(message: Message) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "".join(each["text"] for each in content or () if _is_text(each))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str) and bool(part["text"])


def _has_marks(request: dict[str, Any]) -> bool:
    parts = [
        part
        for message in request.get("messages") or ()
        if isinstance(message.get("content"), list)
        for part in message["content"]
    ]
    return any(isinstance(each, dict) and "cache_control" in each for each in (*parts, *(request.get("tools") or ())))
