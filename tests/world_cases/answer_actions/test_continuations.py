"""What models write when they are asked to continue an answer that was cut off."""

import json
from pathlib import Path
from typing import Any

import pytest

from oneai.chat.turn.continuation import HELD_CHARACTERS, Continuation

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("continuations.json").read_text())


def _continued(before: str, pieces: list[str]) -> str:
    continuation = Continuation(before)
    return before + "".join([continuation.take(piece) for piece in pieces]) + continuation.end()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_continuation_joins_the_answer_it_continues(case: dict[str, Any]) -> None:
    assert _continued(case["before"], case["pieces"]) == case["after"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_continuation_is_the_same_in_pieces_of_one_character(case: dict[str, Any]) -> None:
    assert _continued(case["before"], list("".join(case["pieces"]))) == case["after"]


def test_a_continuation_is_held_back_only_at_its_start() -> None:
    continuation = Continuation("The bakery opens at six and")

    first = continuation.take(" closes at noon" + "." * HELD_CHARACTERS)

    assert first.startswith(" closes at noon.")
    assert continuation.take("Next") == "Next"
    assert continuation.end() == ""


def test_a_continuation_has_started_while_its_start_is_held_back() -> None:
    continuation = Continuation("The bakery opens at six and")
    assert not continuation.is_holding

    assert continuation.take("." * (HELD_CHARACTERS - 1)) == ""
    assert continuation.is_holding

    assert continuation.take(".") == "." * HELD_CHARACTERS
    assert not continuation.is_holding
