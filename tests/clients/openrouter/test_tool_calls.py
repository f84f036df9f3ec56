"""Calls of tools come out as they were made, however their upstream cuts, numbers and names their fragments."""

import json
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai.clients.model_streams.finish_reasons import finish_reason
from oneai.clients.model_streams.tool_calls import ToolCallReader
from oneai.models.pieces import join_tool_calls

pytestmark = pytest.mark.sampled(0.4)

type Call = tuple[str, dict[str, str]]
type Delta = list[dict[str, Any]]
names = st.sampled_from(["get_weather", "get_weather_now", "search", "search.web", "a"])
arguments = st.dictionaries(st.text(max_size=6), st.text(max_size=12), max_size=3)
calls_of = st.lists(st.tuples(names, arguments), min_size=1, max_size=4)


def read(deltas: list[Delta]) -> list[dict[str, Any]]:
    """The calls that these deltas make up."""
    reader = ToolCallReader()
    fragments = [text for delta in deltas for text in reader.read(delta)]
    return join_tool_calls([*fragments, *reader.finish(complete=True)])


def pieces(arguments: dict[str, str], chance: random.Random) -> list[str]:
    """The JSON of the arguments, cut anywhere."""
    text = json.dumps(arguments)
    cuts = sorted(chance.sample(range(1, len(text)), min(chance.randrange(4), len(text) - 1)))
    edges = [0, *cuts, len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def fragment(index: object, id: str | None, **function: Any) -> dict[str, Any]:
    """A fragment with those of these that are given."""
    numbered = {} if index is None else {"index": index}
    named = {} if id is None else {"id": id, "type": "function"}
    return {**numbered, **named, "function": function}


def in_order(call: Call, index: object, id: str | None, chance: random.Random) -> list[Delta]:
    """A call as OpenAI sends it: a name first, then its arguments."""
    name, values = call
    rest = [[fragment(index, None, arguments=piece)] for piece in pieces(values, chance)]
    return [[fragment(index, id, name=name, arguments="")], *rest]


def numbered(calls: list[Call], chance: random.Random) -> list[Delta]:
    """One after another, counted from 1."""
    return [each for n, call in enumerate(calls, 1) for each in in_order(call, n, f"c{n}", chance)]


def counted_as_text(calls: list[Call], chance: random.Random) -> list[Delta]:
    """One after another, counted from 0 in texts, without ids."""
    return [each for n, call in enumerate(calls) for each in in_order(call, str(n), None, chance)]


def interleaved(calls: list[Call], chance: random.Random) -> list[Delta]:
    """All at once: whichever has a fragment left sends it."""
    queues = [in_order(call, n, f"c{n}", chance) for n, call in enumerate(calls)]
    deltas = [queue.pop(0) for queue in queues]
    while waiting := [queue for queue in queues if queue]:
        deltas.append(chance.choice(waiting).pop(0))
    return deltas


def all_index_0(calls: list[Call], chance: random.Random) -> list[Delta]:
    """One after another, all of them with the index 0 and ids of their own."""
    return [each for n, call in enumerate(calls) for each in in_order(call, 0, f"c{n}", chance)]


def no_index(calls: list[Call], chance: random.Random) -> list[Delta]:
    """One after another, without an index."""
    return [each for n, call in enumerate(calls) for each in in_order(call, None, f"c{n}", chance)]


def id_in_each(calls: list[Call], chance: random.Random) -> list[Delta]:
    """One after another, all with the index 0, the id and the name in each fragment."""
    return [
        [fragment(0, f"c{n}", name=name, arguments=piece)]
        for n, (name, values) in enumerate(calls)
        for piece in pieces(values, chance)
    ]


def id_made_up_for_each(calls: list[Call], chance: random.Random) -> list[Delta]:
    """One after another by index, with another id in each fragment."""
    deltas = [(n, delta) for n, call in enumerate(calls) for delta in in_order(call, n, None, chance)]
    return [[{**each, "index": n, "id": f"made-up-{place}"}] for place, (n, (each,)) in enumerate(deltas)]


def name_later(calls: list[Call], chance: random.Random) -> list[Delta]:
    """The id by itself, then the name, then the arguments."""
    return [
        delta
        for n, (name, values) in enumerate(calls)
        for delta in (
            [fragment(n, f"c{n}", arguments="")],
            [fragment(n, None, name=name)],
            *([fragment(n, None, arguments=piece)] for piece in pieces(values, chance)),
        )
    ]


def whole_without_anything(calls: list[Call], _: random.Random) -> list[Delta]:
    """Whole calls one after another, without index and id."""
    return [[fragment(None, None, name=name, arguments=json.dumps(values))] for name, values in calls]


def whole_in_one_delta(calls: list[Call], _: random.Random) -> list[Delta]:
    """Whole calls in one list, their arguments as objects, all with the index 0."""
    return [[fragment(0, None, name=name, arguments=values) for name, values in calls]]


def whole_and_again(calls: list[Call], _: random.Random) -> list[Delta]:
    """Whole calls, each sent twice under its id."""
    whole = [[fragment(0, f"c{n}", name=name, arguments=json.dumps(values))] for n, (name, values) in enumerate(calls)]
    return [delta for each in whole for delta in (each, each)]


WAYS: list[Callable[[list[Call], random.Random], list[Delta]]] = [
    *(numbered, counted_as_text, interleaved, all_index_0, no_index, id_in_each, id_made_up_for_each, name_later),
    *(whole_without_anything, whole_in_one_delta, whole_and_again),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@given(calls=calls_of, seed=st.integers(0, 1000))
def test_tool_calls_arrive_as_made(
    way: Callable[[list[Call], random.Random], list[Delta]], calls: list[Call], seed: int
) -> None:
    found = read(way(calls, random.Random(seed)))

    assert [(each["function"]["name"], json.loads(each["function"]["arguments"])) for each in found] == calls
    assert len({each["id"] for each in found}) == len(calls)


@pytest.mark.parametrize(
    "strange",
    [
        *(None, 7, "text", [None], [7], [{}], [{"index": 0}], [{"function": 7}], [{"id": []}], [{"index": True}]),
        [{"index": {}, "id": {}, "function": {"name": [], "arguments": 7}}],
        [{"index": -1, "id": "\ud800", "function": {"name": "\0", "arguments": "\ud83d"}}],
    ],
)
def test_a_malformed_tool_call_breaks_nothing(strange: Any) -> None:
    reader = ToolCallReader()
    before = list(reader.read([fragment(0, "c", name="search", arguments='{"a":')]))
    strange_fragments = list(reader.read(strange))
    rest = list(reader.read([fragment(0, "c", arguments='"b"}')]))

    first = join_tool_calls([*before, *rest])[0]
    assert first["function"] == {"name": "search", "arguments": '{"a":"b"}'}
    for text in strange_fragments:
        text.encode()


@pytest.mark.parametrize(("complete", "arguments"), [(True, "{}"), (False, "")])
def test_a_call_without_arguments_is_complete_only_if_the_model_ended(*, complete: bool, arguments: str) -> None:
    reader = ToolCallReader()
    fragments = list(reader.read([fragment(0, "c", name="list_all", arguments="")]))

    (call,) = join_tool_calls([*fragments, *reader.finish(complete=complete)])
    assert call["function"] == {"name": "list_all", "arguments": arguments}


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        *(
            (word, "stop")
            for word in ("stop", "STOP", "end_turn", "stop_sequence", "COMPLETE", "eos_token", "", 7, None)
        ),
        *((word, "length") for word in ("length", "MAX_TOKENS", "max_output_tokens", "model_length", "max-tokens")),
        # An answer that would go on is not whole.
        *((word, "length") for word in ("pause_turn", "CONTINUATION")),
        *((word, "tool_calls") for word in ("tool_calls", "tool_use", "function_call", "TOOL_CALL")),
        *((word, "content_filter") for word in ("SAFETY", "RECITATION", "refusal", "IMAGE_SAFETY", "sensitive")),
        *((word, "content_filter") for word in ("BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE")),
        *((word, "content_filter") for word in ("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION")),
        *((word, "error") for word in ("UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS")),
        *((word, "error") for word in ("error", "MALFORMED_FUNCTION_CALL", "MISSING_THOUGHT_SIGNATURE", "OTHER")),
    ],
)
def test_a_finish_reason_of_any_vocabulary_maps_to_one_of_ours(word: Any, ours: str) -> None:
    assert finish_reason(word) == ours
