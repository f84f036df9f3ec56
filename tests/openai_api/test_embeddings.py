"""Embeddings as OpenAI's own client reads them, and what they cost."""

from typing import Any, LiteralString

import pytest
from openai import BadRequestError, InternalServerError, NotFoundError, RateLimitError
from openai.types import CreateEmbeddingResponse

from oneai.clients.openrouter import embeddings
from oneai.models.embeddings import UpstreamBill
from tests.documents.losing_embeddings import LOSSES, Loss, losing_embeddings
from tests.openai_api.clients import openai_client
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

MODEL = "openai/text-embedding-3-small"


async def test_texts_become_vectors_as_floats_and_as_base64(shared: World) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who) as client:
        base64 = await client.embeddings.create(model=MODEL, input=["one", "two"])
        floats = await client.embeddings.with_raw_response.create(
            model=MODEL, input=["one", "two"], encoding_format="float"
        )

    plain = CreateEmbeddingResponse.model_validate_json(floats.content)
    assert [len(each.embedding) for each in plain.data] == [8, 8]
    for mine, theirs in zip(base64.data, plain.data, strict=True):
        assert mine.embedding == pytest.approx(theirs.embedding, rel=1e-6)
    assert plain.data[0].embedding != plain.data[1].embedding
    assert plain.usage.prompt_tokens > 0


async def test_a_request_takes_a_unit_and_its_usage_is_recorded(shared: World) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who) as client:
        await client.embeddings.create(model=MODEL, input="one", dimensions=4)

    assert shared.quota(who) == (1, 0)
    assert shared.database.one(
        "select purpose, outcome, charged, model_asked, prompt_tokens > 0 from oneai.usage_events where user_id = %s",
        shared.people[who],
    ) == ("embedding", "complete", 1, MODEL, True)


async def test_every_started_hundred_thousand_tokens_take_a_unit(shared: World) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who) as client:
        await client.embeddings.create(model=MODEL, input=["word " * 90_000] * 2)

    # The stand-in counts a token for every four letters.
    assert shared.quota(who) == (3, 0)


async def test_a_used_up_quota_refuses_and_nothing_remains_reserved(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = 'small_messages'",
        shared.people[who],
    )
    before = shared.quota(who)
    async with openai_client(shared, who) as client:
        with pytest.raises(RateLimitError) as spent:
            await client.embeddings.create(model=MODEL, input="one")

    assert spent.value.code == "insufficient_quota"
    assert shared.quota(who) == before


async def test_a_request_that_fails_at_the_model_is_free(shared: World) -> None:
    who = shared.newcomer()
    async with openai_client(shared, who) as client:
        with pytest.raises(InternalServerError) as failed:
            await client.embeddings.create(model=MODEL, input="Fail, please")

    assert (failed.value.status_code, failed.value.code) == (502, "upstream_error")
    assert shared.quota(who) == (0, 0)
    query: LiteralString = "select outcome, charged, cost_micro_usd from oneai.usage_events where user_id = %s"
    assert shared.database.one(query, shared.people[who]) == ("failed", 0, 0)


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2], [3]]])
async def test_token_arrays_are_refused_with_a_remedy(shared: World, tokens: Any) -> None:
    async with openai_client(shared, "asha") as client:
        with pytest.raises(BadRequestError, match="check_embedding_ctx_length=False") as refused:
            await client.embeddings.create(model=MODEL, input=tokens)

    assert refused.value.param == "input"


async def test_embedding_models_and_chat_models_are_not_mixed_up(shared: World) -> None:
    async with openai_client(shared, "asha") as client:
        assert MODEL in [model.id async for model in client.models.list()]
        with pytest.raises(NotFoundError):
            await client.embeddings.create(model="openai/gpt-4.1-mini", input="one")
        with pytest.raises(NotFoundError):
            await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])


@pytest.mark.parametrize(
    ("content", "cost", "estimated"),
    [
        (b'{"data":[],"usage":{"prompt_tokens":3,"cost":0.5}}', 500_000, False),
        (b'{"usage":{"prompt_tokens":3,"cost":0.5},"data":[{"index":0}]}', 500_000, False),
        (b'{"data":[],"usage":{"prompt_tokens":1000000}}', 20_000, True),
    ],
)
async def test_an_answer_without_vectors_costs_what_was_billed(
    shared: World, monkeypatch: pytest.MonkeyPatch, content: bytes, cost: int, estimated: bool
) -> None:
    async def answered(_: Any, bill: UpstreamBill) -> bytes:
        bill.send()
        return content

    monkeypatch.setattr(embeddings, "_request", answered)
    who = shared.newcomer()
    answer = await shared.post("/v1/embeddings", {"model": MODEL, "input": "one"}, who)

    assert (answer.status_code, shared.quota(who)) == (502, (0, 0))
    query: LiteralString = "select outcome, cost_micro_usd, estimated from oneai.usage_events where user_id = %s"
    assert shared.database.one(query, shared.people[who]) == ("failed", cost, estimated)


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_lost_answer_costs_what_was_held_and_is_not_requested_again(
    own_world: World, monkeypatch: pytest.MonkeyPatch, loss: Loss
) -> None:
    async with losing_embeddings(own_world, monkeypatch, loss) as requests:
        answer = await own_world.post("/v1/embeddings", {"model": MODEL, "input": ["word " * 500] * 20})

    assert answer.status_code in (502, 503, 504)
    assert len(requests) == 1
    assert own_world.database.one(
        "select e.outcome, e.charged, e.estimated, e.cost_micro_usd = r.held_micro_usd and r.held_micro_usd > 0, "
        "r.uncharged_cost_at is not null "
        "from oneai.usage_events as e join oneai.reservations as r on r.id = e.message_id"
    ) == ("failed", 0, True, True, True)
    assert own_world.database.one("select sum(held_micro_usd), sum(settled_micro_usd) > 0 from oneai.daily_spend") == (
        0,
        True,
    )
    assert own_world.quota() == (0, 0)


async def test_ten_failures_that_cost_in_an_hour_are_enough(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"model": MODEL, "input": "one"}
    async with losing_embeddings(own_world, monkeypatch, "closed") as requests:
        statuses = [(await own_world.post("/v1/embeddings", body)).status_code for _ in range(11)]

    assert statuses == [*[503] * 10, 429]
    assert len(requests) == 10
    own_world.database.advance(3700)
    assert (await own_world.post("/v1/embeddings", body)).status_code == 200
