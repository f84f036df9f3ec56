"""Chunks are embedded batch by batch, paid for once, and no vector of another length is ever stored."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai import documents, settings
from oneai.documents import embedding
from oneai.documents.chunks import Piece
from oneai.errors import ServicePaused, UpstreamError, UpstreamUnavailable
from tests.documents.searching import embed, insert_document, trouble, vectors
from tests.patience import until
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

SMALL, LARGE = "openai/text-embedding-3-small", "openai/text-embedding-3-large"


async def insert(world: World, who: str, chunks: int) -> UUID:
    """Inserts a document with this many chunks, each on its own page and under its own heading."""
    text = "The tenant pays the rent on the first day of each month. " * 30
    pieces = [Piece(f"Clause {number}. {text}", number + 1, f"Clause {number}") for number in range(chunks)]
    return await insert_document(world.database, world.people[who], pieces)


def usage(world: World, who: str) -> list[tuple[Any, ...]]:
    return world.database.rows(
        "select purpose, outcome, charged, model_asked, cost_micro_usd > 0, conversation_id from oneai.usage_events "
        "where user_id = %s order by id",
        world.people[who],
    )


async def test_a_document_is_embedded_in_batches_of_a_hundred_chunks(world: World) -> None:
    document = await insert(world, "asha", 230)
    assert await documents.embed_batch(document) is True
    assert vectors(world.database, document) == 100
    assert await documents.embed_batch(document) is True
    assert await documents.embed_batch(document) is False
    assert vectors(world.database, document) == 230

    assert await documents.embed_batch(document) is False
    asked = [each for each in await world.sent_upstream() if "input" in each]
    assert [len(each["input"]) for each in asked] == [100, 100, 30]
    assert {(each["model"], each["dimensions"]) for each in asked} == {(SMALL, 1024)}
    assert asked[0]["input"][4].startswith("lease.pdf › Clause 4 › p. 5\n\nClause 4. The tenant")


async def test_an_embedding_is_paid_by_the_operator_and_uses_no_unit(world: World) -> None:
    before = world.quota("asha")
    await embed(await insert(world, "asha", 120))

    assert usage(world, "asha") == [("document_embedding", "complete", 0, SMALL, True, None)] * 2
    assert world.quota("asha") == before
    spent = world.database.one("select sum(settled_micro_usd) from oneai.daily_spend")
    assert spent == world.database.one("select sum(cost_micro_usd) from oneai.usage_events") > 0


async def test_a_batch_started_earlier_is_recorded_once_under_its_key(world: World) -> None:
    document = await insert(world, "asha", 120)
    claim = "select oneai.claim_embedding_batch(%s, %s, false, 100, null)"
    killed = world.database.one(claim, document, SMALL)
    again = world.database.one(claim, document, SMALL)
    assert killed["id"] == again["id"]
    assert [each["ordinal"] for each in killed["chunks"]] == list(range(1, 101))

    await embed(document)
    assert len(usage(world, "asha")) == 2
    assert world.database.rows("select 1 from oneai.usage_events where message_id = %s", UUID(killed["id"])) == [1]
    assert world.database.rows("select 1 from oneai.embedding_batches") == []


async def test_a_job_killed_during_a_request_continues_where_it_was(world: World) -> None:
    document = await insert(world, "asha", 150)
    await documents.embed_batch(document)
    await trouble(world, "hanging")
    job = asyncio.create_task(documents.embed_batch(document))
    await until(lambda: world.database.rows("select 1 from oneai.embedding_batches"))
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert vectors(world.database, document) == 100

    await trouble(world, None)
    assert await documents.embed_batch(document) is False
    assert vectors(world.database, document) == 150
    assert len(usage(world, "asha")) == 2


async def test_vectors_of_another_length_raise_an_alert_and_are_not_stored(world: World) -> None:
    document = await insert(world, "asha", 3)
    await trouble(world, "short")
    for _ in range(2):
        with pytest.raises(UpstreamError):
            await documents.embed_batch(document)
    assert vectors(world.database, document) == 0
    assert world.database.rows("select kind, subject, detail from oneai.operator_alerts") == [
        ("embedding_length", SMALL, {"lengths": [512], "wanted": 1024})
    ]
    assert [row[1] for row in usage(world, "asha")] == ["failed", "failed"]

    await trouble(world, None)
    assert await documents.embed_batch(document) is False


async def test_an_unavailable_upstream_leaves_the_embedding_to_a_later_run(world: World) -> None:
    document = await insert(world, "asha", 3)
    await trouble(world, "away")
    with pytest.raises(UpstreamUnavailable):
        await documents.embed_batch(document)
    assert usage(world, "asha") == []

    await trouble(world, None)
    assert await documents.embed_batch(document) is False
    assert vectors(world.database, document) == 3


async def test_the_daily_limit_pauses_costs_of_the_operator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document = await insert(world, "asha", 1)
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "1")
    settings.reset_cache()
    world.database.rows("select oneai.add_spend(null, null, 0, 1000000)")
    with pytest.raises(ServicePaused):
        await documents.embed_batch(document)
    assert [each for each in await world.sent_upstream() if "input" in each] == []


async def test_a_deleted_document_leaves_no_vectors(world: World) -> None:
    assert await documents.embed_batch(uuid4()) is False
    document = await insert(world, "asha", 1)
    batch = world.database.one("select oneai.claim_embedding_batch(%s, %s, false, 100, null)", document, SMALL)
    world.database.rows("delete from oneai.documents where id = %s", document)

    await embedding._store(
        document,
        batch,
        ["[" + ",".join(["0.1"] * 1024) + "]"],
        {
            "outcome": "complete",
            "model_asked": SMALL,
            "price_version": "1",
            "prompt_tokens": 5,
            "cost_micro_usd": 1,
            "estimated": False,
        },
    )
    assert world.database.rows("select 1 from oneai.document_vectors") == []
    assert len(usage(world, "asha")) == 1


async def test_another_model_embeds_everything_again_and_then_takes_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await insert(world, "asha", 130), await insert(world, "ravi", 5)
    await embed(first)
    await embed(second)
    assert await documents.change_model() == "current"

    monkeypatch.setenv("EMBEDDING_MODEL", LARGE)
    settings.reset_cache()
    steps = [await documents.change_model()]
    while steps[-1] in ("emptying", "filling"):
        in_use = world.database.one("select model, active from oneai.embedding_models")
        assert in_use == (SMALL, 1)
        if len(steps) == 2:
            # What arrives meanwhile is embedded by both.
            third = await insert(world, "asha", 2)
            await embed(third)
        steps.append(await documents.change_model())
    assert steps == ["emptying", *["filling"] * 4, "switched"]
    assert world.database.one("select model, active, next_model from oneai.embedding_models") == (LARGE, 2, None)
    assert world.database.rows("select distinct filled from oneai.document_vectors") == [3]

    assert [await documents.change_model() for _ in range(2)] == ["emptying", "current"]
    assert world.database.rows("select filled, count(*) from oneai.document_vectors group by filled") == [(2, 137)]


async def test_a_cancelled_change_of_model_leaves_everything_unchanged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await embed(await insert(world, "asha", 130))
    monkeypatch.setenv("EMBEDDING_MODEL", LARGE)
    settings.reset_cache()
    assert [await documents.change_model() for _ in range(2)] == ["emptying", "filling"]
    monkeypatch.delenv("EMBEDDING_MODEL")
    settings.reset_cache()

    assert [await documents.change_model() for _ in range(2)] == ["emptying", "current"]
    assert world.database.one("select model, active, next_model from oneai.embedding_models") == (SMALL, 1, None)
    assert world.database.rows("select distinct filled from oneai.document_vectors") == [1]
