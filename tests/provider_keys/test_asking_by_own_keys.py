"""Questions that are asked with a workspace's own key, over HTTP and at its provider."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from oneai import settings
from stand_ins import custom as custom_stand_in
from stand_ins import openai as openai_stand_in
from stand_ins.custom.app import KEY as CUSTOM_KEY
from tests.canaries import CANARY
from tests.provider_keys.answering import KEY, MODEL, Provider, over, provider, receipt, shown, with_key
from tests.sources import SOURCES
from tests.talks import conversation
from tests.world import World

BUSY = (429, {"message": "Slow down.", "code": "rate_limit_exceeded"})
BROKEN = (500, {"message": "Try again."})
REFUSED = (401, {"message": "Incorrect API key.", "code": "invalid_api_key"})
FORBIDDEN = (403, {"message": "No access to the model.", "code": "model_access"})
NO_CREDIT = (429, {"message": "No credit.", "code": "insufficient_quota"})


@pytest.fixture
async def openai(shared: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """OpenAI, which accepts one key."""
    del shared
    app = openai_stand_in.create([each / "openai" for each in SOURCES], key=KEY)
    async with provider(monkeypatch, "OPENAI_BASE_URL", app) as found:
        yield found


@pytest.fixture
async def custom(shared: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """A compatible server."""
    del shared
    app = custom_stand_in.create([each / "custom" for each in SOURCES])
    async with provider(monkeypatch, "UNUSED_BASE_URL", app) as found:
        yield found


async def test_an_own_key_asks_its_provider_and_takes_no_unit(shared: World, openai: Provider) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who)

    result = await shared.ask("What is a cat?", who, model=MODEL)
    bill = await receipt(shared, who, result.start)

    assert result.text.startswith("You asked")
    assert openai.asked[0]["authorization"] == f"Bearer {KEY}"
    cost = bill["cost_micro_usd"]
    assert bill["paid_by"] == {"source": "own_key", "units": None, "micro_usd": cost}
    assert (bill["provider"], bill["charged"], bill["quota_key"]) == ("openai", 0, None)
    assert (bill["charged_micro_usd"], bill["generation_id"], bill["basis"]) == (cost, None, "final")
    assert cost > 0
    usage = result.last["usage"]
    assert (usage["paid_by"], usage["cost_micro_usd"], result.last["quota"]) == (bill["paid_by"], cost, None)
    assert shared.quota(who) == (0, 0)
    assert (await shown(shared, who, key))["last_used_at"] is not None
    messages = (await shared.get(f"/conversations/{result.start['conversation_id']}/messages", who)).json()["items"]
    assert messages[-1]["usage"]["paid_by"] == bill["paid_by"]


@pytest.mark.parametrize(
    ("failure", "code", "problem", "state"),
    [
        (REFUSED, "provider_key_refused", "key_refused", "refused"),
        (FORBIDDEN, "provider_key_refused", "key_restricted", "active"),
        (NO_CREDIT, "provider_credit_exhausted", "no_credit", "active"),
    ],
)
async def test_a_key_that_its_provider_refuses_is_named_and_nothing_else_pays(
    shared: World, openai: Provider, *, failure: Any, code: str, problem: str, state: str
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, fallback="plan_then_credits")
    openai.failure = failure

    result = await shared.ask("What is a cat?", who, model=MODEL)
    await over()

    found = await shown(shared, who, key)
    assert (result.code, result.last["error"]["provider"]) == (code, "openai")
    assert (found["problem"], found["state"]) == (problem, state)
    assert (shared.quota(who), len(openai.asked)) == ((0, 0), 1)
    openai.failure = None
    again = await shared.ask("And now?", who, model=MODEL)
    await over()
    if state == "refused":
        assert (again.status, again.code, again.body["error"]["state"]) == (403, "own_key_not_usable", "refused")
    else:
        assert again.text
        assert (await shown(shared, who, key))["problem"] is None


@pytest.mark.parametrize("failure", [BUSY, BROKEN])
async def test_a_busy_provider_leaves_the_answer_to_what_its_owner_chose(
    shared: World, openai: Provider, failure: Any
) -> None:
    who = shared.newcomer()
    await with_key(shared, who, fallback="plan")
    openai.failure = failure

    result = await shared.ask("What is a cat?", who, model=MODEL)
    bill = await receipt(shared, who, result.start)

    assert bill["paid_by"] == {"source": "plan", "units": 1, "micro_usd": None}
    assert (result.last["state"], result.last["quota"]["used"], shared.quota(who)) == ("complete", 1, (1, 0))
    assert bill["generation_id"] is not None


async def test_a_busy_provider_without_a_fallback_is_an_error_that_costs_nothing(
    shared: World, openai: Provider
) -> None:
    who = shared.newcomer()
    await with_key(shared, who, limits={"answers_per_day": 1})
    openai.failure = BUSY

    for _ in range(2):
        assert (await shared.ask("What is a cat?", who, model=MODEL)).code == "model_busy"
        await over()
    assert shared.quota(who) == (0, 0)
    openai.failure = None
    assert (await shared.ask("What is a cat?", who, model=MODEL)).text
    limited = await shared.ask("What is a cat?", who, model=MODEL)
    assert (limited.status, limited.code) == (429, "own_key_limit_reached")
    assert limited.body["error"]["limit_name"] == "answers_per_day"


async def test_a_continuation_that_breaks_off_in_its_held_start_is_left_to_no_other_source(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model="local/echo")
    await with_key(shared, who, provider="openrouter", key=f"sk-or-v1-{CANARY}-broken", fallback="plan")

    continued = {"regenerate_of": old.start["message_id"], "adjust": {"kind": "continue"}}
    new = await shared.ask(None, who, model="local/error-midway", **continued)
    bill = await receipt(shared, who, new.start)

    assert (new.last["state"], new.text) == ("truncated", "A questionThis answer fails in the")
    assert bill["paid_by"]["source"] == "own_key"
    assert shared.quota(who) == (1, 0)


async def test_a_custom_provider_answers_under_its_own_names(shared: World, custom: Provider) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, provider="custom", base_url=f"{custom.address}/v1", key=CUSTOM_KEY)

    model = f"custom/{key}/llama"
    result = await shared.ask("What is a cat?", who, model=model)
    bill = await receipt(shared, who, result.start)
    assert bill["paid_by"] == {"source": "own_key", "units": None, "micro_usd": None}
    assert (bill["price_version"], bill["provider"], bill["model_asked"]) == ("unknown", "custom", model)
    other = await shared.ask("What is a cat?", shared.newcomer(), model=model)
    assert (other.status, other.code) == (403, "own_key_missing")


async def test_own_keys_refuse_in_words_while_kms_is_away_and_all_else_works(
    shared: World, openai: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oneai.provider_keys import data_keys

    who = shared.newcomer()
    await with_key(shared, who)
    data_keys.forget()
    monkeypatch.setenv("KMS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.reset_cache()

    result = await shared.ask("What is a cat?", who, model=MODEL)

    assert (result.code, openai.asked) == ("provider_keys_unavailable", [])
    assert (await shared.ask("What is a cat?", who, model="google/gemini-2.5-flash-lite")).text
    await over()


async def test_a_program_asks_with_the_own_key_of_its_workspace(shared: World, openai: Provider) -> None:
    who = shared.newcomer()
    await with_key(shared, who)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "What is a cat?"}]}

    answered = await shared.http.post("/v1/chat/completions", json=body, headers=shared.headers(who))

    assert answered.status_code == 200, answered.text
    assert answered.json()["usage"]["paid_by"]["source"] == "own_key"
    assert shared.quota(who) == (0, 0)
    openai.failure = NO_CREDIT
    without = await shared.http.post("/v1/chat/completions", json=body, headers=shared.headers(who))
    assert (without.status_code, without.json()["error"]["code"]) == (402, "provider_credit_exhausted")
    assert without.headers["x-should-retry"] == "false"
    openai.failure = REFUSED
    refused = await shared.http.post("/v1/chat/completions", json=body, headers=shared.headers(who))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "provider_key_refused")
    await over()


async def test_a_title_is_written_with_the_same_key(
    shared: World, openai: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    who = shared.newcomer()
    key = await with_key(shared, who)

    result = await shared.ask("What is a cat?", who, model=MODEL)
    await receipt(shared, who, result.start)

    rows = shared.database.rows(
        "select purpose::text, paid_by::text, provider, provider_key_id from oneai.usage_events "
        "where workspace_id = %s order by id",
        shared.people[who],
    )
    assert rows == [(purpose, "own_key", "openai", key) for purpose in ("answer", "title")]
    assert len(openai.asked) == 2
    answers, open_holds = shared.database.one(
        "select s.answers, (select count(*) from oneai.provider_key_holds as h "
        "where h.provider_key_id = s.provider_key_id and h.settled_at is null) "
        "from oneai.provider_key_sums as s where s.provider_key_id = %s and s.period = 'day'",
        key,
    )
    assert (answers, open_holds) == (1, 0)


async def test_a_summary_is_written_with_the_same_key(
    shared: World, openai: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTO_SUMMARIES", "true")
    settings.reset_cache()
    who = shared.newcomer()
    key = await with_key(shared, who)
    talk = conversation(shared, who, 24, " some words that are said" * 40)

    # Its context of 8,192 tokens holds about the half of this.
    result = await shared.ask("Go on", who, conversation_id=talk, model="openai/gpt-4")
    await over()

    assert result.last["state"] == "complete", result.last
    rows = shared.database.rows(
        "select purpose::text, paid_by::text, provider, provider_key_id from oneai.usage_events "
        "where workspace_id = %s order by id",
        shared.people[who],
    )
    assert rows == [(purpose, "own_key", "openai", key) for purpose in ("answer", "conversation_summary")]
    assert len(openai.asked) == 2
    assert (
        shared.database.one("select count(*) from oneai.conversation_summaries where conversation_id = %s", talk) == 1
    )


async def test_a_title_that_a_limit_does_not_cover_is_left_out(
    shared: World, openai: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    who = shared.newcomer()
    # A title of this model holds 2,464 micro-dollars, and this short answer less than 1,000.
    key = await with_key(shared, who, limits={"micro_usd_per_day": 2_000})

    result = await shared.ask("What is a cat?", who, model=MODEL, max_tokens=256)
    bill = await receipt(shared, who, result.start)

    assert (bill["paid_by"]["source"], len(openai.asked)) == ("own_key", 1)
    purposes = shared.database.rows(
        "select purpose::text from oneai.usage_events where provider_key_id = %s order by id", key
    )
    assert purposes == ["answer"]


async def test_rates_bind_questions_by_own_keys_too(
    shared: World, openai: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMITS", "asking=1/1")
    settings.reset_cache()
    who = shared.newcomer()
    await with_key(shared, who)

    results = [await shared.ask("What is a cat?", who, model=MODEL) for _ in range(2)]
    await over()

    assert ([each.status for each in results], results[1].code) == ([200, 429], "rate_limited")
    assert len(openai.asked) == 1
