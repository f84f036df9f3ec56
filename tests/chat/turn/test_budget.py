"""With tokens or cost limited, an upstream writes at most what was held, for any parameters."""

from typing import Any

import pytest

from oneai.chat.turn import answer
from tests.world import World

IGNORANT = "local/ignores-max-tokens"


def limit(world: World, key: str, own: int, who: str = "asha") -> None:
    """A limit of tokens or of cost, as an operator sets it."""
    world.database.rows(
        "select oneai.override_quota(%s, %s, %s, 0, null, 'spends too much')", world.people[who], key, own
    )


def used(world: World, key: str) -> tuple[int, int]:
    """Used and reserved; units where nothing limits them."""
    return world.quota(key=key)


@pytest.mark.parametrize("key", ["tokens", "cost"])
async def test_an_upstream_that_ignores_max_tokens_is_cut_off_and_its_text_kept(world: World, key: str) -> None:
    limit(world, key, 100_000)

    result = await world.ask("Hello", model=IGNORANT, max_tokens=5)

    assert (result.last["state"], result.last["finish_reason"]) == ("stopped", "budget")
    assert 5 <= len(result.text.split()) <= 8
    kept = "select content, state, finish_reason from oneai.chat_messages where id = %s"
    assert world.database.one(kept, result.start["message_id"]) == (result.text, "stopped", "budget")
    assert world.quota() == (1, 0)
    assert used(world, key)[1] == 0


async def test_an_answer_without_a_limit_is_not_cut_off(world: World) -> None:
    result = await world.ask("Hello", model=IGNORANT, max_tokens=5)

    assert (result.last["state"], result.last["finish_reason"]) == ("complete", "stop")
    assert len(result.text.split()) > 8


async def test_an_answer_above_the_maximum_size_is_cut_off_and_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "MAX_CHARACTERS", 10_000)

    result = await world.ask("Hello", model="local/1mb")

    assert (result.last["state"], result.last["finish_reason"]) == ("stopped", "budget")
    assert 10_000 < len(result.text) < 100_000
    kept = "select content from oneai.chat_messages where id = %s"
    assert world.database.one(kept, result.start["message_id"]) == result.text
    assert world.quota() == (1, 0)


async def test_an_upstream_that_respects_max_tokens_is_never_cut_off(world: World) -> None:
    limit(world, "tokens", 100_000)

    result = await world.ask("Count to 500", model="local/long", max_tokens=400)

    assert result.last["state"] == "complete"
    usage = result.last["usage"]
    assert used(world, "tokens") == (usage["prompt_tokens"] + usage["completion_tokens"], 0)


async def test_the_cost_is_the_one_the_upstream_billed(world: World) -> None:
    limit(world, "cost", 1_000_000)

    result = await world.ask("Hello", model="openai/gpt-4.1")

    assert used(world, "cost") == (result.last["usage"]["cost_micro_usd"], 0)
    assert result.last["quota"]["key"] == "large_messages"


async def test_an_answer_that_may_exceed_the_rest_is_refused_with_alternatives(world: World) -> None:
    limit(world, "tokens", 100)

    refused = await world.post("/chat/stream", {"message": "Hello"})
    granted = await world.ask("Hello", max_tokens=20)

    error: dict[str, Any] = refused.json()["error"]
    assert (refused.status_code, error["quota_key"], error["limit"], error["used"]) == (429, "tokens", 100, 0)
    assert error["alternatives"] == [{"kind": "credits"}]
    assert granted.last["state"] == "complete"


async def test_a_failed_answer_uses_no_units(world: World) -> None:
    limit(world, "tokens", 100_000)
    limit(world, "cost", 100_000_000)

    result = await world.ask("Hello", model="local/error-401")

    assert (result.code, result.last["state"]) == ("operator_notified", "failed")
    assert [used(world, key) for key in ("small_messages", "tokens", "cost")] == [(0, 0)] * 3
