"""Chat completions: what OpenAI refuses, what is asked for, and the chunks of an answer."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from stand_ins.direct.answers import Answer, Asked, pieces, tokens_of
from stand_ins.direct.server import Event, Refusal, event

THINKS = re.compile(r"o\d|gpt-5")
ID = "chatcmpl-stand-in"
CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def refuse(status: int, code: str | None, message: str, param: str | None = None) -> Refusal:
    """A refusal in OpenAI's form."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(status, {"error": error}, {"x-request-id": "req_stand_in"})


def check(body: dict[str, Any]) -> None:
    """Raises Refusal for a request that OpenAI refuses."""
    if "none" in body["model"]:
        raise refuse(404, "model_not_found", f"The model `{body['model']}` does not exist.")
    if "max_tokens" in body and THINKS.match(body["model"]):
        raise refuse(400, "unsupported_parameter", "Unsupported parameter: 'max_tokens'.", "max_tokens")
    check_plain(body, ("temperature", "top_p", "logprobs", "top_logprobs"))
    if "parallel_tool_calls" in body and not body.get("tools"):
        raise refuse(400, None, "'parallel_tool_calls' is only allowed when 'tools' are specified.")
    check_conversation(body["messages"])


def check_plain(body: dict[str, Any], unsupported: Iterable[str]) -> None:
    """Raises Refusal for the first of these fields. The model has none of them."""
    for name in unsupported:
        if "plain" in body["model"] and name in body:
            raise refuse(400, "unsupported_value", f"Unsupported value: '{name}'.", name)


def check_conversation(messages: list[dict[str, Any]]) -> None:
    """Raises Refusal where calls and results do not belong together, or a message has an unknown field."""
    waiting: list[str] = []
    for message in messages:
        unknown = message.keys() - {"role", "content", "name", "tool_calls", "tool_call_id", "reasoning_content"}
        if unknown:
            raise refuse(400, "unknown_parameter", f"Unknown parameter: 'messages[0].{min(unknown)}'.", "messages")
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise refuse(400, None, "messages with role 'tool' must be a response to a preceeding message")
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            raise refuse(400, None, "An assistant message with 'tool_calls' must be followed by tool messages.")
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
        if not all(map(CALL_ID.fullmatch, waiting)):
            raise refuse(400, "string_above_max_length", "Invalid 'messages[0].tool_calls[0].id': string too long.")


def asked(body: dict[str, Any]) -> Asked:
    """The request in no provider's form."""
    messages = body["messages"]
    last = max(n for n, message in enumerate(messages) if message["role"] == "user")
    parts = [part for message in messages for part in _parts(message)]
    form = body.get("response_format") or {}
    return Asked(
        model=body["model"],
        question=_words(messages[last]),
        tools=[] if body.get("tool_choice") == "none" else [each["function"] for each in body.get("tools") or ()],
        results=[_words(message) for message in messages[last:] if message["role"] == "tool"],
        schema=(form.get("json_schema") or {}).get("schema"),
        images=sum(part["type"] == "image_url" for part in parts),
        files=sum(part["type"] == "file" for part in parts),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        calls_alone=body.get("parallel_tool_calls") is False,
    )


def events(body: dict[str, Any], answer: Answer) -> Iterator[Event]:
    """The chunks, usage in a last one without choices, and `[DONE]`."""
    for delta in deltas(answer):
        yield _chunk(body, delta)
    yield _chunk(body, {}, answer.finish)
    if (body.get("stream_options") or {}).get("include_usage"):
        yield event({**_frame(body), "choices": [], "usage": usage(body, answer)})
    yield b"data: [DONE]\n\n"


def deltas(answer: Answer) -> Iterator[dict[str, Any]]:
    """What each chunk adds."""
    yield {"role": "assistant", "content": "", "refusal": None}
    for text in answer.words():
        yield {"content": text}
    for index, call in enumerate(answer.calls):
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        for text in pieces(json.dumps(call.arguments)):
            yield {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def usage(body: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """The usage; half of the prompt was cached."""
    prompt = tokens_of(body["messages"])
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answer.tokens(),
        "total_tokens": prompt + answer.tokens(),
        "prompt_tokens_details": {"cached_tokens": prompt // 2, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": answer.thought_tokens()},
    }


def _chunk(body: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> Event:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event({**_frame(body), "choices": [choice], "usage": None, "obfuscation": "x7Q"})


def _frame(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": ID, "object": "chat.completion.chunk", "created": 1_790_000_000, "model": body["model"]}


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _words(message: dict[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in _parts(message))
