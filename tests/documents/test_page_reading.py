"""A model that sees reads the pages that hold no text, for a unit each: held before, settled by page, charged once."""

import asyncio
from typing import Any

import pytest

from oneai import settings
from oneai.documents import page_steps
from oneai.documents.lease import LEASE_SECONDS
from oneai.errors import UpstreamUnavailable
from oneai.models.background_completion import BackgroundCompletion
from tests.documents.library import insert, request, shown, uploaded
from tests.documents.reader import Reader
from tests.documents.runs import run
from tests.patience import PATIENCE
from tests.workspaces.teams import insert_team
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

MODEL = "openai/gpt-4.1-mini"
TEXT_ONLY = "meta-llama/llama-3.3-70b-instruct"
EXPENSIVE = "anthropic/claude-opus-4.5"


async def scan(world: World, pages: int = 3, **fields: Any) -> str:
    """A document with this many pages without text, after the job has found that out."""
    document = await uploaded(world, "asha", content=b"\f" * (pages - 1) or b"\0", **fields)
    await run()
    return document


async def reprocess(world: World, document: str, who: str = "asha", **fields: Any) -> Any:
    """`POST /api/documents/{id}/reprocess` that reads pages."""
    return await request(
        world, "POST", f"/documents/{document}/reprocess", who, {"read_pages": True, "model": MODEL} | fields
    )


def units(world: World) -> tuple[int, int]:
    """Small messages that are used and reserved."""
    row: tuple[int, int] = world.database.one(
        "select used, reserved from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'",
        world.people["asha"],
    )
    return row


def leave(world: World, count: int) -> None:
    """Leaves this many small messages of the quota."""
    world.database.rows(
        "update oneai.usage_quotas as q set used = oneai.effective_limit(q, oneai.now()) + q.grace_units - %s "
        "where workspace_id = %s and quota_key = 'small_messages'",
        *(count, world.people["asha"]),
    )


def charged(world: World) -> list[Any]:
    """Units and outcomes in the ledger of pages."""
    return world.database.rows(
        "select charged, outcome from oneai.usage_events where purpose = 'page_reading' "
        "and cost_micro_usd > 0 order by id"
    )


async def test_pages_of_a_scan_are_read_for_a_unit_each(world: World, reader: Reader) -> None:
    document = await scan(world)
    before = await shown(world, "asha", document)
    assert (before["status"], before["pages"], before["metadata"]["unread_pages"]) == ("failed", 3, 3)
    assert "a model with vision can read" in before["problem"]

    answer = await reprocess(world, document)
    assert (answer.status_code, answer.json()["status"], units(world)) == (202, "extracting", (0, 1))
    await run()

    found = await shown(world, "asha", document)
    assert (found["status"], found["problem"], found["chunks"]) == ("ready", None, 3)
    assert found["metadata"]["unread_pages"] == 0
    assert [chunk["page"] for chunk in found["first_chunks"]] == [1, 2, 3]
    assert len({chunk["content"] for chunk in found["first_chunks"]}) == 3
    assert (units(world), charged(world)) == ((3, 0), [(1, "complete")] * 3)
    figures = (await world.get(f"/documents/{document}/stats")).json()
    assert (figures["read_pages"], figures["pages_without_text"]) == (3, 0)
    assert (await reprocess(world, document)).status_code == 422


@pytest.mark.parametrize("uploader_is_erased", [False, True])
async def test_pages_of_a_team_count_for_who_asked_and_the_team_pays(
    world: World, reader: Reader, uploader_is_erased: bool
) -> None:
    document = await scan(world)
    asha, ravi, owner = world.people["asha"], world.people["ravi"], world.database.user("meera@example.com")
    team = insert_team(world.database, owner, tier="team", admin=asha, member=ravi)
    move = "update oneai.documents set workspace_id = %s, stored_in = %s where id = %s"
    world.database.rows(move, team, asha, document)
    if uploader_is_erased:
        world.database.rows("delete from auth.users where id = %s", asha)

    assert (await reprocess(world, document, "ravi")).status_code == 202
    await run()

    paid = world.database.rows(
        "select workspace_id, user_id, charged from oneai.usage_events where purpose = 'page_reading'"
    )
    assert paid == [(team, ravi, 1)] * 3
    counted = world.database.rows("select user_id, used from oneai.member_usage where quota_key = 'small_messages'")
    assert counted == [(ravi, 3)]


