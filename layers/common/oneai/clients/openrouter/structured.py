"""The parts of an answer that are JSON rather than text: fragments of tool calls, and logprobs.

A fragment is `{"index", "id"?, "type"?, "function": {"name"?, "arguments"}}`, as OpenAI streams it: calls are numbered
from 0, the first fragment of each has its id, type and name, and the arguments of all of them make up JSON.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from oneai.clients.openrouter.unicode import repair


@dataclass(slots=True)
class _Call:
    index: int
    # The first half of a character whose other half comes with the next fragment.
    high_surrogate: str = ""


class ToolCallReader:
    """Numbers the calls of one answer: upstreams count from 1, leave gaps, or give no number at all."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}

    def read(self, fragments: object) -> Iterator[str]:
        """The fragments of one delta as JSON texts."""
        for position, fragment in enumerate(fragments if isinstance(fragments, list) else ()):
            function = fragment.get("function") if isinstance(fragment, dict) else None
            if isinstance(function, dict):
                yield self._read(fragment, function, position)

    def _read(self, fragment: dict[str, Any], function: dict[str, Any], position: int) -> str:
        number = fragment.get("index")
        key = number if isinstance(number, int) else position
        call = self._calls.get(key)
        arguments = function.get("arguments")
        result: dict[str, Any] = {}
        if call is None:
            call = self._calls[key] = _Call(len(self._calls))
            result = {"id": _text(fragment.get("id")) or f"call_{uuid4().hex}", "type": "function"}
        text, call.high_surrogate = call.high_surrogate + _arguments(arguments), ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, call.high_surrogate = text[:-1], text[-1]
        name = {"name": _text(function.get("name")) or ""} if result else {}
        return json.dumps({"index": call.index, **result, "function": {**name, "arguments": repair(text)}})


def join_tool_calls(fragments: Iterable[str]) -> list[dict[str, Any]]:
    """The whole calls that these fragments make up, in the form of a message's `tool_calls`."""
    calls: dict[int, dict[str, Any]] = {}
    for text in fragments:
        fragment = json.loads(text)
        index = fragment.pop("index")
        call = calls.setdefault(index, fragment)
        if call is not fragment:
            call["function"]["arguments"] += fragment["function"]["arguments"]
    return [calls[index] for index in sorted(calls)]


def join_logprobs(pieces: Iterable[str]) -> dict[str, Any]:
    """The whole `logprobs` of a choice."""
    joined: dict[str, Any] = {"content": [], "refusal": None}
    for text in pieces:
        joined["content"] += json.loads(text)["content"]
    return joined


def logprobs_json(logprobs: object) -> str:
    """The `logprobs` of a choice as JSON text with the fields that OpenAI has; empty where it has no tokens."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    tokens = [_token(each) for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    return json.dumps({"content": tokens, "refusal": None}) if tokens else ""


def _token(token: dict[str, Any], *, alternatives: bool = True) -> dict[str, Any]:
    raw_top = token.get("top_logprobs") if alternatives else None
    top = [_token(each, alternatives=False) for each in raw_top or () if isinstance(each, dict)]
    raw = token.get("bytes")
    return {
        "token": repair(str(token.get("token", ""))),
        "logprob": float(token.get("logprob") or 0),
        "bytes": [int(each) for each in raw] if isinstance(raw, list) else None,
        **({"top_logprobs": top} if alternatives else {}),
    }


def _arguments(arguments: object) -> str:
    """Some providers send them as an object."""
    if isinstance(arguments, str) or arguments is None:
        return arguments or ""
    return json.dumps(arguments, default=float)


def _text(value: object) -> str | None:
    return repair(value) if value and isinstance(value, str) else None
