"""What a model's provider has to be sent back of its thoughts: `reasoning_details`, as OpenRouter has them.

Entries are `reasoning.text` (with a signature), `reasoning.summary` and `reasoning.encrypted`. A provider that signs
thoughts refuses the next turn of a tool loop without them, so nothing in them is changed.
https://openrouter.ai/docs/guides/best-practices/reasoning-tokens
"""

import json
from collections.abc import Iterable
from typing import Any

from oneai.clients.openrouter.unicode import repair_json

# The field that grows from fragment to fragment, by the type of the entry.
GROWING = {"reasoning.text": "text", "reasoning.summary": "summary"}


def details_json(details: object) -> str:
    """The entries of one delta as JSON text; empty where there are none."""
    entries = [repair_json(each) for each in details if isinstance(each, dict)] if isinstance(details, list) else []
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")) if entries else ""


def join_reasoning_details(pieces: Iterable[str]) -> list[dict[str, Any]]:
    """The whole entries that these fragments, lists as JSON texts, make up."""
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


def details_beyond(sent: Iterable[str], whole: str) -> str:
    """What the entries of a whole message, as JSON text, have beyond the fragments that were sent; empty where that is
    nothing. A signature alone comes without the text that it signs."""
    known = join_reasoning_details(sent)
    new: list[dict[str, Any]] = []
    for entry in json.loads(whole):
        content = GROWING.get(str(entry.get("type")), "data")
        same = next((each for each in known if _names(each, content) == _names(entry, content)), None)
        if same is None:
            new.append(entry)
        elif entry.get("signature") and not same.get("signature"):
            new.append({name: value for name, value in entry.items() if name != content})
    return json.dumps(new, ensure_ascii=False, separators=(",", ":")) if new else ""


def _names(entry: dict[str, Any], content: str) -> tuple[Any, Any]:
    return entry.get("type"), entry.get(content)


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
