"""OpenAI's client with an API key: its scopes, models, budget and revocation."""

from typing import Any

import pytest
from openai import AsyncOpenAI, AuthenticationError, PermissionDeniedError, RateLimitError

from oneai.http.openai_headers import duration
from tests.api_keys.keys import create
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.openai_api.test_embeddings import MODEL as EMBEDDING_MODEL
from tests.patience import PATIENCE
from tests.world import World


def client(world: World, secret: str) -> AsyncOpenAI:
    """The client with this key."""
    return AsyncOpenAI(api_key=secret, base_url=f"{world.address}/v1", timeout=PATIENCE, max_retries=0)


async def test_a_key_asks_embeds_and_lists_for_its_owner(shared: World) -> None:
    who = shared.newcomer()
    made = await create(shared, who)
    async with client(shared, made["secret"]) as openai:
        answer = await openai.chat.completions.create(model=MODEL, messages=asking())
        await openai.embeddings.create(model=EMBEDDING_MODEL, input="one")
        assert [model.id async for model in openai.models.list()]

    assert answer.choices[0].finish_reason == "stop"
    assert shared.quota(who) == (2, 0)
    events = shared.database.rows(
        "select purpose, api_key_id::text from oneai.usage_events where user_id = %s order by id", shared.people[who]
    )
    assert events == [("answer", made["id"]), ("embedding", made["id"])]


async def test_a_key_is_limited_to_its_scopes_and_models(shared: World) -> None:
    made = await create(shared, scopes=["chat"], models=["anthropic/*"])
    async with client(shared, made["secret"]) as openai:
        with pytest.raises(PermissionDeniedError) as scope:
            await openai.embeddings.create(model=EMBEDDING_MODEL, input="one")
        with pytest.raises(PermissionDeniedError) as model:
            await openai.chat.completions.create(model=MODEL, messages=asking())

    assert (scope.value.code, model.value.code) == ("insufficient_scope", "model_not_allowed")


async def test_a_used_up_budget_says_that_a_retry_does_not_help(shared: World) -> None:
    made = await create(shared, budget={"micro_usd": 1, "window": "day"})
    async with client(shared, made["secret"]) as openai:
        with pytest.raises(RateLimitError) as spent:
            await openai.chat.completions.create(model=MODEL, messages=asking())

    assert (spent.value.code, spent.value.response.headers["x-should-retry"]) == ("insufficient_quota", "false")


async def test_retries_and_idempotency_keys_belong_to_their_api_key(shared: World) -> None:
    who = shared.newcomer()
    made, other = await create(shared, who), await create(shared, who)
    body: dict[str, Any] = {"model": MODEL, "messages": asking("With a key")}

    async def ask(secret: str, **headers: str) -> str:
        answer = await shared.http.post(
            "/v1/chat/completions", json=body, headers={"authorization": f"Bearer {secret}", **headers}
        )
        return str(answer.json()["id"])

    first = await ask(made["secret"])
    assert await ask(made["secret"], **{"x-stainless-retry-count": "1"}) == first
    assert await ask(other["secret"], **{"x-stainless-retry-count": "1"}) != first
    named = await ask(made["secret"], **{"idempotency-key": "order-7"})
    assert await ask(made["secret"], **{"idempotency-key": "order-7"}) == named
    assert shared.quota(who) == (3, 0)

    rotated = await shared.http.post(
        f"/user/api-keys/{made['id']}/rotate", json={"overlap_seconds": 60}, headers=shared.headers(who)
    )
    secret = rotated.json()["secret"]
    assert await ask(secret, **{"x-stainless-retry-count": "1"}) == first
    assert await ask(secret, **{"idempotency-key": "order-7"}) == named
    assert shared.quota(who) == (3, 0)


async def test_a_wrong_or_revoked_key_is_refused(shared: World) -> None:
    made = await create(shared)
    await shared.http.delete(f"/user/api-keys/{made['id']}", headers=shared.headers())
    for secret in (made["secret"], "oneai_sk_nonsense"):
        async with client(shared, secret) as openai:
            with pytest.raises(AuthenticationError) as wrong:
                await openai.chat.completions.create(model=MODEL, messages=asking())
        assert wrong.value.code == "invalid_api_key"


async def test_a_request_above_the_keys_tokens_per_minute_must_not_be_retried(shared: World) -> None:
    made = await create(shared, limits={"tokens_per_minute": 50})
    async with client(shared, made["secret"]) as openai:
        with pytest.raises(RateLimitError) as large:
            await openai.chat.completions.create(model=MODEL, messages=asking())

    assert (large.value.type, large.value.code) == ("tokens", "rate_limit_exceeded")
    assert large.value.response.headers["x-should-retry"] == "false"
    assert large.value.response.headers["x-ratelimit-limit-tokens"] == "50"


async def test_headers_state_the_remaining_requests_of_the_key_rather_than_its_owner(shared: World) -> None:
    who = shared.newcomer()
    made = await create(shared, who, limits={"requests_per_minute": 10})
    plain = await create(shared, who)
    limits = []
    for key in (made, plain):
        answer = await shared.http.get("/v1/models", headers={"authorization": f"Bearer {key['secret']}"})
        limits.append([answer.headers[f"x-ratelimit-{name}-requests"] for name in ("limit", "remaining", "reset")])

    assert limits[0] == ["10", "9", "6s"]
    assert int(limits[1][0]) > 10


async def test_headers_state_the_remaining_tokens_per_minute_of_the_key(shared: World) -> None:
    made = await create(shared, limits={"tokens_per_minute": 1000})
    headers = {"authorization": f"Bearer {made['secret']}"}
    body = {"model": MODEL, "messages": asking(), "max_tokens": 500}
    embedding = {"model": EMBEDDING_MODEL, "input": "one"}
    streamed = {**body, "messages": asking("Hello again"), "stream": True, "max_tokens": 400}

    whole = await shared.http.post("/v1/chat/completions", json=body, headers=headers)
    embedded = await shared.http.post("/v1/embeddings", json=embedding, headers=headers)
    stream = await shared.http.post("/v1/chat/completions", json=streamed, headers=headers)
    shared.database.rows(
        "update oneai.rate_limits set empty_at = empty_at + 30000000 "
        "where subject = %s and limit_name = 'api_key_tokens'",
        made["id"],
    )
    refused = await shared.http.post("/v1/chat/completions", json={**body, "max_tokens": 990}, headers=headers)
    signed_in = await shared.http.post("/v1/chat/completions", json=body, headers=shared.headers())

    assert {answer.status_code for answer in (whole, embedded, stream)} == {200}
    assert {answer.headers["x-ratelimit-limit-tokens"] for answer in (whole, embedded, stream, refused)} == {"1000"}
    remaining = int(whole.headers["x-ratelimit-remaining-tokens"])
    # The possible tokens of the answer and those of its prompt are consumed.
    assert 400 < remaining < 500
    assert whole.headers["x-ratelimit-reset-tokens"] == duration((1000 - remaining) * 60 / 1000)
    # Tokens that it did not write are available again.
    assert int(embedded.headers["x-ratelimit-remaining-tokens"]) > 500
    assert int(stream.headers["x-ratelimit-remaining-tokens"]) < 600
    assert (refused.status_code, refused.headers["x-ratelimit-remaining-tokens"]) == (429, "0")
    assert refused.headers["x-ratelimit-reset-tokens"] == refused.headers["retry-after"] + "s"
    assert "x-ratelimit-limit-tokens" not in signed_in.headers
