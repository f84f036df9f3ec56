"""A request that is repeated is paid each time, and all of it is recorded."""

import json
from dataclasses import replace
from typing import Any

import pytest

from oneai.errors import UpstreamError
from oneai.models import Model, providers
from oneai.models.background_completion import BackgroundCompletion
from tests.patience import PATIENCE
from tests.world import World

# The upstream sends the question back as the bytes of its response.
VERBATIM = "local/verbatim"


def billed_failure(usage: dict[str, Any], message: str = "Bad gateway") -> str:
    """A response that states usage, fails, and delivers nothing."""
    frames = [{"choices": [], "usage": usage}, {"error": {"code": 502, "message": message}}]
    return "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames)


async def verbatim_model() -> Model:
    """The model that answers with its question, at the price of another."""
    model = next(each for each in await providers.list_models() if each.id == "openai/gpt-4.1-mini")
    return replace(model, id=VERBATIM)


async def failed_completion(failure: str) -> BackgroundCompletion:
    """A background completion that was answered with this failure, each time it was requested."""
    messages = [{"role": "user", "content": failure}]
    completion = BackgroundCompletion(await verbatim_model(), messages, answer_tokens=10, held_tokens=1000)
    await completion.run(PATIENCE)
    return completion


STATED = billed_failure({"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.5})


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/chat/stream"])
async def test_an_answer_costs_all_its_requests_as_billed(shared: World, path: str) -> None:
    who, before = shared.newcomer(), len(await shared.upstream_requests())
    bodies: dict[str, dict[str, Any]] = {
        "/v1/chat/completions": {"messages": [{"role": "user", "content": STATED}]},
        "/v1/responses": {"input": STATED},
        "/chat/stream": {"message": STATED},
    }
    await shared.post(path, {"model": VERBATIM, **bodies[path]}, who)

    assert len(await shared.upstream_requests()) - before == 3
    assert shared.database.rows(
        "select outcome, cost_micro_usd, prompt_tokens, completion_tokens, estimated, generation_id "
        "from oneai.usage_events where user_id = %s and purpose = 'answer'",
        shared.people[who],
    ) == [("failed", 1_500_000, 300, 30, False, None)]


async def test_earlier_requests_without_a_cost_are_estimated_by_their_tokens(shared: World) -> None:
    page = await failed_completion(billed_failure({"prompt_tokens": 1000, "completion_tokens": 1000}))

    once = (page.model.prompt_price or 0) * 1000 + (page.model.completion_price or 0) * 1000
    usage = page.outcome().usage
    assert (usage.cost_micro_usd, usage.estimated) == (3 * once * 1_000_000, True)


async def test_earlier_requests_without_tokens_or_a_cost_are_free(shared: World) -> None:
    page = await failed_completion(billed_failure({"prompt_tokens": 0, "completion_tokens": 0}))

    assert page.outcome().usage.cost_micro_usd == 0


async def test_a_page_costs_all_its_requests_as_billed(shared: World) -> None:
    outcome = (await failed_completion(STATED)).outcome()

    assert (outcome.state, outcome.usage.cost_micro_usd) == ("failed", 1_500_000)


async def test_a_title_costs_all_its_requests_as_billed(shared: World) -> None:
    title = await failed_completion(STATED)

    assert isinstance(title.failure, UpstreamError)
    assert title.operator_usage("failed")["usage"]["cost_micro_usd"] == 1_500_000


async def test_a_request_that_was_too_long_is_paid_in_addition_to_the_shorter_one(shared: World) -> None:
    too_long = billed_failure({"prompt_tokens": 100, "cost": 0.5}, "Your input exceeds the context window.")
    start = (await shared.ask("Hello", model="openai/gpt-4.1-mini")).start
    result = await shared.ask(too_long, model=VERBATIM, conversation_id=start["conversation_id"])

    assert (
        shared.database.one(
            "select cost_micro_usd from oneai.usage_events where message_id = %s", result.start["message_id"]
        )
        == 1_000_000
    )
