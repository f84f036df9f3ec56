"""The body of `streamGenerateContent`, from that of a chat completion."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from oneai.clients.model_streams import turns
from oneai.clients.model_streams.turns import Turn

FORM = "google-gemini-v1"
# How a model learns how much it may think: by level (since Gemini 3) or by tokens. No level is none, so `least` is the
# lowest one, and `zero` a budget of 0.
type Way = Literal["level", "budget", "least", "zero", "unasked"]
LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH", "max": "HIGH"}
BUDGETS = {"minimal": 512, "low": 1024, "medium": 8192, "high": 16_384, "xhigh": 24_576, "max": 24_576}
MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}
IMAGE_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}

# Models whose results of functions have no pictures.
_OLD = re.compile(r"gemini-[12]\b")

type Part = dict[str, Any]


def ways(request: dict[str, Any]) -> tuple[Way, ...]:
    """The ways to ask for the thoughts that the question wants, the best first. Only the model knows which it takes."""
    reasoning = request.get("reasoning") or {}
    if not reasoning:
        return ("unasked",)
    if reasoning.get("effort") == "none" or reasoning.get("enabled") is False:
        return ("least", "zero", "unasked")
    if reasoning.get("max_tokens") is not None:
        return ("budget", "level", "unasked")
    return ("level", "budget", "unasked")


def body(request: dict[str, Any], *, thinking: Way | None = None) -> dict[str, Any]:
    """The body. `thinking` is one of the question's `ways`; None is the best one."""
    contents, system = _contents(request.get("messages") or [], nests=not _OLD.match(str(request.get("model"))))
    form = request.get("response_format") or {}
    schema = form["json_schema"].get("schema") if form.get("type") == "json_schema" else None
    logprobs = bool(request.get("logprobs"))
    config = {
        "maxOutputTokens": request.get("max_tokens"),
        "temperature": request.get("temperature"),
        "topP": request.get("top_p"),
        "seed": _int32(request.get("seed")),
        "frequencyPenalty": request.get("frequency_penalty"),
        "presencePenalty": request.get("presence_penalty"),
        "stopSequences": request.get("stop"),
        "responseMimeType": "application/json" if form.get("type") in ("json_schema", "json_object") else None,
        "responseJsonSchema": schema,
        "responseModalities": ["TEXT", "IMAGE"] if "image" in (request.get("modalities") or ()) else None,
        "responseLogprobs": logprobs or None,
        "logprobs": request.get("top_logprobs") if logprobs else None,
        "thinkingConfig": _thinking(request, thinking or ways(request)[0]),
    }
    tools = [_declaration(each) for each in request.get("tools") or () if turns.function_of(each)]
    optional = {
        "systemInstruction": {"parts": system} if system else None,
        "generationConfig": {name: value for name, value in config.items() if value is not None},
        "tools": [{"functionDeclarations": tools}] if tools else None,
        "toolConfig": _tool_config(request.get("tool_choice")) if tools else None,
    }
    return {"contents": contents, **{name: value for name, value in optional.items() if value}}


def _thinking(request: dict[str, Any], way: Way) -> dict[str, Any] | None:
    if way == "unasked":
        return None
    if way == "least":
        return {"thinkingLevel": "MINIMAL"}
    if way == "zero":
        return {"thinkingBudget": 0}
    reasoning = request.get("reasoning") or {}
    shown = {"includeThoughts": not reasoning.get("exclude")}
    effort = str(reasoning.get("effort"))
    if way == "level":
        return {**shown, "thinkingLevel": LEVELS[effort]} if effort in LEVELS else shown
    budget = reasoning.get("max_tokens")
    return {**shown, "thinkingBudget": BUDGETS.get(effort, -1) if budget is None else budget}


def _declaration(tool: dict[str, Any]) -> dict[str, Any]:
    function = turns.function_of(tool)
    fields = {"description": function.get("description"), "parametersJsonSchema": function.get("parameters")}
    return {"name": function["name"], **{name: value for name, value in fields.items() if value}}


