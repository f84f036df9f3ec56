"""The body of a chat completion as OpenAI and compatible servers accept it: without the fields of others."""

from collections.abc import Collection
from typing import Any

from oneai.clients.model_streams import turns
from oneai.clients.model_streams.turns import Turn

# Fields that are sent as they are.
SAME = (
    *("temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "seed", "logit_bias", "logprobs"),
    *("top_logprobs", "response_format", "verbosity"),
)


def body(request: dict[str, Any], dropped: Collection[str] = (), *, is_compatible: bool = False) -> dict[str, Any]:
    """The body of `POST /chat/completions`, without the `dropped` fields. `is_compatible`: it goes to a server that is
    not OpenAI's, with the names that most of these know."""
    limit = "max_tokens" if is_compatible else "max_completion_tokens"
    if limit in dropped:
        limit = "max_tokens" if limit == "max_completion_tokens" else "max_completion_tokens"
    options = {"include_usage": True} | ({} if is_compatible else {"include_obfuscation": False})
    tools = [
        {"type": "function", "function": each["function"]}
        for each in request.get("tools") or ()
        if turns.function_of(each)
    ]
    reasoning = request.get("reasoning") or {}
    effort = "none" if reasoning.get("enabled") is False else reasoning.get("effort")
    optional = {
        **{name: request.get(name) for name in SAME},
        limit: request.get("max_tokens"),
        "reasoning_effort": effort,
        "stream_options": options,
        "tools": tools or None,
        # Both are refused where there are no tools.
        "tool_choice": request.get("tool_choice") if tools else None,
        "parallel_tool_calls": request.get("parallel_tool_calls") if tools else None,
    }
    sent = {name: value for name, value in optional.items() if value is not None and name not in dropped}
    return {
        "model": request["model"],
        "messages": _messages(request, is_compatible=is_compatible),
        "stream": True,
        **sent,
    }


def _messages(request: dict[str, Any], *, is_compatible: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for turn in turns.turns(request.get("messages") or []):
        if turn.role == "assistant":
            found += _answered(turn, is_compatible=is_compatible)
            continue
        named = {"name": turn.message["name"]} if turn.message.get("name") else {}
        found.append({"role": turn.role, **named, "content": _content(turn.message.get("content"))})
    return found


def _answered(turn: Turn, *, is_compatible: bool) -> list[dict[str, Any]]:
    text = turns.text_of(turn.message)
    if not text and not turn.calls:
        return []  # thoughts alone, which are no message
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    if turn.calls:
        message["tool_calls"] = [_call(each, is_compatible=is_compatible) for each in turn.calls]
    if is_compatible and turn.calls and isinstance(turn.message.get("reasoning"), str):
        # Some servers refuse the results of a call without the thoughts that led to it.
        message["reasoning_content"] = turn.message["reasoning"]
    results = [
        {"role": "tool", "tool_call_id": turns.safe_id(each.get("tool_call_id")), "content": _result(each)}
        for each in turn.results
    ]
    return [message, *results]


def _call(call: dict[str, Any], *, is_compatible: bool) -> dict[str, Any]:
    function = turns.function_of(call)
    signed = {"extra_content": call["extra_content"]} if is_compatible and call.get("extra_content") else {}
    arguments = function.get("arguments") or "{}"
    called = {"name": function["name"], "arguments": arguments}
    return {"id": turns.safe_id(call.get("id")), "type": "function", "function": called, **signed}


def _result(message: dict[str, Any]) -> str:
    return turns.text_of(message) or turns.NO_RESULT


def _content(content: object) -> Any:
    """The content without marks for caches, which OpenAI refuses."""
    if not isinstance(content, list):
        return content
    return [{name: value for name, value in part.items() if name != "cache_control"} for part in turns.parts(content)]
