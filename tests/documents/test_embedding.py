"""Chunks are embedded batch by batch, paid for once, and no vector of another length is ever stored."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai import documents, settings
from oneai.chat import jobs
from oneai.documents.chunks import Piece
from oneai.errors import ServicePaused, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from tests.documents.losing_embeddings import LOSSES, Loss, losing_embeddings
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


def spend(world: World) -> Any:
    """Micro-dollars of the day that are held, and that are settled."""
    return world.database.one(
        "select sum(held_micro_usd)::bigint, sum(settled_micro_usd)::bigint from oneai.daily_spend"
    )


def billed(world: World) -> int:
    """Micro-dollars of all usage."""
    return int(world.database.one("select coalesce(sum(cost_micro_usd), 0) from oneai.usage_events"))


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


async def test_a_job_killed_during_a_request_pays_for_both_requests(world: World) -> None:
    document = await insert(world, "asha", 150)
    await documents.embed_batch(document)
    await trouble(world, "hanging")
    job = asyncio.create_task(documents.embed_batch(document))
    (held,) = await until(
        lambda: world.database.rows("select held_micro_usd from oneai.reservations where settled_at is null")
    )
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert vectors(world.database, document) == 100
    assert spend(world) == (held, billed(world))

    await trouble(world, None)
    assert await documents.embed_batch(document) is False
    assert vectors(world.database, document) == 150
    assert len(usage(world, "asha")) == 2

    world.database.advance(400)
    await jobs.settle_open_answers()
    assert [row[1] for row in usage(world, "asha")] == ["complete", "complete", "truncated"]
    assert spend(world) == (0, billed(world))


@pytest.mark.parametrize("loss", LOSSES)
async def test_a_lost_response_costs_its_estimate_and_is_requested_later(
    world: World, monkeypatch: pytest.MonkeyPatch, loss: Loss
) -> None:
    document = await insert(world, "asha", 3)
    async with losing_embeddings(world, monkeypatch, loss) as requests:
        with pytest.raises((UpstreamError, UpstreamUnavailable, UpstreamTimeout)):
            await documents.embed_batch(document)

    assert len(requests) == 1
    assert usage(world, "asha") == [("document_embedding", "failed", 0, SMALL, True, None)]
    assert spend(world) == (0, billed(world))
    assert world.database.rows("select 1 from oneai.reservations where uncharged_cost_at is not null") == []
    assert await documents.embed_batch(document) is False
    assert vectors(world.database, document) == 3


async def test_an_estimate_is_held_until_its_request_ends_despite_a_deletion(world: World) -> None:
    document = await insert(world, "asha", 3)
    await trouble(world, "hanging")
    job = asyncio.create_task(documents.embed_batch(document))
    (held,) = await until(
        lambda: world.database.rows("select held_micro_usd from oneai.reservations where settled_at is null")
    )
    world.database.rows("delete from oneai.documents where id = %s", document)
    assert spend(world) == (held, 0)
    await trouble(world, None)

    assert await job is False
    assert [row[:2] for row in usage(world, "asha")] == [("document_embedding", "complete")]
    assert spend(world) == (0, billed(world))
    assert 0 < billed(world) <= held


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
    assert spend(world) == (0, 0)
    assert world.database.rows("select 1 from oneai.reservations") == []

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
    await trouble(world, "hanging")
    job = asyncio.create_task(documents.embed_batch(document))
    await until(lambda: world.database.rows("select 1 from oneai.reservations"))
    world.database.rows("delete from oneai.documents where id = %s", document)
    await trouble(world, None)
    await job

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
