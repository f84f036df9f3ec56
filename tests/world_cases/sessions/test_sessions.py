"""What may answer a refresh of a session, and the clocks that devices have (README.md)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import node

FOLDER = Path(__file__).parent
ANSWERS: list[dict[str, Any]] = json.loads((FOLDER / "answers.json").read_text())
CLOCKS: list[dict[str, Any]] = json.loads((FOLDER / "clocks.json").read_text())


@pytest.fixture(scope="module")
def outcomes() -> Any:
    """What the web app makes of each case, as its own modules say."""
    script = str(FOLDER / "read_cases.ts")
    done = subprocess.run([str(node.binary()), script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case["name"])
def test_an_answer_ends_the_session_only_if_it_says_so(outcomes: Any, case: dict[str, Any]) -> None:
    result = outcomes["answers"][case["name"]]

    assert result["state"] == case["expect"]
    if "retry_after" in case:
        assert result["retryAfter"] == case["retry_after"]


@pytest.mark.parametrize("case", CLOCKS, ids=lambda case: case["name"])
def test_ten_pages_under_a_wrong_clock_refresh_once(outcomes: Any, case: dict[str, Any]) -> None:
    assert outcomes["clocks"][case["name"]] == case["refreshes"]
