"""The conversation of a request, in the form that providers require: each call has its result, in the order of the
calls, directly after them.

A conversation may break this rule: an answer was stopped between a call and its result, or history was left out.
OpenAI, Anthropic and Gemini refuse such a request.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from oneai.models.pieces import text_in

NO_RESULT = "There is no result."
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATA_URL = re.compile(r"data:([a-z]+/[a-zA-Z0-9.+-]+)(?:;[a-z]+=[^;,]*)*;base64,(.*)", re.DOTALL)

type BlockKind = Literal["reasoning", "text", "call"]


@dataclass(slots=True)
class Turn:
    """A message; of an `assistant` turn with calls, `results` are those of its calls, in their order."""

    role: Literal["system", "user", "assistant"]
    message: dict[str, Any]
    calls: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


def turns(messages: Sequence[dict[str, Any]]) -> list[Turn]:
    """The turns of a conversation. A call without a result gets one that says so, and a result without a call becomes
    what the user says."""
    found: list[Turn] = []
    waiting: dict[str, Turn] = {}
    for message in messages:
        role = message.get("role")
        if role == "tool":
            owner = waiting.pop(str(message.get("tool_call_id")), None)
            if owner is None:
                found.append(Turn("user", {"role": "user", "content": message.get("content")}))
            else:
                owner.results.append(message)
            continue
        if role in ("system", "developer"):
            found.append(Turn("system", message))
            continue
        waiting = {}
        if role != "assistant":
            found.append(Turn("user", message))
            continue
        calls = [each for each in message.get("tool_calls") or () if isinstance(each, dict) and function_of(each)]
        turn = Turn("assistant", message, calls)
        found.append(turn)
        waiting = {str(each.get("id")): turn for each in calls}
    for turn in found:
        given = {str(each.get("tool_call_id")): each for each in turn.results}
        missing = {"role": "tool", "content": NO_RESULT}
        turn.results = [
            given.get(str(each.get("id")), {**missing, "tool_call_id": each.get("id")}) for each in turn.calls
        ]
    return found


def function_of(call: dict[str, Any]) -> dict[str, Any]:
    """The function of a call; empty where it has no name."""
    function = call.get("function")
    return function if isinstance(function, dict) and function.get("name") else {}


def arguments_of(call: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call as an object; empty where they are none."""
    try:
        arguments = json.loads(function_of(call).get("arguments") or "{}")
    except (ValueError, RecursionError, TypeError):
        return {}
    return arguments if isinstance(arguments, dict) else {}


def safe_id(call_id: object) -> str:
    """The id of a call as each provider accepts it: short, of letters, digits, `_` and `-`. Ids of other providers may
    be neither; the same id becomes the same text."""
    text = str(call_id)
    return text if _ID.fullmatch(text) else f"call_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def parts(content: object) -> list[dict[str, Any]]:
    """The parts of a content, which may be a text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def image_of(part: dict[str, Any]) -> str | None:
    """The address of an image, where the part is one."""
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else image
    return url if part.get("type") in ("image_url", "input_image") and isinstance(url, str) else None


def file_of(part: dict[str, Any]) -> tuple[str, str] | None:
    """The name and the data URL of a file, where the part is one."""
    file = part.get("file")
    data = file.get("file_data") if isinstance(file, dict) else None
    if not isinstance(file, dict) or not isinstance(data, str):
        return None
    return str(file.get("filename") or "file"), data


def data_of(url: str) -> tuple[str, str] | None:
    """The media type and the base64 of a data URL, without line breaks; None for any other address. `image/jpg` is no
    registered type, and providers refuse it."""
    found = _DATA_URL.fullmatch(url)
    if found is None:
        return None
    kind = "image/jpeg" if found[1].lower() == "image/jpg" else found[1].lower()
    return kind, "".join(found[2].split())


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, without images."""
    content = message.get("content")
    return content if isinstance(content, str) else "\n".join(filter(None, (text_in(each) for each in parts(content))))


def image_type(data: str) -> str:
    """The media type of an image in base64, by its first bytes."""
    first = base64.b64decode(data[:16] + "=" * (-len(data[:16]) % 4))
    signs = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg", b"RIFF": "image/webp", b"GIF8": "image/gif"}
    return next((kind for sign, kind in signs.items() if first.startswith(sign)), "image/png")


def details_in(message: dict[str, Any], form: str) -> list[dict[str, Any]]:
    """The entries of `reasoning_details` that a provider may get back: those that say they have its `form`, or none.
    Another provider's signature is refused."""
    details = message.get("reasoning_details")
    listed = details if isinstance(details, list) else []
    return [each for each in listed if isinstance(each, dict) and each.get("format") in (None, form)]


def ordered(details: Sequence[dict[str, Any]], turn: Turn, provider: str) -> Iterator[tuple[BlockKind, Any]]:
    """Thoughts, text and calls of an answer in the order in which the provider sent them, as their places say; thoughts
    first and calls last where it did not send them. The text has no place of its own: it was where one is free."""
    text = text_of(turn.message)
    spoken: list[tuple[BlockKind, Any]] = [("text", text)] if text.strip() else []
    places = [place_of(each, provider) for each in turn.calls]
    thoughts = [each.get("index") for each in details]
    known = [each for each in (*places, *thoughts) if isinstance(each, int)]
    if len(known) < len(places) + len(thoughts) or not turn.calls:
        yield from (("reasoning", each) for each in details)
        yield from spoken
        yield from (("call", each) for each in turn.calls)
        return
    blocks: list[tuple[int, BlockKind, Any]] = [(each["index"], "reasoning", each) for each in details]
    blocks += [(place or 0, "call", each) for place, each in zip(places, turn.calls, strict=True)]
    taken = set(known)
    free = next(place for place in range(len(taken) + 1) if place not in taken)
    blocks += [(free, kind, value) for kind, value in spoken]
    yield from ((kind, value) for _, kind, value in sorted(blocks, key=lambda each: each[0]))


def place_of(call: dict[str, Any], provider: str) -> int | None:
    """The place that a call had in the answer of this provider."""
    place = extra_of(call, provider).get("index")
    return place if isinstance(place, int) else None


def extra_of(call: dict[str, Any], provider: str) -> dict[str, Any]:
    """What this provider has to get back with a call."""
    extra = call.get("extra_content")
    found = extra.get(provider) if isinstance(extra, dict) else None
    return found if isinstance(found, dict) else {}
