"""What Anthropic refuses of a request, and what a request asks for."""

from collections.abc import Iterator
from typing import Any

from stand_ins.direct.answers import Asked, signature
from stand_ins.direct.server import Refusal

THOUGHTS = ("thinking", "redacted_thinking")
MAX_MARKS = 4


def refuse(status: int, kind: str, message: str) -> Refusal:
    """A refusal in Anthropic's form."""
    error = {"type": kind, "message": message}
    return Refusal(
        status, {"type": "error", "error": error, "request_id": "req_stand_in"}, {"request-id": "req_stand_in"}
    )


def check(body: dict[str, Any]) -> None:
    """Raises Refusal for a request that Anthropic refuses."""
    if not isinstance(body.get("max_tokens"), int):
        raise _invalid("max_tokens: Field required")
    if not any(name in body["model"] for name in ("claude", "local")):
        raise refuse(404, "not_found_error", f"model: {body['model']}")
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            raise _invalid(f"{name}: Extra inputs are not permitted")
    thinking = body.get("thinking") or {}
    if "without-adaptive" in body["model"] and thinking.get("type") == "adaptive":
        raise _invalid("thinking.type: adaptive thinking is not supported by this model")
    if "without-budget" in body["model"] and thinking.get("type") == "enabled":
        raise _invalid("thinking.type: enabled is not supported by this model, use adaptive")
    if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        raise _invalid("max_tokens must be greater than thinking.budget_tokens, which must be at least 1024")
    if thinking.get("type") in ("adaptive", "enabled") and (body.get("tool_choice") or {}).get("type") in (
        "any",
        "tool",
    ):
        raise _invalid("Thinking may not be enabled when tool_choice forces tool use.")
    if sum("cache_control" in block for block in blocks(body)) > MAX_MARKS:
        raise _invalid(f"A maximum of {MAX_MARKS} blocks with cache_control may be provided.")
    _check_messages(body["messages"], thinks=thinking.get("type") in ("adaptive", "enabled"))


def _check_messages(messages: list[dict[str, Any]], *, thinks: bool) -> None:
    if not messages or messages[0]["role"] != "user":
        raise _invalid("messages: first message must use the user role")
    for before, message in zip([{"role": "", "content": []}, *messages], messages, strict=False):
        if message["role"] not in ("user", "assistant"):
            raise _invalid(f"messages: unexpected role {message['role']}")
        content = _content(message)
        if not content:
            raise _invalid("messages: text content blocks must be non-empty")
        for block in content:
            if block["type"] == "text" and not block["text"].strip():
                raise _invalid("messages: text content blocks must contain non-whitespace text")
            if block["type"] == "thinking" and block.get("signature") != signature(block["thinking"]):
                raise _invalid("messages: Invalid `signature` in `thinking` block")
        called = [block["id"] for block in _content(before) if block["type"] == "tool_use"]
        given = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        if sorted(called) != sorted(given):
            raise _invalid("messages: `tool_use` ids were found without `tool_result` blocks immediately after")
        if given and any(block["type"] != "tool_result" for block in content[: len(given)]):
            raise _invalid("messages: tool_result blocks must come first")
    if thinks and len(messages) > 1 and given:
        blocks_before = _content(messages[-2])
        if blocks_before[0]["type"] not in THOUGHTS:
            raise _invalid("messages: Expected `thinking` or `redacted_thinking`, but found `tool_use`")


def blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All blocks of the prompt in the order in which they are cached."""
    yield from body.get("tools") or ()
    system = body.get("system") or []
    yield from [{"type": "text", "text": system}] if isinstance(system, str) else system
    for message in body["messages"]:
        yield from _content(message)


def asked(body: dict[str, Any]) -> Asked:
    """The request in no provider's form."""
    last = next(message for message in reversed(body["messages"]) if _texts(message))
    after = body["messages"][body["messages"].index(last) :]
    content = [block for message in body["messages"] for block in _content(message)]
    choice = body.get("tool_choice") or {}
    return Asked(
        model=body["model"],
        question=" ".join(_texts(last)),
        tools=[] if choice.get("type") == "none" else [_tool(each) for each in body.get("tools") or ()],
        results=[result for message in after for result in _results(message)],
        thinks=(body.get("thinking") or {}).get("type") in ("adaptive", "enabled"),
        schema=((body.get("output_config") or {}).get("format") or {}).get("schema"),
        images=sum(block["type"] == "image" for block in content),
        files=sum(block["type"] == "document" for block in content),
        max_tokens=body["max_tokens"],
        calls_alone=bool(choice.get("disable_parallel_tool_use")),
    )


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {"name": tool["name"], "parameters": tool["input_schema"]}


def _content(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _texts(message: dict[str, Any]) -> list[str]:
    return [block["text"] for block in _content(message) if block["type"] == "text" and message["role"] == "user"]


def _results(message: dict[str, Any]) -> list[str]:
    return [_words(block.get("content")) for block in _content(message) if block["type"] == "tool_result"]


def _words(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(each.get("text", "") for each in content or ())


def _invalid(message: str) -> Refusal:
    return refuse(400, "invalid_request_error", message)
