"""Questions that are understood but refused, without any effect."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from oneai import alerts, settings
from tests.chat.traces import nothing_happens, refused
from tests.world import World

LARGE, DEAR, IMAGE = "openai/gpt-4.1", "anthropic/claude-opus-4.5", "google/gemini-2.5-flash-image"
SMALL, OTHER_SMALL = "openai/gpt-4.1-mini", "google/gemini-2.5-flash-lite"


async def test_an_unknown_model_is_refused_by_name(shared: World) -> None:
    who = shared.newcomer()

    assert (await refused(shared, who, 400, "unknown_model", model="openai/gpt-0"))["model"] == "openai/gpt-0"
    await refused(shared, who, 400, "unknown_model", models=[SMALL, "openai/gpt-0"])
    await refused(shared, who, 400, "unknown_model", model="\0")


@pytest.mark.parametrize(
    "body",
    [
        {"model": DEAR},
        {"model": "openai/o1-pro"},
        {"model": LARGE, "models": [DEAR]},
        # The key reserved is the first model's: no fallback may be dearer than that.
        {"model": SMALL, "models": [LARGE]},
        {"model": SMALL, "models": [OTHER_SMALL, LARGE]},
        {"models": [SMALL, LARGE]},
    ],
    ids=str,
)
async def test_a_model_outside_the_plan_is_refused_before_anything_is_stored(
    body: dict[str, Any], shared: World
) -> None:
    await refused(shared, shared.newcomer(), 403, "model_not_in_plan", **body)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"model": SMALL, "models": [OTHER_SMALL, "local/echo", "local/byok"]}, "small_messages"),
        ({"model": LARGE, "models": [SMALL]}, "large_messages"),
        ({"models": ["local/echo", SMALL]}, "small_messages"),
        ({"model": "local/error-503", "models": ["local/echo"]}, "small_messages"),
    ],
    ids=str,
)
async def test_cheaper_fallbacks_are_sent_along_and_the_first_models_quota_counts(
    body: dict[str, Any], key: str, shared: World
) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, **body)

    assert result.last["state"] == "complete"
    wanted = list(dict.fromkeys([*([body["model"]] if "model" in body else []), *body["models"]]))
    sent = (await shared.sent_upstream())[-1]
    assert [sent["model"], *sent["models"]] == wanted
    assert shared.quota(who, key) == (1, 0)


async def test_a_fallback_that_answers_is_the_served_model(shared: World) -> None:
    result = await shared.ask("Hello", shared.newcomer(), model="local/error-503", models=["local/echo"])

    assert result.start["model"] == "local/error-503"
    assert (result.last["model"], result.text) == ("local/echo", "Hello")
    assert shared.database.one(
        "select model_asked, model_served from oneai.usage_events where message_id = %s", result.start["message_id"]
    ) == ("local/error-503", "local/echo")


async def test_a_suspended_user_is_refused(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.users set suspended_at = now() where id = %s", shared.people[who])

    await refused(shared, who, 403, "account_suspended")


async def test_an_unconfirmed_address_is_refused_if_the_project_requires_confirmation(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, confirmed = shared.newcomer(), shared.newcomer()
    shared.database.rows("update auth.users set email_confirmed_at = null where id = %s", shared.people[who])
    assert (await shared.ask("Hello", who)).status == 200

    monkeypatch.setenv("REQUIRE_CONFIRMED_EMAIL", "true")
    settings.reset_cache()

    await refused(shared, who, 403, "email_not_confirmed")
    assert (await shared.ask("Hello", confirmed)).status == 200
    monkeypatch.undo()
    settings.reset_cache()


@pytest.mark.parametrize(
    ("model", "key"), [(SMALL, "small_messages"), (LARGE, "large_messages"), (IMAGE, "image_generation")]
)
async def test_a_used_up_quota_states_when_it_resets(model: str, key: str, shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit - 1 where workspace_id = %s and quota_key = %s",
        shared.people[who],
        key,
    )
    assert (await shared.ask("The last one", who, model=model)).last["quota"]["remaining"] == 0

    async with nothing_happens(shared, who):
        answer = await shared.post("/chat/stream", {"message": "One too many", "model": model}, who)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (429, "quota_exceeded")
    limit, frequency, resets_at = shared.database.one(
        "select quota_limit, reset_frequency, next_reset_at from oneai.usage_quotas "
        "where workspace_id = %s and quota_key = %s",
        shared.people[who],
        key,
    )
    assert {name: error[name] for name in ("quota_key", "used", "reserved", "limit", "frequency")} == {
        "quota_key": key,
        "used": limit,
        "reserved": 0,
        "limit": limit,
        "frequency": frequency,
    }
    assert datetime.fromisoformat(error["resets_at"]) == resets_at.replace(microsecond=0)
    assert 0 < int(answer.headers["retry-after"]) <= 31 * 86_400
    assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]) == (str(limit), "0")
    assert answer.headers["ratelimit-reset"] == answer.headers["retry-after"]


@pytest.mark.parametrize(
    ("spent", "tier", "status"),
    [
        (79, "free", 200),
        (99, "free", 200),
        (100, "free", 503),
        (119, "free", 503),
        (100, "pro", 200),
        (119, "pro", 200),
        (120, "pro", 503),
        (120, "enterprise", 503),
    ],
)
async def test_free_plans_pause_first_at_the_daily_limit(
    spent: int, tier: str, status: int, shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    rows = shared.database.rows
    rows("update oneai.workspaces set subscription_tier = %s where id = %s", tier, shared.people[who])
    rows("delete from oneai.daily_spend")
    rows("insert into oneai.daily_spend (day, shard, settled_micro_usd) values (oneai.today(), 7, %s)", spent * 10_000)
    rows("delete from oneai.operator_alerts")
    monkeypatch.setattr(alerts, "_last_raised", {})
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "1.00")
    settings.reset_cache()

    if status == 200:
        assert (await shared.ask("Hello", who)).last["state"] == "complete"
        kinds = ["spend_limit_near"] if spent >= 80 else []
    else:
        async with nothing_happens(shared, who):
            answer = await shared.post("/chat/stream", {"message": "Hello"}, who)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "service_paused")
        assert 0 < int(answer.headers["retry-after"]) <= 86_400
        quoted = await shared.post("/quota/quote", {"message": "Hello"}, who)
        assert (quoted.status_code, quoted.json()["error"]["code"]) == (503, "service_paused")
        kinds = ["spend_limit_reached"]
    assert rows("select kind from oneai.operator_alerts") == kinds
    monkeypatch.undo()
    settings.reset_cache()


async def test_a_refused_question_can_be_corrected_and_asked_again(shared: World) -> None:
    who = shared.newcomer()
    answer_id = str(uuid4())
    await refused(shared, who, 403, "model_not_in_plan", model=DEAR, message_id=answer_id)

    result = await shared.ask("Hello", who, message_id=answer_id)

    assert result.start["message_id"] == answer_id
    assert result.last["state"] == "complete"
