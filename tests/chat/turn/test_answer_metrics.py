"""Metrics of an answer, of a refusal, and of an upstream that fails."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.world import World


@pytest.fixture
def world(emptied: World) -> World:
    """One stack is enough for all of these."""
    return emptied


type Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The metrics that were printed since the last time one asked."""

    def printed() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]

    return printed


async def test_an_answer_emits_one_line_with_its_measurements(world: World, lines: Lines) -> None:
    result = await world.ask()

    (line,) = lines()
    usage = result.last["usage"]
    assert (line["Answers"], line["AnswersFailed"]) == (1, 0)
    assert (line["PromptTokens"], line["CompletionTokens"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert line["CostMicroUsd"] == usage["cost_micro_usd"]
    assert line["FirstToken"] >= 0
    assert line["SlowFirstTokens"] in (0, 1)
    assert line["request_id"] == result.headers["x-request-id"]
    assert (line["message_id"], line["model"]) == (result.start["message_id"], result.last["model"])
    assert "Hello" not in json.dumps(line)


async def test_the_first_token_may_be_reasoning(world: World, lines: Lines) -> None:
    await world.ask(model="local/reasoning")

    (line,) = lines()
    stored = world.database.one("select first_token_ms from oneai.usage_events where purpose = 'answer'")
    assert line["FirstToken"] <= stored


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("local/error-503", "upstream_unavailable"),
        ("local/error-midway", "upstream_error"),
        ("local/empty", "empty_answer"),
        ("local/error-402", "openrouter_credit_exhausted"),
    ],
)
async def test_an_upstream_failure_is_counted_by_kind(world: World, lines: Lines, model: str, kind: str) -> None:
    await world.ask(model=model)

    emitted = lines()
    assert {line["kind"] for line in emitted if "UpstreamFailures" in line} == {kind}
    (answer,) = (line for line in emitted if "Answers" in line)
    assert answer["AnswersFailed"] == 1


async def test_a_moderated_question_is_no_upstream_failure(world: World, lines: Lines) -> None:
    await world.ask(model="local/error-403-moderation")

    assert not [line for line in lines() if "UpstreamFailures" in line]


async def test_refusals_are_counted_by_the_codes_that_operators_can_act_on(world: World, lines: Lines) -> None:
    world.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s", world.people["asha"]
    )
    refused = await world.ask()
    await world.ask(message="", who="ravi")
    await world.get("/conversations", None)

    quota, invalid, anonymous = (line for line in lines() if "Refusals" in line)
    assert (refused.code, quota["code"], quota["status"]) == ("quota_exceeded", "quota_exceeded", 429)
    assert (quota["route"], quota["request_id"]) == ("POST /chat/stream", refused.headers["x-request-id"])
    assert (invalid["code"], invalid["error_code"]) == ("other", "invalid_request")
    assert (anonymous["code"], anonymous["error_code"]) == ("other", "unauthenticated")
    assert anonymous["route"] == "GET /conversations"
