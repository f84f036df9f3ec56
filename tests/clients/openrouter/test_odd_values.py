"""Values of an upstream that no specification foresees never end an answer."""

import json
import math
from typing import Any

import pytest

from oneai.clients.model_streams.citations import CitationReader
from oneai.clients.model_streams.content import MIN_LOGPROB, logprobs_json
from oneai.clients.model_streams.tool_calls import ToolCallReader
from oneai.models.pieces import repair_json, whole_details


def _refuse(constant: str) -> None:
    raise AssertionError(constant)


def strict(text: str) -> Any:
    """The JSON value of a text, which must have no NaN and no infinity."""
    return json.loads(text, parse_constant=_refuse)


@pytest.mark.parametrize("logprob", [-math.inf, math.nan, math.inf, "1e999", "x", [], {}])
def test_a_logprob_that_is_not_a_number_becomes_the_minimum(logprob: object) -> None:
    top = [{"token": "b", "logprob": logprob}]
    given = {"content": [{"token": "a", "logprob": logprob, "bytes": [97, None], "top_logprobs": top}]}

    (token,) = strict(logprobs_json(given))["content"]
    assert (token["logprob"], token["top_logprobs"][0]["logprob"], token["bytes"]) == (
        MIN_LOGPROB,
        MIN_LOGPROB,
        [97],
    )


def test_a_number_that_json_does_not_have_becomes_null() -> None:
    assert repair_json({"a": [math.nan, 1.5, True], "b": {"c": -math.inf}}) == {
        "a": [None, 1.5, True],
        "b": {"c": None},
    }


def test_arguments_as_an_object_become_json_text() -> None:
    reader = ToolCallReader()
    call = {"id": "c1", "function": {"name": "f", "arguments": {"x": math.nan, "y": [math.inf]}}}
    (text,) = reader.read([call])

    assert strict(strict(text)["function"]["arguments"]) == {"x": None, "y": [None]}


@pytest.mark.parametrize("text", [["x"], {"a": 1}, 1, True])
def test_reasoning_whose_text_is_not_a_string_is_not_joined(text: object) -> None:
    odd, plain = {"type": "reasoning.text", "text": text}, {"type": "reasoning.text", "text": "y"}

    assert whole_details([odd, plain]) == [odd, plain]
    assert whole_details([plain, odd]) == [plain, odd]


@pytest.mark.parametrize("place", [True, -1, "3", None, 1.5])
def test_a_citation_offset_that_is_not_a_number_becomes_zero(place: object) -> None:
    citation = {"url": "https://a.example/", "start_index": 2, "end_index": place}
    (read,) = json.loads(CitationReader().read({}, {"annotations": [{"type": "url_citation", **citation}]}))

    places = [read["url_citation"][name] for name in ("start_index", "end_index")]
    assert [json.dumps(each) for each in places] == ["2", "0"]
