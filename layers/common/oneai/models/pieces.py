"""The pieces of an answer, and what those in JSON make up together.

Texts are fit for storage: characters are whole, and none is U+0000.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

type PieceKind = Literal[
    "text", "reasoning", "refusal", "image", "tool_call", "logprobs", "reasoning_details", "annotations"
]

# The field of an entry of `reasoning_details` that grows from fragment to fragment, by the type of the entry.
GROWING = {"reasoning.text": "text", "reasoning.summary": "summary"}
# Where a text is within an object, and as deep as texts are nested anywhere.
TEXT_NAMES = ("text", "content", "value", "thinking", "reasoning", "summary")
MAX_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer. An image's text is its URL (`data:` or `https:`).

    The text of a tool call's fragment, of logprobs, of `reasoning_details` and of annotations is JSON, as the functions
    that join them describe it.
    """

    kind: PieceKind
    text: str


def join_tool_calls(fragments: Iterable[str]) -> list[dict[str, Any]]:
    """The whole calls that these fragments make up, in the form of a message's `tool_calls`.

    A fragment is `{"index", "id"?, "type"?, "function": {"name"?, "arguments"}, "extra_content"?}`, as OpenAI streams
    it: calls are numbered from 0, the first fragment of each has its id, type and name, and the arguments of all of
    them make up JSON. `extra_content` has the thought signature that Gemini signs a call with; it goes back as it came.
    """
    calls: dict[int, dict[str, Any]] = {}
    for text in fragments:
        fragment = json.loads(text)
        index = fragment.pop("index")
        call = calls.setdefault(index, fragment)
        if call is not fragment:
            call["function"]["arguments"] += fragment["function"]["arguments"]
            if "extra_content" in fragment:
                call["extra_content"] = fragment["extra_content"]
    return [calls[index] for index in sorted(calls)]


def signed_content(signature: object, fields: object) -> dict[str, Any] | None:
    """The `extra_content` of a call whose thought signature is in its function or, as LiteLLM has it, in its
    `provider_specific_fields`; None where there is none."""
    found = signature or (fields.get("thought_signature") if isinstance(fields, dict) else None)
    return {"google": {"thought_signature": found}} if found and isinstance(found, str) else None


def join_annotations(pieces: Iterable[str]) -> list[dict[str, Any]]:
    """All annotations of an answer, in their order, as OpenAI has them: without their places in lists (`n`)."""
    annotations = [annotation for piece in pieces for annotation in json.loads(piece)]
    for annotation in annotations:
        if annotation["type"] == "url_citation":
            annotation.pop("n", None)
    return annotations


def join_logprobs(pieces: Iterable[str]) -> dict[str, Any]:
    """The whole `logprobs` of a choice, as OpenAI has them."""
    joined: dict[str, Any] = {"content": [], "refusal": None}
    for text in pieces:
        joined["content"] += json.loads(text)["content"]
    return joined


def join_reasoning_details(pieces: Iterable[str]) -> list[dict[str, Any]]:
    """The whole entries that these fragments, lists as JSON texts, make up.

    Entries are `reasoning.text` (with a signature), `reasoning.summary` and `reasoning.encrypted`. A provider that
    signs thoughts refuses the next turn of a tool loop without them, so nothing in them is changed.
    https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
    """
    return whole_details(entry for piece in pieces for entry in json.loads(piece))


def whole_details(entries: Iterable[dict[str, Any]], *, fragments_have_index: bool = False) -> list[dict[str, Any]]:
    """The whole entries that these fragments make up: texts of one entry are joined, and its signature, which comes in
    a fragment of its own, is put with them. Entries that are whole stay as they are. `fragments_have_index`: texts
    without an index are whole."""
    joined: list[dict[str, Any]] = []
    # Those of `joined` but the last, which may grow.
    known: set[str] = set()
    for entry in entries:
        before = joined[-1] if joined else {}
        growing = GROWING.get(str(entry.get("type")), "")
        is_whole = fragments_have_index and entry.get("index") is None and entry.get(growing)
        if not is_whole and _continues(before, entry):
            text = (before.get(growing) or "") + (entry.get(growing) or "")
            before.update({name: value for name, value in entry.items() if value is not None}, **{growing: text})
        elif not joined:
            joined.append(dict(entry))
        elif entry != before and json.dumps(entry, sort_keys=True) not in known:
            known.add(json.dumps(before, sort_keys=True))
            joined.append(dict(entry))
    return joined


def _continues(before: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether `entry` is a further fragment of the entry before it."""
    growing = GROWING.get(str(entry.get("type")))
    if growing is None or before.get("type") != entry["type"] or before.get("index") != entry.get("index"):
        return False
    if not all(isinstance(each.get(growing), str | None) for each in (before, entry)):
        return False
    if before.get("id") and entry.get("id") and before["id"] != entry["id"]:
        return False
    # A signature closes the text that it signs.
    return not (before.get("signature") and entry.get(growing))


def text_in(value: object, levels: int = MAX_LEVELS) -> str:
    """The text of a value that is a text, an object around one, or a list of such."""
    if isinstance(value, str):
        return value
    if levels and isinstance(value, list):
        return "".join([text_in(each, levels - 1) for each in value])
    if levels and isinstance(value, dict):
        return next((text for name in TEXT_NAMES if (text := text_in(value.get(name), levels - 1))), "")
    return ""


def repair(text: str) -> str:
    """Surrogate pairs joined; lone surrogates and U+0000, which Postgres cannot store, replaced."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")


def repair_json(value: Any) -> Any:
    """A JSON value with every text in it repaired, names included. Its decimals become floats. A number that is not
    finite becomes null: JSON has none (https://www.rfc-editor.org/rfc/rfc8259#section-6), and Postgres refuses it."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else repair(value)
    if isinstance(value, dict):
        return {repair_json(name): repair_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [repair_json(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    return number if math.isfinite(number := float(value)) else None
