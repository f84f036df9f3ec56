"""Answers that are requested with an API key."""

import time
from typing import Any
from uuid import UUID

import pytest

from oneai import chat
from oneai.api_keys.principal import KeyPrincipal
from oneai.chat.turn.admit import Turn
from oneai.errors import InsufficientQuota, InvalidApiKey, ModelNotAllowed, OneAIError, QuotaExceeded
from oneai.http import authenticate
from tests.api_keys.keys import create
from tests.wire import Wire
from tests.world import World


async def ask(secret: str, message: str = "Hello", **fields: Any) -> tuple[KeyPrincipal, Turn]:
    """Asks with a key, as a route of scope `chat` does."""
    user = authenticate.with_key(f"Bearer {secret}", "chat", "127.0.0.1", "asking")
    result = await chat.admit(user, chat.Question(message=message, **fields), api_key_id=user.api_key_id)
    assert isinstance(result, list)
    return user, result[0]


async def finish(turn: Turn) -> None:
    """Generates the answer to its end."""
    answer = chat.begin(turn, time.time() + 60)
    assert answer.task is not None
    await answer.task


async def test_a_question_with_a_key_is_admitted_in_one_round_trip(world: World, wire: Wire) -> None:
    made = await create(world, models=["local/*", "openai/*"], budget={"micro_usd": 10**9, "window": "day"})
    await world.ask()
    wire.trips.clear()

    user, turn = await ask(made["secret"])

    assert len(wire.trips) == 1, wire.trips
    assert "oneai.take_api_key_rate(" in wire.trips[0]
    assert "oneai.admit(" in wire.trips[0]
    assert (user.user_id, str(user.api_key_id)) == (world.people["asha"], made["id"])
    await finish(turn)
    event = world.database.one(
        "select user_id, api_key_id::text, outcome from oneai.usage_events where message_id = %s", turn.message_id
    )
    assert event == (world.people["asha"], made["id"], "complete")


async def test_the_next_question_with_the_model_of_its_conversation_knows_the_key_too(world: World) -> None:
    made = await create(world)
    conversation = (await world.ask(model="local/long")).start["conversation_id"]

    _, turn = await ask(made["secret"], conversation_id=UUID(conversation))

    assert turn.models[0].id == "local/long"
    assert (
        str(world.database.one("select api_key_id from oneai.reservations where id = %s", turn.message_id))
        == (made["id"])
    )
    await finish(turn)


async def test_a_key_revoked_during_an_answer_finishes_it_and_is_refused_next(world: World) -> None:
    made = await create(world)
    _, turn = await ask(made["secret"], model="local/slow", max_tokens=4)
    answer = chat.begin(turn, time.time() + 60)

    assert (await world.http.delete(f"/user/api-keys/{made['id']}", headers=world.headers())).status_code == 204

    assert answer.task is not None
    await answer.task
    assert world.database.one("select state from oneai.chat_messages where id = %s", turn.message_id) == "complete"
    with pytest.raises(InvalidApiKey):
        await ask(made["secret"])


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"budget": {"micro_usd": 0, "window": "total"}}, InsufficientQuota),
        ({"models": ["other/*"]}, ModelNotAllowed),
    ],
)
async def test_a_question_that_a_key_may_not_ask_is_refused_and_stores_nothing(
    world: World, fields: dict[str, Any], refusal: type[OneAIError]
) -> None:
    made = await create(world, **fields)

    with pytest.raises(refusal):
        await ask(made["secret"])

    assert world.database.rows("select id from oneai.chat_messages") == []
    assert world.quota() == (0, 0)


async def test_a_fallback_that_the_key_may_not_use_is_refused(world: World) -> None:
    made = await create(world, models=["local/long"])

    with pytest.raises(ModelNotAllowed) as refused:
        await ask(made["secret"], model="local/long", models=["local/slow"])

    assert refused.value.extra == {"model": "local/slow"}


async def test_each_answer_uses_the_budget_until_it_refuses(world: World) -> None:
    made = await create(world, budget={"micro_usd": 0, "window": "month"})
    with pytest.raises(InsufficientQuota) as refused:
        await ask(made["secret"])
    # Room for one answer at most, and what a few have cost.
    budget = refused.value.extra["needed_micro_usd"] + 1
    change = {"budget": {"micro_usd": budget, "window": "month"}}
    await world.http.patch(f"/user/api-keys/{made['id']}", json=change, headers=world.headers())

    with pytest.raises(InsufficientQuota) as refused:
        await ask_until_refused(made["secret"])

    costs = world.database.rows("select cost_micro_usd from oneai.usage_events where purpose = 'answer'")
    assert costs
    assert refused.value.extra["spent_micro_usd"] == sum(costs) <= budget
    assert refused.value.extra["max_tokens"] > 0
    await finish((await ask(made["secret"], max_tokens=refused.value.extra["max_tokens"]))[1])


async def ask_until_refused(secret: str) -> None:
    """Asks again and again."""
    while True:
        await finish((await ask(secret))[1])


async def test_a_used_up_quota_is_refused_with_the_alternatives_of_the_keys_owner(world: World) -> None:
    made = await create(world)
    world.database.rows("update oneai.usage_quotas set used = quota_limit where quota_key = 'small_messages'")

    with pytest.raises(QuotaExceeded) as refused:
        await ask(made["secret"])

    assert "upgrade" in [way["kind"] for way in refused.value.extra["alternatives"]]
    assert world.database.one("select count(*) from oneai.rate_limits where limit_name = 'asking'") == 1
