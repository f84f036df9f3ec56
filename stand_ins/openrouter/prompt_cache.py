"""The cache of prompts of Anthropic's models, which keeps what a request marks."""

import json
from typing import Any

from stand_ins.openrouter.reply import prompt_tokens


class PromptCache:
    """What was marked before."""

    def __init__(self) -> None:
        self._kept: set[str] = set()

    def read_and_write(self, body: dict[str, Any]) -> tuple[int, int]:
        """The tokens of the prompt that are read from the cache, and those that are written to it. What is read ends at
        the last place that was marked before, and what is written at the last mark."""
        messages = body.get("messages")
        if not str(body.get("model")).startswith("anthropic/") or not isinstance(messages, list):
            return 0, 0
        read, marked, so_far = 0, 0, ""
        new: set[str] = set()
        last = max((n for n, each in enumerate(messages) if "cache_control" in json.dumps(each)), default=-1)
        for n, message in enumerate(messages[: last + 1], start=1):
            so_far += json.dumps(_plain(message), sort_keys=True)
            tokens = prompt_tokens({"messages": messages[:n]})
            if so_far in self._kept:
                read = tokens
            if "cache_control" in json.dumps(message):
                marked = tokens
                new.add(so_far)
        self._kept |= new
        return read, max(marked - read, 0)


def _plain(message: dict[str, Any]) -> list[Any]:
    """Role and parts without marks, in one form for texts that are a string and those that are parts."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return [message.get("role"), *map(_without_mark, parts)]


def _without_mark(part: Any) -> Any:
    return {name: part[name] for name in part if name != "cache_control"} if isinstance(part, dict) else part
