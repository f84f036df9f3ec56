"""An answer of `/v1` holds what its whole request may cost, whichever field of it is long."""

import json
from typing import Any

import pytest

from oneai.models import ContextTooLong, providers
from tests.api_keys.keys import create
from tests.world import World

MODEL = "openai/gpt-4.1"
HI = {"role": "user", "content": "hi"}
LONG = "word " * 600_000


def with_field(**fields: Any) -> dict[str, Any]:
    """A request whose assistant's message has these fields."""
    return {"model": MODEL, "max_tokens": 16, "messages": [{"role": "assistant", "content": "a", **fields}, HI]}


def called(call_id: str) -> list[dict[str, Any]]:
    """The calls of a message."""
    return [{"id": call_id, "function": {"name": "f", "arguments": "{}"}}]


@pytest.mark.parametrize(
    "body",
    [
        with_field(reasoning_details=[{"type": "reasoning.text", "text": LONG}]),
        with_field(reasoning_details=[{LONG: 1}]),
        with_field(reasoning_content=LONG),
        with_field(name=LONG),
        with_field(tool_calls=called(LONG)),
        {**with_field(), "messages": [{"role": "tool", "content": "a", "tool_call_id": LONG}, HI]},
        {**with_field(), "tools": [{"function": {"name": "f", "description": LONG}}]},
        {**with_field(), "response_format": {"type": "json_schema", "json_schema": {"name": "n", "x": LONG}}},
        {**with_field(), "tools": [], "tool_choice": {"function": {"name": LONG}}},
    ],
    ids=["details", "names in details", "content", "name", "id", "call id", "tools", "format", "choice"],
)
async def test_three_megabytes_in_any_field_are_too_long(shared: World, body: dict[str, Any]) -> None:
    who = shared.newcomer()
    answer = await shared.post("/v1/chat/completions", body, who)

    assert answer.status_code == 400, answer.text[:300]
    assert shared.database.rows("select id from oneai.reservations where user_id = %s", shared.people[who]) == []


@pytest.mark.parametrize(
    "body",
    [
        with_field(reasoning_details=[{"type": "reasoning.text", "text": LONG[:50_000]}]),
        {**with_field(), "tools": [{"function": {"name": "f", "description": LONG[:50_000]}}]},
        {**with_field(), "stop": [LONG[:50_000]]},
    ],
    ids=["details", "tools", "stop"],
)
async def test_the_hold_is_at_least_one_token_for_four_bytes_sent(shared: World, body: dict[str, Any]) -> None:
    who = shared.newcomer()
    answer = await shared.post("/v1/chat/completions", {**body, "model": "openai/gpt-4.1-mini"}, who)

    assert answer.status_code == 200, answer.text[:300]
    held = shared.database.one("select prompt_tokens from oneai.reservations where user_id = %s", shared.people[who])
    (sent,) = [each for each in await shared.sent_upstream() if LONG[:1000] in json.dumps(each)][-1:]
    assert held >= len(json.dumps(sent)) / 4 - 100


async def test_a_key_with_a_small_budget_is_refused_for_a_large_request(shared: World) -> None:
    made = await create(shared, budget={"micro_usd": 1000, "window": "day"})
    body = with_field(reasoning_details=[{"type": "reasoning.text", "text": LONG[:90_000]}])
    answer = await shared.http.post(
        "/v1/chat/completions",
        json={**body, "model": "openai/gpt-4.1-mini"},
        headers={"authorization": f"Bearer {made['secret']}"},
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "insufficient_quota")


async def test_a_request_larger_than_its_hold_is_not_sent(shared: World) -> None:
    before = len(await shared.upstream_requests())
    request = {"model": MODEL, "messages": [{"role": "user", "content": "x" * 60_000}]}

    async with providers.complete(request, held_tokens=1000) as completion:
        with pytest.raises(ContextTooLong):
            await anext(completion)

    assert not completion.sent
    assert len(await shared.upstream_requests()) == before
