"""A document's summary is requested, written by the job, and costs one unit per started 100,000 tokens."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from oneai.documents import summary
from oneai.errors import UpstreamError, UpstreamUnavailable
from oneai.models import Model, providers
from oneai.models.background_completion import REASONING_TOKENS, BackgroundCompletion
from tests.documents.library import insert, insert_chunks, request, shown
from tests.documents.runs import run
from tests.documents.test_page_reading import EXPENSIVE, leave, units
from tests.patience import PATIENCE
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

ECHO = "local/echo"


def read_document(world: World, *texts: str, tokens: int = 5) -> str:
    """A document that is ready, with these chunks of `tokens` tokens each."""
    document = insert(world, "asha")
    insert_chunks(world, "asha", document, *texts)
    world.database.rows("update oneai.document_chunks set tokens = %s where document_id = %s", tokens, document)
    return document


async def summarise(world: World, document: str, who: str = "asha", model: str = ECHO) -> Any:
    """`POST /api/documents/{id}/summary`."""
    return await request(world, "POST", f"/documents/{document}/summary", who, {"model": model})


def charged(world: World) -> list[Any]:
    """Units and outcomes in the ledger of summaries."""
    return world.database.rows("select charged, outcome from oneai.usage_events where purpose = 'summary' order by id")


async def test_a_summary_is_held_generated_and_charged(world: World) -> None:
    document = read_document(world, "The lease runs for eleven months.")

    answer = await summarise(world, document)
    assert (answer.status_code, answer.json()["summary"], units(world)) == (202, None, (0, 1))
    assert answer.json()["summary_request"]["state"] == "waiting"
    await run()

    found = await shown(world, "asha", document)
    assert "eleven months" in found["summary"]
    assert (found["summary_request"]["state"], found["summary_request"]["model"]) == ("ready", ECHO)
    assert (units(world), charged(world)) == ((1, 0), [(1, "complete")])
    assert (await summarise(world, document)).json()["summary"] == found["summary"]
    await run()
    assert units(world) == (2, 0)


async def test_a_summary_costs_one_unit_per_started_hundred_thousand_tokens(world: World) -> None:
    document = read_document(world, "The first part.", "The second part.", "The third part.", tokens=80_000)

    assert (await summarise(world, document)).json()["summary_request"]["units"] == 3
    assert units(world) == (0, 3)
    await run()

    assert "third part" in (await shown(world, "asha", document))["summary"]
    assert "first part" in (await shown(world, "asha", document))["summary"]  # the echo of the summary before
    assert (units(world), charged(world)) == ((3, 0), [(3, "complete")])


async def test_a_model_with_a_small_context_sends_more_requests_for_the_same_units(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"Clause {n}." for n in range(1, 11)]
    document = read_document(world, *texts, tokens=15_000)
    requests: list[str] = []

    real = BackgroundCompletion.run

    async def noted(part: BackgroundCompletion, seconds: float) -> None:
        requests.append(part.messages[0]["content"])
        await real(part, seconds)

    monkeypatch.setattr(BackgroundCompletion, "run", noted)
    monkeypatch.setattr(summary, "part_tokens", lambda _: 45_000)
    await summarise(world, document)
    assert units(world) == (0, 2)  # of 150,000 tokens
    await run()

    last_read = [max(n for n, text in enumerate(texts, 1) if text in content) for content in requests]
    assert last_read == [3, 6, 9, 10]
    found = await shown(world, "asha", document)
    assert all(text in found["summary"] for text in texts)  # the echo of all summaries before
    assert (units(world), charged(world)) == ((2, 0), [(2, "complete")])


async def test_a_part_fits_the_context_of_its_model(world: World) -> None:
    model = (await providers.list_models())[0]

    def model_of_context(tokens: int) -> Model:
        return replace(model, context_length=tokens)

    fixed = summary.PROMPT_TOKENS + summary.SUMMARY_TOKENS + REASONING_TOKENS
    for context in (8_000, 32_000, 100_000):
        assert summary.part_tokens(model_of_context(context)) * 1.25 + fixed <= context
    assert summary.part_tokens(model_of_context(1_000_000)) == summary.TOKENS_PER_UNIT
    assert summary.part_tokens(model_of_context(2_000)) == summary.MIN_PART_TOKENS


async def test_a_failed_attempt_is_free_and_its_cost_is_recorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document = read_document(world, "The lease.")
    model = "openai/gpt-4.1-mini"
    await summarise(world, document, model=model)

    real = BackgroundCompletion.run

    async def breaks_off(part: BackgroundCompletion, seconds: float) -> None:
        await real(part, seconds)
        part.failure = UpstreamError()

    monkeypatch.setattr(BackgroundCompletion, "run", breaks_off)
    for _ in range(summary.MAX_ATTEMPTS + 1):
        await run()
        world.database.advance(summary.AGAIN_SECONDS + 1)

    assert (await shown(world, "asha", document))["summary_request"]["state"] == "failed"
    ((charge, cost, tokens),) = world.database.rows(
        "select charged, cost_micro_usd, prompt_tokens from oneai.usage_events where purpose = 'summary'"
    )
    assert (units(world), charge) == ((0, 0), 0)
    assert cost > 0 < tokens
    spent = world.database.one("select spend_micro_usd from oneai.workspaces where id = %s", world.people["asha"])
    assert spent == cost  # it counts in the daily ceiling


async def test_concurrent_requests_make_one_summary(world: World) -> None:
    document = read_document(world, "The lease.")

    answers = await asyncio.gather(*(summarise(world, document) for _ in range(3)))
    await asyncio.gather(run(), run())

    assert ({answer.status_code for answer in answers}, units(world), len(charged(world))) == ({202}, (1, 0), 1)


async def test_a_run_killed_during_generation_is_charged_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document = read_document(world, "The lease.")
    await summarise(world, document)
    requested = asyncio.Event()

    async def hangs(*_: Any) -> None:
        requested.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as hanging:
        hanging.setattr(BackgroundCompletion, "run", hangs)
        killed = asyncio.create_task(run())
        await asyncio.wait_for(requested.wait(), PATIENCE)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
    world.database.advance(summary.LEASE_SECONDS + 1)
    await run()

    assert (await shown(world, "asha", document))["summary_request"]["state"] == "ready"
    assert (units(world), charged(world)) == ((1, 0), [(1, "complete")])


async def test_a_failing_model_charges_nothing_and_an_unavailable_one_is_awaited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = read_document(world, "The lease.")
    await summarise(world, document)

    async def is_away(part: BackgroundCompletion, _: float) -> None:
        part.failure = UpstreamUnavailable()

    with monkeypatch.context() as away:
        away.setattr(BackgroundCompletion, "run", is_away)
        for _ in range(5):
            await run()
            world.database.advance(summary.AGAIN_SECONDS + 1)
    assert units(world) == (0, 1)
    await run()
    assert units(world) == (1, 0)

    await summarise(world, document, model="local/empty")
    for _ in range(summary.MAX_ATTEMPTS + 1):
        await run()
        world.database.advance(summary.AGAIN_SECONDS + 1)
    found = await shown(world, "asha", document)
    assert (found["summary_request"]["state"], units(world)) == ("failed", (1, 0))
    assert found["summary"] is not None


async def test_a_document_that_cannot_be_summarised_is_refused_and_holds_nothing(world: World) -> None:
    document = read_document(world, "The lease.")
    unread = insert(world, "asha", status="extracting")

    for answer, status, code in (
        (await summarise(world, document, model=EXPENSIVE), 403, "model_not_in_plan"),
        (await summarise(world, document, model="no/model"), 400, "unknown_model"),
        (await summarise(world, document, "ravi"), 404, "not_found"),
        (await summarise(world, unread), 409, "document_not_ready"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert units(world) == (0, 0)
    leave(world, 0)
    assert (await summarise(world, document)).status_code == 429


async def test_a_quote_states_the_units_that_a_summary_would_hold(world: World) -> None:
    document = read_document(world, "The first part.", "The second part.", "The third part.", tokens=80_000)
    unread = insert(world, "asha", status="extracting")
    body = {"document_id": document, "summary": True, "model": "openai/gpt-4.1-mini"}

    quote = (await world.post("/quota/quote", body)).json()
    assert (quote["allowed"], quote["lines"]) == (True, [{"quota_key": "small_messages", "units": 3}])
    assert quote["max_cost_micro_usd"] == quote["basis"][0]["max_cost_micro_usd"] > 0
    assert quote["basis"][0]["prompt_tokens"] > 240_000
    assert (units(world), charged(world)) == ((0, 0), [])
    leave(world, 2)
    assert (await world.post("/quota/quote", body)).json()["allowed"] is False
    for fields, status in ((body | {"document_id": unread}, 409), (body | {"model": EXPENSIVE}, 403)):
        assert (await world.post("/quota/quote", fields)).status_code == status
    assert (await world.post("/quota/quote", body, "ravi")).status_code == 404


async def test_a_quote_equals_the_hold_of_the_request(world: World) -> None:
    document = read_document(world, "The first part.", "The second part.", tokens=80_000)
    model = "openai/gpt-4.1-mini"
    quote = (await world.post("/quota/quote", {"document_id": document, "summary": True, "model": model})).json()

    await summarise(world, document, model=model)

    held = world.database.one("select held_micro_usd from oneai.reservations where purpose = 'summary'")
    assert (held, units(world)) == (quote["max_cost_micro_usd"], (0, quote["lines"][0]["units"]))


async def test_the_figures_of_a_document_show_the_state_of_its_summary(world: World) -> None:
    document = read_document(world, "The first part.", "The second part.", tokens=80_000)

    async def figures() -> Any:
        return (await world.get(f"/documents/{document}/stats")).json()["summary"]

    assert await figures() is None
    await summarise(world, document)
    waiting = await figures()
    assert (waiting["state"], waiting["units"], waiting["progress"], waiting["model"]) == ("waiting", 2, 0, None)
    assert await summary.write_part()
    assert ((await figures())["progress"], (await figures())["state"]) == (0.5, "waiting")
    await run()

    written = await figures()
    assert (written["state"], written["progress"], written["model"]) == ("ready", 1, ECHO)
    assert written["written_at"] is not None
    assert written["prompt_tokens"] > 0 < written["completion_tokens"]
