"""What models write in place of a verified answer, and what of it a visitor gets."""

import json
from pathlib import Path
from typing import Any

import pytest

from oneai.chatbots.answering.leaks import PromptGuard
from oneai.chatbots.answering.outcome_reader import OutcomeReader
from oneai.chatbots.answering.readers import VerifiedReader

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "answers.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["source"])
def test_a_visitor_gets_only_what_was_verified(case: dict[str, Any]) -> None:
    written = case["text"]
    for size in range(1, len(written) + 1):
        objects = OutcomeReader(case["sent"], needs_passages=True)
        reader = VerifiedReader(objects, PromptGuard(case.get("prompt", "")), "en")
        text = "".join(reader.read(written[at : at + size]) for at in range(0, len(written), size)) + reader.end()
        assert (reader.outcome, list(reader.cited or ()), text.strip()) == (
            *(case["outcome"], case["cited"], case["answer"]),
        )
