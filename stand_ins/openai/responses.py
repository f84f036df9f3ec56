"""The Responses API: what OpenAI refuses, what is asked for, and the events of an answer."""

import json
from collections.abc import Iterator
from typing import Any

from stand_ins.direct.answers import Answer, Asked, pieces, signature, tokens_of
from stand_ins.direct.server import Event, event
from stand_ins.openai.chat import CALL_ID, check_plain, refuse

ID = "resp_stand_in"


def check(body: dict[str, Any]) -> None:
    """Raises Refusal for a request that OpenAI refuses."""
    if "none" in body["model"]:
        raise refuse(404, "model_not_found", f"The model `{body['model']}` does not exist.")
    if body.get("max_output_tokens") is not None and body["max_output_tokens"] < 16:
        raise refuse(400, "integer_below_min_value", "Expected a value >= 16.", "max_output_tokens")
    for name in ("max_tokens", "messages", "stop", "seed"):
        if name in body:
            raise refuse(400, "unknown_parameter", f"Unknown parameter: '{name}'.", name)
    if "temperature" in body and body["model"].startswith("gpt-5"):
        raise refuse(400, "unsupported_parameter", "Unsupported parameter: 'temperature'.", "temperature")
    check_plain(body, ("top_p", "top_logprobs"))
    if "plain" in body["model"] and "message.output_text.logprobs" in body.get("include", ()):
        raise refuse(400, "unsupported_parameter", "logprobs are not supported with this model.", "include")
    if "unverified" in body["model"] and (body.get("reasoning") or {}).get("summary"):
        raise refuse(400, "unsupported_value", "Your organization must be verified.", "reasoning.summary")
    if any(tool.get("strict") is None for tool in body.get("tools") or () if tool["type"] == "function"):
        raise refuse(400, "invalid_function_parameters", "In context=(), 'required' is required to be supplied.")
    _check_items(body["input"])


def _check_items(items: list[dict[str, Any]]) -> None:
    calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
    results = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    if missing := set(calls) - set(results):
        raise refuse(400, None, f"No tool output found for function call {min(missing)}.", "input")
    if unknown := set(results) - set(calls):
        raise refuse(400, None, f"No tool call found for function call output with call_id {min(unknown)}.", "input")
    if not all(map(CALL_ID.fullmatch, calls)):
        raise refuse(400, "string_above_max_length", "Invalid 'input[0].call_id': string too long.", "input")
    for item, after in zip(items, [*items[1:], {}], strict=True):
        if item.get("type") != "reasoning":
            continue
        text = "".join(each["text"] for each in item["summary"])
        if item.get("encrypted_content") != _encrypted(item["id"], text):
            raise refuse(400, "invalid_encrypted_content", "The encrypted content could not be verified.")
        if after.get("type") != "function_call" and after.get("role") != "assistant":
            raise refuse(400, None, f"Item '{item['id']}' of type 'reasoning' was provided without its required item.")


def asked(body: dict[str, Any]) -> Asked:
    """The request in no provider's form."""
    items = body["input"]
    last = max(n for n, item in enumerate(items) if item.get("role") == "user")
    parts = [part for item in items if isinstance(item.get("content"), list) for part in item["content"]]
    functions = [each for each in body.get("tools") or () if each["type"] == "function"]
    return Asked(
        model=body["model"],
        question=_words(items[last].get("content")),
        tools=[] if body.get("tool_choice") == "none" else functions,
        results=[_words(item["output"]) for item in items[last:] if item.get("type") == "function_call_output"],
        thinks=(body.get("reasoning") or {}).get("effort") not in (None, "none"),
        schema=((body.get("text") or {}).get("format") or {}).get("schema"),
        draws=any(each["type"] == "image_generation" for each in body.get("tools") or ()),
        images=sum(part["type"] == "input_image" for part in parts),
        files=sum(part["type"] == "input_file" for part in parts),
        max_tokens=body.get("max_output_tokens"),
        calls_alone=body.get("parallel_tool_calls") is False,
    )


