"""The daily ceiling as a user meets it: in a refusal, in what is left, in a quote, and in the list of plans."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from oneai import settings
from tests.chat.traces import nothing_happens
from tests.world import World

# What a question to this model holds: some prompt, and 8 tokens of 0.8 micro-dollars each.
MODEL: dict[str, Any] = {"model": "local/echo", "max_tokens": 8}
MICRO = 1_000_000


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All people together may spend 0.001 dollars a day: 50 micro-dollars on the free plan, 200 on pro."""
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "0.001")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


def spent(world: World, who: str, micro_usd: int) -> None:
    """What the answers of today have cost this user."""
    world.database.rows(
        "update oneai.workspaces set spend_day = oneai.today(), spend_micro_usd = %s where id = %s",
        *(micro_usd, world.people[who]),
    )


async def ceiling(world: World, who: str) -> Any:
    """As `GET /api/quota/status` says it."""
    return (await world.get("/quota/status", who)).json()["daily_ceiling"]


async def test_a_user_at_the_ceiling_is_refused_until_midnight(shared: World, limit: None) -> None:
    who = shared.newcomer()
    result = await shared.ask("Hello", who, **MODEL)
    assert (await ceiling(shared, who))["used_micro_usd"] == result.last["usage"]["cost_micro_usd"]
    spent(shared, who, 50)

    async with nothing_happens(shared, who):
        refused = await shared.post("/chat/stream", {"message": "Hello", **MODEL}, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert refused.json()["error"]["message"].startswith("You have reached your plan's daily limit.")
    shown = await ceiling(shared, who)
    assert (shown["used_micro_usd"], shown["limit_micro_usd"]) == (50, 50)
    assert refused.json()["error"]["resets_at"] == shown["resets_at"]
    midnight = datetime.fromisoformat(shown["resets_at"])
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert not (await shared.post("/quota/quote", {"message": "Hello", **MODEL}, who)).json()["allowed"]
    assert (await shared.ask("Hello", shared.newcomer(), **MODEL)).last["state"] == "complete"


async def test_the_ceiling_is_the_plans_share_of_the_limit(shared: World, limit: None) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", shared.people[who])
    spent(shared, who, 60)

    assert (await shared.post("/quota/quote", {"message": "Hello", **MODEL}, who)).json()["allowed"]
    assert (await shared.ask("Hello", who, **MODEL)).last["state"] == "complete"
    assert (await ceiling(shared, who))["limit_micro_usd"] == 200


async def test_the_first_answer_of_a_day_is_admitted_at_any_cost(shared: World, limit: None) -> None:
    who, body = shared.newcomer(), {"message": "Hello", "model": "openai/gpt-4.1"}
    quoted = (await shared.post("/quota/quote", body, who)).json()
    assert quoted["max_cost_micro_usd"] > 50
    assert quoted["allowed"]
    two = {"message": "Hello", "compare": ["openai/gpt-4.1", "local/echo"]}
    assert not (await shared.post("/quota/quote", two, who)).json()["allowed"]

    result = await shared.ask(who=who, **body)

    assert result.last["state"] == "complete"
    assert (await shared.ask(who=who, **body)).code == "rate_limited"


async def test_the_hold_of_an_open_answer_is_shown_as_used(shared: World, limit: None) -> None:
    who = shared.newcomer()
    async with shared.asking("Hello", who, model="local/slow", max_tokens=3) as answer:
        await answer.next()
        held = shared.database.one(
            "select held_micro_usd from oneai.reservations where user_id = %s", shared.people[who]
        )
        assert (await ceiling(shared, who))["used_micro_usd"] == held > 0
        while await answer.next() is not None:
            pass

    assert (await ceiling(shared, who))["used_micro_usd"] == answer.result.last["usage"]["cost_micro_usd"]


async def test_no_limit_means_no_ceiling(shared: World) -> None:
    who = shared.newcomer()
    spent(shared, who, 1000 * MICRO)

    assert await ceiling(shared, who) is None
    assert (await shared.ask("Hello", who, **MODEL)).last["state"] == "complete"
    plans = (await shared.get("/subscription/plans", None)).json()
    assert not [feature for plan in plans["items"] for feature in plan["features"] if "$" in feature]


async def test_the_plans_state_the_ceiling_in_dollars(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as operator:
        operator.setenv("DAILY_SPEND_LIMIT_USD", "50")
        settings.reset_cache()
        found = (await shared.get("/subscription/plans", None)).json()
    settings.reset_cache()

    said = {plan["id"]: [each for each in plan["features"] if "$" in each] for plan in found["items"]}
    assert said == {
        tier: [f"Answers worth up to {dollars} a day, at their models' prices"]
        for tier, dollars in {"free": "$2.50", "pro": "$10.00", "team": "$20.00", "enterprise": "$20.00"}.items()
    }
    (row,) = [each for each in found["comparison"] if "per day, at their models' prices" in each["feature"]]
    assert row["plans"] == {"free": "$2.50", "pro": "$10.00", "team": "$20.00", "enterprise": "$20.00"}