def _tool_config(choice: Any) -> dict[str, Any] | None:
    if isinstance(choice, dict):
        config = {"mode": "ANY", "allowedFunctionNames": [turns.function_of(choice).get("name")]}
    elif choice in MODES:
        config = {"mode": MODES[choice]}
    else:
        return None
    return {"functionCallingConfig": config}


def _int32(seed: Any) -> int | None:
    """The seed, which has 32 bits there."""
    return None if seed is None else (int(seed) + 2**31) % 2**32 - 2**31


def _contents(messages: Sequence[dict[str, Any]], *, nests: bool) -> tuple[list[dict[str, Any]], list[Part]]:
    """The turns of `user` and `model`, neighbours of one role as one, and the system prompt."""
    contents: list[dict[str, Any]] = []
    system: list[Part] = []
    for turn in turns.turns(messages):
        if turn.role == "system":
            system += [{"text": part["text"]} for part in turns.parts(turn.message.get("content")) if part.get("text")]
        elif turn.role == "user":
            _add(contents, "user", _said(turn.message))
        else:
            _add(contents, "model", _answered(turn))
            _add(contents, "user", _results(turn, nests=nests))
    return contents, system


def _add(contents: list[dict[str, Any]], role: str, parts: list[Part]) -> None:
    if parts and contents and contents[-1]["role"] == role:
        contents[-1]["parts"] += parts
    elif parts:
        contents.append({"role": role, "parts": parts})


def _answered(turn: Turn) -> list[Part]:
    """The parts of an answer, each with the signature that it had."""
    details = turns.details_in(turn.message, FORM)
    by_call = {each["id"]: each["data"] for each in details if each.get("id") and each.get("data")}
    of_text = next((each["data"] for each in details if each.get("data") and not each.get("id")), None)
    text = turns.text_of(turn.message)
    parts: list[Part] = []
    if text or of_text:
        parts.append({"text": text, **({"thoughtSignature": of_text} if of_text else {})})
    for call in turn.calls:
        google = turns.extra_of(call, "google")
        signature = google.get("thought_signature") or by_call.get(call.get("id"))
        named = {"id": google["id"]} if google.get("id") else {}
        called = {**named, "name": turns.function_of(call)["name"], "args": turns.arguments_of(call)}
        parts.append({"functionCall": called, **({"thoughtSignature": signature} if signature else {})})
    return parts


def _results(turn: Turn, *, nests: bool) -> list[Part]:
    """The results in the order of the calls, which is how those without an id find their call: one part for each. A
    picture is within its result where the model `nests` it, else left out."""
    found: list[Part] = []
    for call, result in zip(turn.calls, turn.results, strict=True):
        google = turns.extra_of(call, "google")
        named = {"id": google["id"]} if google.get("id") else {}
        media = [part for part in _said(result) if "text" not in part] if nests else []
        response = {"result": turns.text_of(result) or turns.NO_RESULT}
        answer = {**named, "name": turns.function_of(call)["name"], "response": response}
        found.append({"functionResponse": {**answer, **({"parts": media} if media else {})}})
    return found


def _said(message: dict[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for part in turns.parts(message.get("content")):
        if (url := turns.image_of(part)) is not None:
            parts.append(_media(url))
        elif (file := turns.file_of(part)) is not None:
            parts.append(_media(file[1]))
        elif isinstance(part.get("text"), str) and part["text"]:
            parts.append({"text": part["text"]})
    return parts


def _media(url: str) -> Part:
    data = turns.data_of(url)
    if data is not None:
        return {"inlineData": {"mimeType": data[0], "data": data[1]}}
    ending = url.partition("?")[0].rpartition(".")[2].lower()
    return {"fileData": {"fileUri": url, "mimeType": IMAGE_TYPES.get(ending, "image/png")}}
