"""What people type into the model picker, and lists of models as providers send them (README.md)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import node

FOLDER = Path(__file__).parent
MODELS: list[dict[str, Any]] = json.loads((FOLDER / "models.json").read_text())
SEARCHES: list[dict[str, Any]] = json.loads((FOLDER / "searches.json").read_text())


@pytest.fixture(scope="module")
def outcomes() -> Any:
    """What the web app makes of each case, as its own modules say."""
    script = str(FOLDER / "read_cases.ts")
    done = subprocess.run([str(node.binary()), script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: case["name"])
def test_a_search_finds_its_models_best_first(outcomes: Any, case: dict[str, Any]) -> None:
    found = outcomes["searches"][case["name"]]

    assert found[: len(case["expect"])] == case["expect"]
    assert bool(found) == bool(case["expect"])


def test_every_model_has_a_mark_of_one_sign(outcomes: Any) -> None:
    marks = outcomes["marks"]

    assert set(marks) == {model["id"] for model in MODELS}
    assert marks["rtl/qalam"] == "ق"
    assert marks["deva/kshama"] == "क्ष"
    assert marks["emoji/llama"] == "?"
    assert marks["markup/script"] == "I"
    assert marks["lonely"] == "L"


def test_makers_without_a_name_have_their_key_and_unknown_ones_come_last(outcomes: Any) -> None:
    makers = dict(outcomes["makers"])

    assert makers["nameless-labs"] == "Nameless Labs"
    assert outcomes["makers"][-1] == ["", ""]
    assert outcomes["shared"] == ["Twin"]


def test_another_model_takes_the_place_of_one_that_is_gone(outcomes: Any) -> None:
    assert outcomes["instead"] == {
        "preferred": "one/haze-3.5",
        "cheapest": "bird/swift-v4:free",
        "seeing": "price/some",  # a price that is unknown is no low one
        "none": None,
    }
