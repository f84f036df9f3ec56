"""A request that a client repeats hears the first attempt's answer, and pays once."""

import asyncio
from typing import Any

from tests.openai_api.test_chat_completions import MODEL, WEATHER, asking
from tests.patience import until
from tests.world import World

BODY: dict[str, Any] = {"model": MODEL, "messages": asking()}


async def test_a_retry_gets_the_first_answer_again_and_pays_once(shared: World) -> None:
    who = shared.newcomer()
    body = {"model": MODEL, "messages": asking("Retried once"), "tools": [WEATHER]}
    first = await shared.post("/v1/chat/completions", body, who)
    again = await shared.http.post(
        "/v1/chat/completions", json=body, headers=shared.headers(who, **{"x-stainless-retry-count": "1"})
    )
    fresh = await shared.post("/v1/chat/completions", body, who)

    assert again.json()["id"] == first.json()["id"] != fresh.json()["id"]
    assert again.json() == first.json()
    assert shared.quota(who) == (2, 0)


async def test_a_retry_has_the_creation_time_of_the_first_attempt(shared: World) -> None:
    who, headers = shared.newcomer(), {"x-stainless-retry-count": "1"}
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/v1/chat/completions", {"model": MODEL, "messages": asking("When?")}),
        ("/v1/responses", {"model": MODEL, "input": "When?"}),
    ]
    first = [(await shared.post(path, body, who)).json() for path, body in requests]
    shared.database.advance(60)
    again = [
        (await shared.http.post(path, json=body, headers=shared.headers(who, **headers))).json()
        for path, body in requests
    ]
    fresh = (await shared.post(*requests[0], who)).json()

    # A process says when it completed the response: a retry that it answers in the next second says a later one.
    completed = [response.pop("completed_at") for response in (first[1], again[1])]
    assert again == first
    assert completed[1] - completed[0] in range(60)
    assert 58 < fresh["created"] - first[0]["created"] < 120


async def test_a_retry_during_the_first_attempt_gets_the_same_answer(shared: World) -> None:
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


async def test_an_idempotency_key_is_valid_for_one_request(shared: World) -> None:
    who = shared.newcomer()
    headers = shared.headers(who, **{"idempotency-key": "order-7"})
    first = await shared.http.post("/v1/chat/completions", json=BODY, headers=headers)
    again = await shared.http.post("/v1/chat/completions", json=BODY, headers=headers)
    other = await shared.http.post("/v1/chat/completions", json={**BODY, "seed": 1}, headers=headers)

    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (400, "idempotency_conflict")
    assert shared.quota(who) == (1, 0)