async def test_only_pages_without_text_are_read(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha", content=b"The lease\f\fends in March.\f")
    await run()

    assert (await reprocess(world, document)).status_code == 202
    await run()

    rows = world.database.rows(
        "select page from oneai.document_chunks where document_id = %s and content like '%%Seal%%' order by ordinal",
        document,
    )
    assert (rows, units(world)) == ([2, 4], (2, 0))


async def test_two_concurrent_requests_read_each_page_once(world: World, reader: Reader) -> None:
    document = await scan(world)

    answers = await asyncio.gather(*(reprocess(world, document) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [202, 202]
    await asyncio.gather(run(), run())

    assert (units(world), len(charged(world))) == ((3, 0), 3)


async def test_a_run_killed_between_hold_and_settlement_charges_the_page_once(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await scan(world)
    await reprocess(world, document)
    requested = asyncio.Event()
    pages = 0

    real = BackgroundCompletion.run

    async def hangs_on_the_second(page: BackgroundCompletion, seconds: float) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            requested.set()
            await asyncio.Event().wait()
        await real(page, seconds)

    monkeypatch.setattr(BackgroundCompletion, "run", hangs_on_the_second)
    killed = asyncio.create_task(run())
    await asyncio.wait_for(requested.wait(), PATIENCE)
    assert units(world) == (1, 1)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    world.database.advance(LEASE_SECONDS + 1)
    await run()

    assert (await shown(world, "asha", document))["chunks"] == 3
    assert (units(world), pages) == ((3, 0), 4)
    assert sorted(charged(world)) == [(0, "truncated"), *[(1, "complete")] * 3]


async def test_a_page_waits_while_the_upstream_is_unavailable(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await scan(world, 2)
    await reprocess(world, document)

    async def is_away(page: BackgroundCompletion, _: float) -> None:
        page.failure = UpstreamUnavailable()

    with monkeypatch.context() as away:
        away.setattr(BackgroundCompletion, "run", is_away)
        for _ in range(5):
            await run()
            assert ((await shown(world, "asha", document))["status"], units(world)) == ("extracting", (0, 0))
            world.database.advance(page_steps.AGAIN_SECONDS + 1)
    await run()

    assert ((await shown(world, "asha", document))["status"], units(world)) == ("ready", (2, 0))


async def test_pages_read_before_the_quota_was_used_up_are_kept(world: World, reader: Reader) -> None:
    document = await scan(world, 4)
    leave(world, 2)

    assert (await reprocess(world, document)).status_code == 202
    await run()

    found = await shown(world, "asha", document)
    assert (found["status"], found["chunks"]) == ("ready", 2)
    assert found["problem"].startswith("Page 3, and those after it without text, were not read.")
    refusal = await reprocess(world, document)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (429, "quota_exceeded")
    leave(world, 2)
    assert (await reprocess(world, document)).status_code == 202
    await run()
    found = await shown(world, "asha", document)
    assert (found["status"], found["problem"], found["chunks"]) == ("ready", None, 4)


async def test_pages_count_toward_the_daily_ceiling(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await scan(world)
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "0.001")
    settings.reset_cache()

    assert (await reprocess(world, document)).status_code == 202
    await run()

    found = await shown(world, "asha", document)
    assert (found["status"], found["chunks"], units(world)) == ("ready", 1, (1, 0))
    assert "plan's daily limit" in found["problem"]


async def test_an_unreadable_page_is_refused_and_holds_nothing(world: World, reader: Reader) -> None:
    document = await scan(world)
    text = insert(world, "asha")

    for answer, status, code in (
        (await reprocess(world, document, model=TEXT_ONLY), 422, "invalid_request"),
        (await reprocess(world, document, model="no/model"), 400, "unknown_model"),
        (await reprocess(world, document, model=EXPENSIVE), 403, "model_not_in_plan"),
        (await reprocess(world, document, "ravi"), 404, "not_found"),
        (await reprocess(world, text), 422, "invalid_request"),
        (await reprocess(world, document, read_pages=False), 422, "invalid_request"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert units(world) == (0, 0)
    assert (await shown(world, "asha", document))["status"] == "failed"


async def test_a_quote_states_the_units_that_pages_would_hold(world: World, reader: Reader) -> None:
    document = await scan(world)
    body = {"document_id": document, "read_pages": True, "model": MODEL}

    quote = (await world.post("/quota/quote", body)).json()
    assert (quote["allowed"], quote["lines"]) == (True, [{"quota_key": "small_messages", "units": 3}])
    assert quote["max_cost_micro_usd"] == quote["basis"][0]["max_cost_micro_usd"] > 0
    leave(world, 2)
    assert (await world.post("/quota/quote", body)).json()["allowed"] is False
    assert (await world.post("/quota/quote", body, "ravi")).status_code == 404
    for nonsense in ({}, {"read_pages": True, "summary": True}, {"read_pages": True, "message": "Hello"}):
        assert (await world.post("/quota/quote", {"document_id": document} | nonsense)).status_code == 422
