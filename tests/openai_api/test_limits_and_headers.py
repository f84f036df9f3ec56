"""Refusals, limits and preflights inform clients that retry by themselves."""

from typing import Any

import pytest

from oneai import settings
from oneai.http.openai_headers import duration
from tests.openai_api.test_chat_completions import MODEL, asking
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


async def test_a_rate_limited_request_states_when_to_retry(limited: World) -> None:
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


async def test_a_wait_longer_than_clients_accept_must_not_be_retried(world: World) -> None:
    tomorrow = await world.post("/v1/chat/completions", {**BODY, "model": "local/error-429-daily"})

    assert tomorrow.status_code == 503
    assert int(tomorrow.headers["retry-after"]) > 60
    assert tomorrow.headers["x-should-retry"] == "false"


async def test_a_slow_completion_begins_with_white_space(impatient: World) -> None:
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


async def test_browsers_may_send_the_headers_of_openais_library(shared: World) -> None:
    headers = {"origin": "http://localhost:5173", "access-control-request-method": "POST"}
    preflight = await shared.http.options("/v1/chat/completions", headers=headers)
    chat = await shared.http.options("/chat/stream", headers=headers)

    assert preflight.status_code == 200
    assert "X-Stainless-Retry-Count" in preflight.headers["access-control-allow-headers"].split(",")
    assert "X-Stainless" not in chat.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.012, "12ms"), (1.5, "1.5s"), (30.0, "30s"), (360.0, "6m0s"), (61.0, "1m1s")]
)
def test_durations_have_openais_format(seconds: float, written: str) -> None:
    assert duration(seconds) == written