def events(body: dict[str, Any], answer: Answer) -> Iterator[Event]:
    """The events, numbered; the last one has the whole response."""
    items = [item for item, _ in _items(answer)]
    response = {
        "id": ID,
        "object": "response",
        "created_at": 1_790_000_000,
        "model": body["model"],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "store": body.get("store", True),
    }
    started = {**response, "status": "in_progress", "output": [], "usage": None}
    whole: list[tuple[str, dict[str, Any]]] = [("response.created", {"response": started})]
    whole.append(("response.in_progress", {"response": started}))
    for index, (item, inner) in enumerate(_items(answer)):
        whole.append(("response.output_item.added", {"output_index": index, "item": _started(item)}))
        whole += [(kind, {"output_index": index, "item_id": item["id"], **fields}) for kind, fields in inner]
        whole.append(("response.output_item.done", {"output_index": index, "item": item}))
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    kind = "incomplete" if answer.finish in reasons else "completed"
    details = {"reason": reasons[answer.finish]} if answer.finish in reasons else None
    ended = {**response, "status": kind, "incomplete_details": details, "output": items, "usage": _usage(body, answer)}
    whole.append((f"response.{kind}", {"response": ended}))
    for number, (name, fields) in enumerate(whole):
        yield event({"type": name, "sequence_number": number, **fields}, name)


def _items(answer: Answer) -> Iterator[tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]]:
    """The items of the answer, each with the events between its start and its end."""
    if answer.thoughts:
        item_id = "rs_stand_in"
        summary = [{"type": "summary_text", "text": answer.thoughts}]
        encrypted = _encrypted(item_id, answer.thoughts)
        delta = "response.reasoning_summary_text.delta"
        inner = [(delta, {"summary_index": 0, "delta": each}) for each in pieces(answer.thoughts)]
        yield {"id": item_id, "type": "reasoning", "summary": summary, "encrypted_content": encrypted}, inner
    if answer.text:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": answer.text}
        place = {"content_index": 0}
        inner = [("response.content_part.added", {**place, "part": {**part, "text": ""}})]
        words = answer.words()
        inner += [("response.output_text.delta", {**place, "delta": each, "logprobs": []}) for each in words]
        inner.append(("response.output_text.done", {**place, "text": answer.text, "logprobs": []}))
        inner.append(("response.content_part.done", {**place, "part": part}))
        yield (
            {"id": "msg_stand_in", "type": "message", "status": "completed", "role": "assistant", "content": [part]},
            inner,
        )
    for call in answer.calls:
        arguments = json.dumps(call.arguments)
        name = "response.function_call_arguments"
        inner = [(f"{name}.delta", {"delta": each}) for each in pieces(arguments)]
        inner.append((f"{name}.done", {"arguments": arguments, "name": call.name}))
        called = {"call_id": call.id, "name": call.name, "arguments": arguments}
        yield {"id": call.id.replace("call_", "fc_"), "type": "function_call", "status": "completed", **called}, inner
    if answer.image:
        yield {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": answer.image}, []


def _started(item: dict[str, Any]) -> dict[str, Any]:
    """An item before its content."""
    empty: dict[str, Any] = {"summary": [], "content": [], "arguments": "", "result": None}
    kept = {name: value for name, value in item.items() if name != "encrypted_content"}
    return {**kept, **{name: value for name, value in empty.items() if name in item}}


def _usage(body: dict[str, Any], answer: Answer) -> dict[str, Any]:
    prompt = tokens_of(body["input"])
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": prompt // 2},
        "output_tokens": answer.tokens(),
        "output_tokens_details": {"reasoning_tokens": answer.thought_tokens()},
        "total_tokens": prompt + answer.tokens(),
    }


def _encrypted(item_id: str, text: str) -> str:
    return signature(item_id, text)


def _words(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content or ())
