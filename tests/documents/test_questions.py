"""Questions are embedded in time by the active model, at the operator's expense, or answered by words alone."""

import pytest

from oneai import documents, settings
from oneai.documents import question
from oneai.errors import Busy, RateLimited
from tests.documents.losing_embeddings import Loss, losing_embeddings
from tests.documents.searching import found, lease, reader, trouble
from tests.world import World


@pytest.mark.parametrize("kind", ["away", "hanging", "short"])
async def test_a_question_that_cannot_be_embedded_is_answered_by_words_alone(
    kind: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "QUESTION_SECONDS", 0.2)
    await lease(world, "asha")
    await trouble(world, kind)
    (rent,) = await found(world, "asha", "rupees")
    assert rent.heading == "Rent"
    assert await found(world, "asha", "landlrod agreees") == []

    page = await documents.search(reader(world, "asha"), "the of landlord rent", limit=1)
    assert page.next_cursor is not None
    await trouble(world, None)
    rest = await documents.search(reader(world, "asha"), "the of landlord rent", limit=9, cursor=page.next_cursor)
    assert {each.heading for each in (*page.items, *rest.items)} == {"Rent", "Pets"}
    assert len(rest.items) == 1


async def test_a_list_started_with_vectors_does_not_continue_without_them(world: World) -> None:
    await lease(world, "asha")
    page = await documents.search(reader(world, "asha"), "landlord rent", limit=1)
    assert page.next_cursor is not None
    await trouble(world, "away")
    with pytest.raises(Busy):
        await documents.search(reader(world, "asha"), "landlord rent", limit=1, cursor=page.next_cursor)


async def test_a_question_is_paid_by_the_operator_and_uses_no_unit(world: World) -> None:
    await lease(world, "asha")
    before = world.quota("asha")
    await found(world, "asha", "monthly rent " * 50)
    assert world.database.one(
        "select purpose, outcome, charged, cost_micro_usd > 0 from oneai.usage_events "
        "where user_id = %s order by id desc limit 1",
        world.people["asha"],
    ) == ("document_embedding", "complete", 0, True)
    assert world.quota("asha") == before


@pytest.mark.parametrize("loss", ["closed", "no JSON", "silent"])
async def test_a_question_whose_vector_is_lost_costs_its_estimate(
    world: World, monkeypatch: pytest.MonkeyPatch, loss: Loss
) -> None:
    await lease(world, "asha", embedded=False)
    monkeypatch.setattr(question, "QUESTION_SECONDS", 2)
    async with losing_embeddings(world, monkeypatch, loss) as requests:
        (rent,) = await found(world, "asha", "monthly rupees " * 50)

    assert (rent.heading, len(requests)) == ("Rent", 1)
    assert world.database.one("select outcome, charged, estimated, cost_micro_usd > 0 from oneai.usage_events") == (
        *("failed", 0),
        *(True, True),
    )


async def test_a_list_that_cannot_continue_pays_for_its_vector(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await lease(world, "asha")
    page = await documents.search(reader(world, "asha"), "landlord rent", limit=1)
    before = world.database.one("select count(*) from oneai.usage_events")
    async with losing_embeddings(world, monkeypatch, "closed"):
        with pytest.raises(Busy):
            await documents.search(reader(world, "asha"), "landlord rent", limit=1, cursor=page.next_cursor)

    assert world.database.one("select count(*) from oneai.usage_events") == before + 1


async def test_a_user_runs_at_most_four_concurrent_searches(world: World) -> None:
    await lease(world, "asha", embedded=False)
    questions = "select count(*) from oneai.usage_events"
    before = world.database.one(questions)
    world.database.rows(
        "select pg_advisory_lock(hashtextextended(concat('search ', %s::uuid), place)) "
        "from generate_series(1, 4) as s (place)",
        world.people["asha"],
    )
    with pytest.raises(RateLimited):
        await found(world, "asha", "rent")
    assert world.database.one(questions) == before + 1, "the question was embedded"


async def test_questions_use_the_active_model_during_a_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await lease(world, "asha")
    monkeypatch.setenv("EMBEDDING_MODEL", "openai/text-embedding-3-large")
    settings.reset_cache()
    question.reset_cache()

    async def asked() -> list[str]:
        before = len(await world.sent_upstream())
        assert (await found(world, "asha", "landlrod agreees"))[0].heading == "Pets"
        return [each["model"] for each in (await world.sent_upstream())[before:]]

    small, large = "openai/text-embedding-3-small", "openai/text-embedding-3-large"
    assert await documents.change_model() == "emptying"
    assert await asked() == [large, small]
    assert await asked() == [small]
    assert [await documents.change_model() for _ in range(2)] == ["filling", "switched"]
    assert await asked() == [small, large]
    assert await asked() == [large]


async def test_a_question_is_answered_by_words_if_the_upstream_hangs(world: World) -> None:
    await lease(world, "asha")
    await trouble(world, "hanging")
    try:
        found = (await world.get("/documents/search", q="rupees")).json()
    finally:
        await trouble(world, None)
    assert [each["heading"] for each in found["items"]] == ["Rent"]
