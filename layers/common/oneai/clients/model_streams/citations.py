"""What an answer cites: annotations as OpenAI and OpenRouter have them, and the lists of addresses that search models
send beside their choices."""

import json
from collections.abc import Iterator
from typing import Any

from oneai.models.pieces import repair_json
from oneai.web_address import web_address

# More than any answer cites; a model may be made to repeat itself.
MAX_CITATIONS = 100


class CitationReader:
    """Reads what one answer cites, each address and place once: upstreams repeat all citations with every chunk."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def read(self, frame: dict[str, Any], delta: dict[str, Any]) -> str:
        """New annotations of one frame and its delta (or message) as JSON text; empty where there are none."""
        new: list[dict[str, Any]] = []
        for annotation in (*_annotations(delta.get("annotations")), *_listed(frame), *_listed(delta)):
            key = json.dumps(annotation, sort_keys=True)
            if annotation.get("type") == "url_citation":
                key = json.dumps([annotation["url_citation"][name] for name in ("url", "start_index", "end_index")])
            if key not in self._seen and len(self._seen) < MAX_CITATIONS:
                self._seen.add(key)
                new.append(annotation)
        return json.dumps(new, ensure_ascii=False, separators=(",", ":")) if new else ""


def _annotations(value: object) -> Iterator[dict[str, Any]]:
    """Annotations with the fields that OpenAI requires. Of unknown types they stay as they came."""
    for each in value if isinstance(value, list) else ():
        if not isinstance(each, dict) or not isinstance(each.get("type"), str):
            continue
        if each["type"] != "url_citation":
            yield repair_json(each)
            continue
        # OpenAI's responses have the fields beside the type, its chat completions within an object.
        inner = each.get("url_citation")
        if (citation := _citation(inner if isinstance(inner, dict) else each)) is not None:
            yield citation


def _listed(holder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`search_results` (addresses with titles) or else `citations` (addresses) as annotations, with their places in the
    list (`n`, from 1), which texts such as `[3]` mean."""
    for name in ("search_results", "citations"):
        value = holder.get(name)
        if not isinstance(value, list) or not value:
            continue
        for n, each in enumerate(value, 1):
            citation = _citation(each if isinstance(each, dict) else {"url": each})
            if citation is not None:
                yield {**citation, "n": n}
        return


def _citation(fields: dict[str, Any]) -> dict[str, Any] | None:
    """A `url_citation`, if its address is one of the web."""
    if (url := web_address(fields.get("url"))) is None:
        return None
    places = {name: fields.get(name) for name in ("start_index", "end_index")}
    title, content = fields.get("title"), fields.get("content") or fields.get("snippet")
    citation = {
        "url": url,
        "title": repair_json(title) if isinstance(title, str) else "",
        **{name: place if _is_place(place) else 0 for name, place in places.items()},
        **({"content": repair_json(content)} if isinstance(content, str) and content else {}),
    }
    return {"type": "url_citation", "url_citation": citation}


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
