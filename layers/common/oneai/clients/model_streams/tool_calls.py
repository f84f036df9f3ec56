"""Identifies the tool calls of an answer, for all ways in which upstreams number and name them.

The fragments have the form that `oneai.models.pieces.join_tool_calls` takes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from oneai.models.pieces import repair, repair_json, signed_content


@dataclass(slots=True)
class _Call:
    index: int  # ours
    upstream_index: int | None
    upstream_id: str | None
    id: str = field(default_factory=lambda: f"call_{uuid4().hex}")
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: Any = None
    # Whether its first fragment was returned, and up to which of its arguments.
    is_begun: bool = False
    # The delta in which its name came last.
    named_in: int = 0
    # Whether its arguments are `{}` so far: some upstreams send that before the arguments.
    is_empty: bool = False
    # The first half of a character whose other half comes with the next fragment.
    high_surrogate: str = ""

    def whole_arguments(self) -> dict[str, Any] | None:
        """Its arguments, if they are a whole JSON object."""
        if self.is_empty and not any(self.arguments):
            return {}
        last = next((part for part in reversed(self.arguments) if part and not part.isspace()), "")
        return _as_object("".join(self.arguments)) if last.rstrip().endswith("}") else None


class ToolCallReader:
    """Numbers the calls of one answer.

    Upstreams count from 1, leave gaps, give every call the index 0 or none, send an id late, with every fragment or a
    new one with every fragment, and a name after the id, again, or in parts. So a call is found by its id, else by its
    index, else by its place in the list or as the last one. A fragment starts another call if it has another id, or if
    it has a name and the call that it would belong to is complete.

    The first fragment of a call is returned when its name is known and its arguments begin, or at the end.
    """

    __slots__ = ("_by_id", "_by_index", "_by_position", "_calls", "_delta", "_last", "_legacy")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}
        self._by_position: dict[int, _Call] = {}
        self._last: _Call | None = None
        self._delta = 0
        self._legacy = False

    @property
    def has_calls(self) -> bool:
        """Whether there is a call with a name or arguments."""
        return any(call.name or any(call.arguments) for call in self._calls)

    def read(self, fragments: object, legacy: object = None) -> Iterator[str]:
        """The fragments of one delta as JSON texts; `legacy` is its `function_call`, which older upstreams send in
        place of `tool_calls`."""
        found = _fragments(fragments)
        if not found and isinstance(legacy, dict) and (self._legacy or not self._calls):
            self._legacy = True
            found = [{"index": 0, "function": legacy}]
        self._delta += 1
        for position, fragment in enumerate(found):
            yield from self._read(fragment, position, alone=len(found) == 1)

    def read_whole(self, calls: object, legacy: object = None) -> Iterator[str]:
        """The calls of a whole message, without those that its deltas have brought already."""
        known = [(call.name, call.whole_arguments()) for call in self._calls]
        rest = []
        for fragment in _fragments(calls):
            function = _function(fragment)
            key = (_text(function.get("name")) or "", _as_object(function.get("arguments")))
            if _text(fragment.get("id")) in self._by_id:
                continue
            if key in known:
                known.remove(key)
                continue
            rest.append(fragment)
        yield from self.read(rest, legacy if not self._calls else None)

    def finish(self, *, complete: bool) -> Iterator[str]:
        """The first fragments that were held back. `complete`: the model ended by itself, so that a call without
        arguments has none."""
        for call in self._calls:
            nothing = "{}" if (complete or call.is_empty) and not any(call.arguments) else ""
            if not call.is_begun:
                if call.name or any(call.arguments):
                    yield self._begin(call, nothing)
            elif nothing:
                yield self._fragment(call, nothing)

    def _read(self, fragment: dict[str, Any], position: int, *, alone: bool) -> Iterator[str]:
        function = _function(fragment)
        name, arguments = _text(function.get("name")) or "", _arguments(function.get("arguments"))
        call = self._find(fragment, position, name, arguments, alone=alone)
        if arguments and _text(fragment.get("id")) and (whole := call.whole_arguments()) is not None:
            arguments = "" if _as_object(arguments) == whole else arguments  # the whole call again
        elif name and call.name and _text(fragment.get("id")):
            arguments = _rest(call.arguments, arguments)
        if not any(call.arguments) and arguments.strip() == "{}":
            call.is_empty, arguments = True, ""
        self._last = call
        self._by_position[position] = call
        if call.upstream_index is not None:
            self._by_index[call.upstream_index] = call
        if name:
            call.named_in = self._delta
            if not call.is_begun:
                call.name = _joined_name(call.name, name)
        extra = fragment.get("extra_content")
        if extra is None:
            extra = signed_content(function.get("thought_signature"), fragment.get("provider_specific_fields"))
        if extra is not None:
            call.extra = repair_json(extra)
        if call.is_begun:
            if arguments or call.extra is not None:
                yield self._fragment(call, arguments)
            return
        call.arguments.append(arguments)
        if call.name and any(call.arguments):
            # In the order in which they began: clients that number calls by their order expect that.
            yield from (self._begin(each) for each in self._calls[: call.index + 1] if each.name and not each.is_begun)

    def _find(self, fragment: dict[str, Any], position: int, name: str, arguments: str, *, alone: bool) -> _Call:
        """The call that a fragment belongs to, or a new one."""
        index, call_id = _index(fragment.get("index")), _text(fragment.get("id"))
        known = self._by_id.get(call_id) if call_id else None
        if known is not None:
            moved = index is not None and index != known.upstream_index
            if self._is_another(known, name, arguments) and (moved or name != known.name):
                known = self._new(index, None)
                self._by_id[call_id or ""] = known
            return known
        if index is not None:
            candidate = self._by_index.get(index) or self._counted_on(name, arguments, call_id)
        else:
            candidate = self._last if alone else self._by_position.get(position)
        if candidate is None:
            return self._new(index, call_id)
        if call_id is None:
            return self._new(index, None) if self._is_another(candidate, name, arguments) else candidate
        late = candidate.upstream_id is None and not self._is_another(candidate, name, arguments)
        # Some upstreams make up an id for every fragment: the arguments of a call that is not whole go on.
        goes_on = bool(not name and arguments and candidate.name and candidate.whole_arguments() is None)
        if not late and not goes_on:
            return self._new(index, call_id)
        if candidate.upstream_id is None and not candidate.is_begun:
            candidate.id = call_id
        candidate.upstream_id = candidate.upstream_id or call_id
        self._by_id[call_id] = candidate
        return candidate

    def _counted_on(self, name: str, arguments: str, call_id: str | None) -> _Call | None:
        """The last call, where a fragment of it has an index that no call has: some upstreams count fragments."""
        if name or call_id or not arguments or self._last is None or self._last.whole_arguments() is not None:
            return None
        return self._last

    def _is_another(self, call: _Call, name: str, arguments: str) -> bool:
        """Whether a fragment with this name begins another call than this one."""
        if not name or not call.name:
            return False
        if call.named_in == self._delta:
            return True
        return call.whole_arguments() is not None and (bool(arguments) or name != call.name)

    def _new(self, index: int | None, call_id: str | None) -> _Call:
        call = _Call(len(self._calls), index, call_id)
        if call_id:
            call.id = call_id
            self._by_id[call_id] = call
        self._calls.append(call)
        return call

    def _begin(self, call: _Call, more: str = "") -> str:
        call.is_begun = True
        held, call.arguments = "".join(call.arguments), []
        return self._fragment(call, held + more, first=True)

    def _fragment(self, call: _Call, arguments: str, *, first: bool = False) -> str:
        call.arguments.append(arguments)
        text, call.high_surrogate = call.high_surrogate + arguments, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, call.high_surrogate = text[:-1], text[-1]
        named = {"id": call.id, "type": "function"} if first else {}
        name = {"name": call.name} if first else {}
        extra, call.extra = ({"extra_content": call.extra} if call.extra is not None else {}), None
        return json.dumps({"index": call.index, **named, "function": {**name, "arguments": repair(text)}, **extra})


def _fragments(value: object) -> list[dict[str, Any]]:
    """The fragments of a delta, which may be one without a list; anything else is left out."""
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, dict) and each.keys() & {"function", "id", "name", "arguments"}]


def _function(fragment: dict[str, Any]) -> dict[str, Any]:
    """Name and arguments, which some upstreams send beside the id."""
    function = fragment.get("function")
    return function if isinstance(function, dict) else fragment


def _index(value: object) -> int | None:
    """The number of a call; some upstreams send it as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _joined_name(so_far: str, part: str) -> str:
    """A name that is sent again stays as it is, one that grew is taken whole, and parts are joined."""
    if part == so_far or part.startswith(so_far):
        return part
    return so_far + part


def _rest(parts: list[str], arguments: str) -> str:
    """What arguments have beyond these parts, where an upstream sends with each fragment all that it has so far."""
    if not arguments.startswith(next(filter(None, parts), "{")):
        return arguments
    return arguments.removeprefix("".join(parts))


def _arguments(arguments: object) -> str:
    """Arguments as JSON text. Some upstreams send an object, and an empty one before the fragments."""
    if isinstance(arguments, str):
        return arguments
    if not arguments:
        return ""
    try:
        return json.dumps(arguments, default=float, allow_nan=False)
    except ValueError:
        return json.dumps(repair_json(arguments))


def _as_object(arguments: object) -> dict[str, Any] | None:
    try:
        value = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return repair(value) if value and isinstance(value, str) else None
