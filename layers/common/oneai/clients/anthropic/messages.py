"""The conversation of a request in Anthropic's form: a top-level `system`, and turns of `user` and `assistant`."""

from collections.abc import Sequence
from typing import Any

from oneai.clients.model_streams import turns
from oneai.clients.model_streams.turns import Turn
from oneai.prompt_size import serialised_bytes

FORM = "anthropic-claude-v1"
# Marks that one request may have.
MAX_MARKS = 4
# A prompt below 1,024 tokens is not cached; with a margin, in bytes.
CACHED_BYTES = 4096
EPHEMERAL = {"type": "ephemeral"}
BEGINNING = "The beginning of this conversation is left out."

type Block = dict[str, Any]


def conversation(messages: Sequence[dict[str, Any]]) -> tuple[list[Block], list[dict[str, Any]]]:
    """The system prompt and the turns. Neighbours of one role are one turn, which begins with the results of calls."""
    system: list[Block] = []
    found: list[dict[str, Any]] = []
    for turn in turns.turns(messages):
        if turn.role == "system":
            system += _texts(turn.message)
        elif turn.role == "user":
            _add(found, "user", _said(turn.message))
        else:
            _add(found, "assistant", _answered(turn))
            _add(found, "user", [_result(each) for each in turn.results])
    if not found or found[0]["role"] != "user":
        found.insert(0, {"role": "user", "content": [{"type": "text", "text": BEGINNING}]})
    return system, found


def mark_for_cache(system: list[Block], tools: list[Block], messages: list[dict[str, Any]]) -> None:
    """Marks what is cached: a long system prompt with the tools before it, and a long conversation that goes on. Marks
    that the request has already come first; the last of all are kept."""
    size = serialised_bytes(system) + serialised_bytes(tools)
    if system and size >= CACHED_BYTES:
        system[-1].setdefault("cache_control", EPHEMERAL)
    turns_of_user = sum(message["role"] == "user" for message in messages)
    if turns_of_user > 1 and size + serialised_bytes([_without_data(each) for each in messages]) >= CACHED_BYTES:
        messages[-1]["content"][-1].setdefault("cache_control", EPHEMERAL)
    blocks = [*system, *(block for message in messages for block in message["content"])]
    marked = [block for block in blocks if "cache_control" in block]
    for block in marked[: max(len(marked) - MAX_MARKS, 0)]:
        del block["cache_control"]


def _add(found: list[dict[str, Any]], role: str, blocks: list[Block]) -> None:
    """Adds a turn; one that is empty is refused."""
    if blocks and found and found[-1]["role"] == role:
        found[-1]["content"] += blocks
    elif blocks:
        found.append({"role": role, "content": blocks})


def _texts(message: dict[str, Any]) -> list[Block]:
    return [
        {"type": "text", "text": each["text"], **_mark(each)}
        for each in turns.parts(message.get("content"))
        if isinstance(each.get("text"), str) and each["text"].strip()
    ]


def _said(message: dict[str, Any]) -> list[Block]:
    """The blocks of a user's message. A text without a letter is refused, so it is left out."""
    blocks: list[Block] = []
    for part in turns.parts(message.get("content")):
        if (url := turns.image_of(part)) is not None:
            blocks.append({"type": "image", "source": _source(url), **_mark(part)})
        elif (file := turns.file_of(part)) is not None:
            blocks.append({"type": "document", "title": file[0][:200], "source": _source(file[1]), **_mark(part)})
        elif isinstance(part.get("text"), str) and part["text"].strip():
            blocks.append({"type": "text", "text": part["text"], **_mark(part)})
    return blocks


def _answered(turn: Turn) -> list[Block]:
    blocks: list[Block] = []
    for kind, value in turns.ordered(turns.details_in(turn.message, FORM), turn, "anthropic"):
        if kind == "text":
            # The last turn may not end with white space.
            blocks.append({"type": "text", "text": value.rstrip()})
        elif kind == "call":
            name = turns.function_of(value)["name"]
            call_id = turns.safe_id(value.get("id"))
            blocks.append({"type": "tool_use", "id": call_id, "name": name, "input": turns.arguments_of(value)})
        elif (block := _thought(value)) is not None:
            blocks.append(block)
    # An answer that was only thoughts is no turn.
    return blocks if any(block["type"] in ("text", "tool_use") for block in blocks) else []


def _thought(detail: dict[str, Any]) -> Block | None:
    if detail.get("type") == "reasoning.text" and detail.get("signature"):
        return {"type": "thinking", "thinking": detail.get("text") or "", "signature": detail["signature"]}
    if detail.get("type") == "reasoning.encrypted" and detail.get("data"):
        return {"type": "redacted_thinking", "data": detail["data"]}
    return None


def _result(message: dict[str, Any]) -> Block:
    content = _said(message) or [{"type": "text", "text": turns.NO_RESULT}]
    plain = len(content) == 1 and content[0].keys() == {"type", "text"}
    given = content[0]["text"] if plain else content
    return {"type": "tool_result", "tool_use_id": turns.safe_id(message.get("tool_call_id")), "content": given}


def _source(url: str) -> dict[str, Any]:
    data = turns.data_of(url)
    return {"type": "url", "url": url} if data is None else {"type": "base64", "media_type": data[0], "data": data[1]}


def _mark(part: dict[str, Any]) -> Block:
    return {"cache_control": EPHEMERAL} if isinstance(part.get("cache_control"), dict) else {}


def _without_data(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "content": [{**block, "source": None} for block in message["content"]]}
