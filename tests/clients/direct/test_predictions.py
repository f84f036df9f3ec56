"""Predictions of Replicate: how they end, what they cost, and where the key goes."""

import json
from typing import Any

import pytest

from tests.clients.direct.stand_in_servers import Answered, running
from tests.sources import found
from tests.world_cases.providers.sent import sending

DRAWS: dict[str, Any] = {"model": "example/draw", "modalities": ["image", "text"]}
# The text, the error, and the tokens of the prompt and of the answer.
ENDS: dict[str, tuple[str, str | None, tuple[int, int] | None]] = {
    "prediction_broke": ("", "UpstreamError", None),
    "prediction_declined": ("", "QuestionDeclined", None),
    "prediction_cancelled": ("", "UpstreamError", None),
    "prediction_aborted": ("", "UpstreamError", None),
    "prediction_deleted": ("", "EmptyAnswer", None),
    "prediction_of_words": ("Hello,\nAsha", None, (1, 3)),
    # A second of hardware has no price here, so the cost is not known.
    "prediction_by_the_second": ("Hello", None, None),
    "prediction_failed": ("", "UpstreamError", None),
    "prediction_data_removed": ("", "EmptyAnswer", None),
    "prediction_succeeded": ("Hello, Asha!\n", None, (3, 5)),
}
ENDED: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())
    for path in found("replicate/json/prediction_*.json")
    if "created" not in path.stem
}


@pytest.mark.parametrize("name", ENDED)
async def test_a_prediction_that_has_ended_is_an_answer_or_an_error(name: str) -> None:
    # Without a stream its state is read.
    prediction = {**ENDED[name], "urls": {}}
    async with sending("replicate", json.dumps(prediction).encode(), status="201 Created") as server:
        answered = await server.ask(model="example/llm:1")

    text, error, tokens = ENDS[name]
    assert (answered.text, answered.error and type(answered.error).__name__) == (text, error)
    assert _tokens(answered) == tokens


def _tokens(answered: Answered) -> tuple[int, int] | None:
    usage = answered.said.usage
    return None if usage is None else (usage.prompt_tokens, usage.completion_tokens)


async def test_a_prediction_ends_by_itself_where_our_process_has_ended() -> None:
    async with running("replicate") as provider:
        await provider.ask()
        started = next(each for each in await provider.requests() if each["method"] == "POST")

    assert started["headers"]["cancel-after"] == "5m"


async def test_a_picture_is_fetched_without_the_key_and_has_no_known_cost() -> None:
    async with running("replicate") as provider:
        answered = await provider.ask("A red dot.", **DRAWS)
        fetched = [each for each in await provider.requests() if "/files/" in each["path"]]

    assert (len(answered.images), answered.said.usage) == (1, None)
    assert [each["headers"].get("authorization") for each in fetched] == [None]
    assert provider.provider.key not in json.dumps(fetched)
