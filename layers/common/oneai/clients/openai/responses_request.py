"""The body of a response, from that of a chat completion. Nothing is stored at OpenAI: thoughts come encrypted, and go
back with the next request."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

from oneai.clients.model_streams import turns
from oneai.clients.model_streams.turns import Turn

FORM = "openai-responses-v1"
# Fewer are refused.
MIN_OUTPUT_TOKENS = 16
SAME = ("temperature", "top_p", "parallel_tool_calls")


def body(request: dict[str, Any], dropped: Collection[str] = ()) -> dict[str, Any]:
    """The body of `POST /responses`, without the `dropped` fields."""
    tools: list[dict[str, Any]] = [_tool(each) for each in request.get("tools") or () if turns.function_of(each)]
    if "image" in (request.get("modalities") or ()):
        tools.append({"type": "image_generation"})
    include = ["reasoning.encrypted_content"]
    wants_logprobs = bool(request.get("logprobs"))
    if wants_logprobs:
        include.append("message.output_text.logprobs")
    max_tokens = request.get("max_tokens")
    optional = {
        **{name: request.get(name) for name in SAME if name != "parallel_tool_calls" or tools},
        "max_output_tokens": max_tokens and max(max_tokens, MIN_OUTPUT_TOKENS),
        "reasoning": _reasoning(request, dropped),
        "text": _text(request),
        "tools": tools or None,
        "tool_choice": _tool_choice(request.get("tool_choice")) if tools else None,
        "top_logprobs": request.get("top_logprobs") if wants_logprobs else None,
        "include": include,
        "stream_options": {"include_obfuscation": False},
    }
    sent = {name: value for name, value in optional.items() if value is not None and name not in dropped}
    items = list(_items(request.get("messages") or [], with_thoughts="encrypted_content" not in dropped))
    return {"model": request["model"], "input": items, "stream": True, "store": False, **sent}


def _reasoning(request: dict[str, Any], dropped: Collection[str]) -> dict[str, Any] | None:
    wanted = request.get("reasoning") or {}
    if not wanted:
        return None
    effort = "none" if wanted.get("enabled") is False else wanted.get("effort")
    found = {"effort": effort, "summary": None if wanted.get("exclude") or effort == "none" else "auto"}
    return {
        name: value for name, value in found.items() if value is not None and f"reasoning.{name}" not in dropped
    } or None


def _text(request: dict[str, Any]) -> dict[str, Any] | None:
    form = request.get("response_format") or {}
    found: dict[str, Any] = {}
    if form.get("type") == "json_schema":
        schema = form["json_schema"]
        known = {
            name: schema[name] for name in ("name", "description", "schema", "strict") if schema.get(name) is not None
        }
        found["format"] = {"type": "json_schema", **known}
    elif form.get("type") == "json_object":
        found["format"] = {"type": "json_object"}
    if request.get("verbosity"):
        found["verbosity"] = request["verbosity"]
    return found or None


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool in the flat form. Without `strict` this API would make every parameter required."""
    function = turns.function_of(tool)
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    strict = function.get("strict") is True
    described = {"description": function["description"]} if function.get("description") else {}
    return {"type": "function", "name": function["name"], **described, "parameters": schema, "strict": strict}


def _tool_choice(choice: Any) -> Any:
    return {"type": "function", "name": turns.function_of(choice).get("name")} if isinstance(choice, dict) else choice


def _items(messages: Sequence[dict[str, Any]], *, with_thoughts: bool) -> Iterator[dict[str, Any]]:
    for turn in turns.turns(messages):
        if turn.role == "assistant":
            yield from _answered(turn, with_thoughts=with_thoughts)
        elif content := _said(turn.message):
            yield {"role": turn.role, "content": content}


def _answered(turn: Turn, *, with_thoughts: bool) -> Iterator[dict[str, Any]]:
    """The items of an answer. Thoughts are refused unless an item follows them."""
    details = turns.details_in(turn.message, FORM) if with_thoughts else []
    signed = [each for each in details if each.get("id")]
    thoughts: list[dict[str, Any]] = []
    for kind, value in turns.ordered(signed, turn, "openai"):
        if kind == "reasoning":
            thoughts.append(value)
            continue
        yield from _thoughts(thoughts)
        thoughts = []
        if kind == "text":
            yield {"role": "assistant", "content": value}
        else:
            function = turns.function_of(value)
            called = {"name": function["name"], "arguments": function.get("arguments") or "{}"}
            yield {"type": "function_call", "call_id": turns.safe_id(value.get("id")), **called}
    for result in turn.results:
        output = _said(result) or [{"type": "input_text", "text": turns.NO_RESULT}]
        is_text = all(part["type"] == "input_text" for part in output)
        given = "\n".join(part["text"] for part in output) if is_text else output
        yield {"type": "function_call_output", "call_id": turns.safe_id(result.get("tool_call_id")), "output": given}


def _thoughts(details: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The items of thoughts, each from its entries."""
    for item_id, grouped in groupby(details, key=lambda each: each["id"]):
        entries = list(grouped)
        encrypted = next((each["data"] for each in entries if each.get("type") == "reasoning.encrypted"), None)
        if encrypted is None:
            continue  # nothing is stored, so the id alone is not known
        texts = [each["summary"] for each in entries if each.get("type") == "reasoning.summary" and each.get("summary")]
        summary = [{"type": "summary_text", "text": text} for text in texts]
        yield {"type": "reasoning", "id": item_id, "summary": summary, "encrypted_content": encrypted}


def _said(message: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in turns.parts(message.get("content")):
        if (url := turns.image_of(part)) is not None:
            image = part["image_url"]
            detail = image.get("detail") if isinstance(image, dict) else None
            found.append({"type": "input_image", "image_url": url, "detail": detail or "auto"})
        elif (file := turns.file_of(part)) is not None:
            found.append({"type": "input_file", "filename": file[0], "file_data": file[1]})
        elif isinstance(part.get("text"), str) and part["text"]:
            found.append({"type": "input_text", "text": part["text"]})
    return found
