"""Every answer has a receipt: who asked for what, who served it, what it cost, and what was corrected."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.world import World


async def receipt(world: World, start: dict[str, Any], who: str = "asha") -> Any:
    """The receipt's response."""
    return await world.get(f"/conversations/{start['conversation_id']}/messages/{start['message_id']}/receipt", who)


async def test_a_receipt_states_the_requested_and_served_model_the_usage_and_the_cost(world: World) -> None:
    result = await world.ask("Hello", model="openai/gpt-4.1")

    found = (await receipt(world, result.start)).json()

    usage = result.last["usage"]
    assert (found["model_asked"], found["quota_key"], found["charged"]) == ("openai/gpt-4.1", "large_messages", 1)
    assert found["model_served"] == result.last["model"]
    assert {name: found[name] for name in ("prompt_tokens", "completion_tokens", "cost_micro_usd")} == {
        name: usage[name] for name in ("prompt_tokens", "completion_tokens", "cost_micro_usd")
    }
    assert found["generation_id"]
    assert found["price_version"]
    assert (found["basis"], found["corrections"], found["outcome"]) == ("final", [], "complete")


async def test_a_correction_is_added_and_shown(world: World) -> None:
    result = await world.ask("Hello")
    database, message = world.database, result.start["message_id"]
    database.rows("update oneai.usage_events set estimated = true, cost_micro_usd = 50 where message_id = %s", message)
    assert (await receipt(world, result.start)).json()["basis"] == "estimated"
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "cost_micro_usd": 42, "estimated": False}
    outcome = json.dumps({"content": "", "state": "complete", "usage": usage})
    database.rows("select oneai.settle(%s, %s)", message, outcome)

    found = (await receipt(world, result.start)).json()

    assert (found["basis"], found["cost_micro_usd"]) == ("final", 42)
    assert [each["cost_micro_usd"] for each in found["corrections"]] == [-8]
    assert (found["prompt_tokens"], found["completion_tokens"]) == (10, 5)


async def test_a_running_answer_a_question_and_a_foreign_answer_have_no_receipt(world: World) -> None:
    async with world.asking("Go on", model="local/slow") as stream:
        await stream.next()
        start = stream.result.start
        assert (await receipt(world, start)).status_code == 404
        await world.post("/chat/stop", {"message_id": start["message_id"]})
        while await stream.next() is not None:
            pass

    assert (await receipt(world, start)).status_code == 200
    assert (await receipt(world, start, "ravi")).status_code == 404
    assert (await receipt(world, start | {"message_id": start["user_message_id"]})).status_code == 404
    assert (await receipt(world, start | {"conversation_id": str(uuid4())})).status_code == 404


@pytest.mark.parametrize("place", ["conversation_id", "message_id"])
async def test_an_invalid_id_is_refused(world: World, place: str) -> None:
    answer = await receipt(world, {"conversation_id": str(uuid4()), "message_id": str(uuid4())} | {place: "7"})

    assert answer.status_code in (404, 422)
