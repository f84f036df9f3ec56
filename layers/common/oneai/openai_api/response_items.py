"""The items, parts and usage of a response, in the format of Open Responses (https://www.openresponses.org)."""

from typing import Any

type Item = dict[str, Any]
type Part = dict[str, Any]

# The kind of item, and the part of its content, for each kind of delta.
ITEM_TYPES = {"text": "message", "refusal": "message", "reasoning": "reasoning"}
PART_TYPES = {"text": "output_text", "refusal": "refusal", "reasoning": "reasoning_text"}


def new_item(kind: str, hex_id: str, n: int) -> Item:
    """A message or reasoning item without content; `n` is its number among the items of the response."""
    if kind == "message":
        return {
            "id": f"msg_{hex_id}_{n}",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
    return {"id": f"rs_{hex_id}_{n}", "type": "reasoning", "status": "in_progress", "summary": [], "content": []}


def new_call(fragment: dict[str, Any], hex_id: str, n: int) -> Item:
    """A function call from the first fragment of a tool call, without its arguments."""
    return {
        "id": f"fc_{hex_id}_{n}",
        "type": "function_call",
        "status": "in_progress",
        "call_id": fragment["id"],
        "name": fragment["function"]["name"],
        "arguments": "",
    }


def new_part(part_type: str) -> Part:
    """A part of content without text."""
    if part_type == "output_text":
        return {"type": part_type, "text": "", "annotations": [], "logprobs": []}
    return {"type": part_type, text_field(part_type): ""}


def text_field(part_type: str) -> str:
    """The name of the field with a part's text."""
    return "refusal" if part_type == "refusal" else "text"


def event_fields(part_type: str) -> dict[str, Any]:
    """Fields of the events of a part's text, besides the text."""
    return {"logprobs": []} if part_type == "output_text" else {}


def url_citations(annotations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The citations among the annotations of a chat completion, in the format of a response."""
    found = [each["url_citation"] for each in annotations if each.get("type") == "url_citation"]
    names = ("url", "title", "start_index", "end_index")
    return [{"type": "url_citation", **{name: each[name] for name in names}} for each in found]


def usage_of(usage: dict[str, Any]) -> dict[str, Any]:
    """The usage of an answer with the names of a response, and what paid it."""
    prompt, completion = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": usage.get("cached_tokens", 0), "cache_write_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": usage.get("reasoning_tokens", 0)},
        "total_tokens": prompt + completion,
        **{name: usage[name] for name in ("cost_micro_usd", "charged_micro_usd", "paid_by") if "paid_by" in usage},
    }
