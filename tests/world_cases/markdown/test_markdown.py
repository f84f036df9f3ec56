"""Markdown as people and models write it, in many scripts (README.md)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import node

pytestmark = pytest.mark.sampled(0.4)

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus.json"
LINES: list[dict[str, Any]] = json.loads(CORPUS.read_text())


@pytest.fixture(scope="module")
def rendered() -> list[dict[str, Any]]:
    """Each line of the corpus as the web app renders it: as it stands, alone, and from pieces of several sizes."""
    command = [str(node.binary()), str(FOLDER / "render_cases.ts"), str(CORPUS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines: list[dict[str, Any]] = json.loads(done.stdout)
    return lines


def test_the_corpus_has_eighty_lines_in_ten_scripts() -> None:
    assert len(LINES) >= 80
    assert len({line["script"] for line in LINES}) >= 10


@pytest.mark.parametrize("number", range(len(LINES)), ids=lambda number: f"{number}-{LINES[number]['script']}")
def test_a_line_is_rendered_as_its_author_intended(rendered: list[dict[str, Any]], number: int) -> None:
    assert rendered[number]["html"] == LINES[number]["html"]


@pytest.mark.parametrize("number", range(len(LINES)), ids=lambda number: f"{number}-{LINES[number]['script']}")
def test_a_streamed_line_ends_as_the_whole_line(rendered: list[dict[str, Any]], number: int) -> None:
    line = rendered[number]

    assert line["streamed"] == [line["html"]] * len(line["streamed"])
    # Block by block or at once: but for the line ends between blocks it is the same.
    assert line["alone"].replace("\n", "") == line["html"].replace("\n", "")
