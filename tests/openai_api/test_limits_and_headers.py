"""What refusals, limits and preflights say to clients that retry by themselves."""

import asyncio
from typing import Any

import pytest

from oneai import settings
from oneai.http.openai_headers import duration
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.patience import until
from tests.world import World

BODY: dict[str, Any] = {"model": MODEL, "messages": asking()}


@pytest.fixture
def limited(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which a user asks twice a minute."""
    monkeypatch.setenv("RATE_LIMITS", "asking=2/2")
    settings.reset_cache()
    return world


@pytest.fixture
def impatient(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which no whole answer is waited for before the response begins."""
    monkeypatch.setenv("UNSTREAMED_WAIT_SECONDS", "0")
    settings.reset_cache()
    return world


async def test_too_many_requests_are_told_when_to_come_back(limited: World) -> None:
    first = await limited.post("/v1/chat/completions", BODY)
    await limited.post("/v1/chat/completions", BODY)
    refused = await limited.post("/v1/chat/completions", BODY)

    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert first.headers["x-ratelimit-reset-requests"] == "30s"
    assert refused.status_code == 429
    assert (refused.json()["error"]["type"], refused.json()["error"]["code"]) == ("requests", "rate_limit_exceeded")
    assert refused.headers["retry-after-ms"] == refused.headers["retry-after"] + "000"
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert "x-should-retry" not in refused.headers


async def test_a_long_whole_answer_begins_with_white_space(impatient: World) -> None:
    body = {**BODY, "model": "local/slow", "max_tokens": 5}
    answer = await impatient.post("/v1/chat/completions", body)

    assert answer.status_code == 200
    assert answer.text.startswith(" ")
    assert answer.json()["choices"][0]["finish_reason"] == "length"


async def test_a_failure_after_the_white_space_is_an_error_in_the_body(impatient: World) -> None:
    answer = await impatient.post("/v1/chat/completions", {**BODY, "model": "local/error-midway"})

    assert answer.status_code == 200
    assert answer.text.startswith(" ")
    assert answer.json()["error"]["type"] == "server_error"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models"])
async def test_a_suspended_user_is_refused(world: World, path: str) -> None:
    world.database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", world.people["asha"])
    method = "GET" if path == "/v1/models" else "POST"
    answer = await world.http.request(method, path, json=BODY, headers=world.headers())

    assert answer.status_code == 403
    assert (answer.json()["error"]["type"], answer.json()["error"]["code"]) == ("permission_error", "account_suspended")


async def test_a_key_for_idempotency_is_good_for_one_request(shared: World) -> None:
    who = shared.newcomer()
    headers = shared.headers(who, **{"idempotency-key": "order-7"})
    first = await shared.http.post("/v1/chat/completions", json=BODY, headers=headers)
    again = await shared.http.post("/v1/chat/completions", json=BODY, headers=headers)
    other = await shared.http.post("/v1/chat/completions", json={**BODY, "seed": 1}, headers=headers)

    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (400, "idempotency_conflict")
    assert shared.quota(who) == (1, 0)


async def test_a_retry_while_the_first_attempt_runs_hears_the_same_answer(shared: World) -> None:
    who, body = shared.newcomer(), {**BODY, "model": "local/slow", "max_tokens": 8}
    first = asyncio.create_task(shared.post("/v1/chat/completions", body, who))
    query = "select id from oneai.chat_messages where user_id = %s and state = 'streaming'"
    await until(lambda: shared.database.rows(query, shared.people[who]))
    again = await shared.http.post(
        "/v1/chat/completions", json=body, headers=shared.headers(who, **{"x-stainless-retry-count": "1"})
    )

    assert again.json()["id"] == (await first).json()["id"]
    assert again.json()["choices"] == (await first).json()["choices"]
    assert shared.quota(who) == (1, 0)


async def test_a_body_that_is_too_large_is_refused_in_the_same_form(shared: World) -> None:
    answer = await shared.post("/v1/chat/completions", {**BODY, "messages": asking("x" * 5_600_000)})

    assert answer.status_code == 413
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


async def test_a_conversation_beyond_the_plan_is_too_long_for_the_context(shared: World) -> None:
    answer = await shared.post("/v1/chat/completions", {**BODY, "messages": asking("x" * 200_000)}, shared.newcomer())

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "context_length_exceeded"


async def test_pages_may_send_what_openais_library_sends(shared: World) -> None:
    headers = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    preflight = await shared.http.options("/v1/chat/completions", headers=headers)
    chat = await shared.http.options("/chat/stream", headers=headers)

    assert preflight.status_code == 200
    assert "X-Stainless-Retry-Count" in preflight.headers["access-control-allow-headers"].split(",")
    assert "X-Stainless" not in chat.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.012, "12ms"), (1.5, "1.5s"), (30.0, "30s"), (360.0, "6m0s"), (61.0, "1m1s")]
)
def test_durations_are_written_as_openai_does(seconds: float, written: str) -> None:
    assert duration(seconds) == written
