"""The cost of a model's answer is recorded even if documents, collections, conversations or the account are deleted
between two steps of a job, or if its process is killed."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from oneai import accounts, settings
from oneai.chat.jobs import expired
from oneai.chat.turn import answer
from oneai.clients.openrouter import completion, embeddings
from oneai.clients.openrouter.usage import parse_usage
from oneai.documents import embedding, summary
from oneai.documents.lease import LEASE_SECONDS
from oneai.models.background_completion import BackgroundCompletion
from tests.documents.library import insert, insert_chunks, request
from tests.documents.runs import run
from tests.documents.test_page_reading import MODEL, reprocess, scan
from tests.documents.test_summaries import read_document, summarise
from tests.patience import PATIENCE
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.25)

type Deletion = Callable[[World], Awaitable[None]]


async def delete_documents(world: World) -> None:
    """All of asha's, as she does it."""
    for document in world.database.rows("select id from oneai.documents"):
        await request(world, "DELETE", f"/documents/{document}", "asha")


async def delete_collections(world: World) -> None:
    """The collection that has the documents, and them."""
    collection = world.database.one(
        "insert into oneai.collections (workspace_id, name) values (%s, 'All') returning id", world.people["asha"]
    )
    world.database.rows("update oneai.documents set collection_id = %s", collection)
    await delete_documents(world)
    assert (await request(world, "DELETE", f"/collections/{collection}", "asha")).status_code == 204


async def delete_conversations(world: World) -> None:
    """All of asha's."""
    for talk in world.database.rows("select id from oneai.conversations"):
        await request(world, "DELETE", f"/conversations/{talk}", "asha")


async def delete_account(world: World) -> None:
    """Closed, its sign-in deleted, and erased, as the nightly job does it."""
    asha = world.people["asha"]
    await accounts.close_account(asha)
    world.database.rows("delete from auth.users where id = %s", asha)
    await accounts.erase(asha)


OF_DOCUMENTS = [delete_documents, delete_collections, delete_account]
OF_CONVERSATIONS = [delete_conversations, delete_account]


@pytest.fixture(autouse=True)
def _closing_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work that an account's closing waits for is the test's own, which goes on only after it."""
    monkeypatch.setattr(import_module("oneai.accounts.closing"), "STOP_SECONDS", 0.0)


@pytest.fixture
def billed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Micro-dollars that the upstream has stated, one for each request."""
    costs: list[int] = []

    def noted(usage: object) -> Any:
        parsed = parse_usage(usage)
        if parsed is not None:
            costs.append(parsed.cost_micro_usd or 0)
        return parsed

    monkeypatch.setattr(completion, "parse_usage", noted)
    monkeypatch.setattr(embeddings, "parse_usage", noted)
    return costs


def interrupt(
    monkeypatch: pytest.MonkeyPatch,
    owner: type | ModuleType,
    name: str,
    at: int,
    deletion: Callable[[], Awaitable[None]],
) -> None:
    """Has the deletion done before (even) or after (odd) the request number `at` // 2 of this function."""
    real, calls = getattr(owner, name), 0

    async def interrupted(*args: Any, **fields: Any) -> Any:
        nonlocal calls
        number, calls = calls, calls + 1
        if at == 2 * number:
            await deletion()
        result = await real(*args, **fields)
        if at == 2 * number + 1:
            await deletion()
        return result

    monkeypatch.setattr(owner, name, interrupted)


async def kill_after_request(monkeypatch: pytest.MonkeyPatch, owner: type | ModuleType, name: str, number: int) -> None:
    """Runs the job, and ends it when the model has answered the request `number` of this function."""
    real, answered, calls = getattr(owner, name), asyncio.Event(), 0

    async def hanging(*args: Any, **fields: Any) -> Any:
        nonlocal calls
        result = await real(*args, **fields)
        calls += 1
        if calls == number:
            answered.set()
            await asyncio.Event().wait()
        return result

    with monkeypatch.context() as hangs:
        hangs.setattr(owner, name, hanging)
        killed = asyncio.create_task(run())
        await asyncio.wait_for(answered.wait(), PATIENCE)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)


async def check_books(world: World, billed: list[int], *, exactly: bool) -> None:
    """Once the leases are over, the ledger has what the upstream has billed, or with a request under way more; and the
    day's spend is that of the ledger."""
    world.database.advance(3600)
    await expired.settle_open_answers()
    recorded = world.database.one("select coalesce(sum(cost_micro_usd), 0)::bigint from oneai.usage_events")
    spent = world.database.one("select coalesce(sum(settled_micro_usd), 0)::bigint from oneai.daily_spend")
    assert recorded == sum(billed) if exactly else recorded >= sum(billed)
    assert spent == recorded
    assert world.database.rows("select id from oneai.reservations where settled_at is null") == []
    assert world.database.rows("select workspace_id from oneai.usage_quotas where reserved <> 0") == []


@pytest.mark.parametrize("at", range(-1, 6))
@pytest.mark.parametrize("deletion", OF_DOCUMENTS)
async def test_a_summary_is_paid_despite_any_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], deletion: Deletion, at: int
) -> None:
    document = read_document(world, "The first part.", "The second part.", "The third part.", tokens=80_000)
    await summarise(world, document, model=MODEL)
    interrupt(monkeypatch, BackgroundCompletion, "run", at, lambda: deletion(world))
    if at < 0:
        await summary.write_part()
        await deletion(world)
    await run()

    assert billed
    await check_books(world, billed, exactly=deletion is not delete_account)
    if at == 5 and deletion is delete_documents:
        assert world.database.one("select charged from oneai.usage_events where purpose = 'summary'") > 0


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("deletion", OF_DOCUMENTS)
@pytest.mark.usefixtures("reader")
async def test_pages_are_paid_despite_any_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], deletion: Deletion, at: int
) -> None:
    document = await scan(world, 2)
    assert (await reprocess(world, document)).status_code == 202
    interrupt(monkeypatch, BackgroundCompletion, "run", at, lambda: deletion(world))
    await run()

    assert billed
    await check_books(world, billed, exactly=deletion is not delete_account)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("deletion", OF_DOCUMENTS)
async def test_embeddings_of_documents_are_paid_despite_any_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], deletion: Deletion, at: int
) -> None:
    document = insert(world, "asha", status="embedding")
    insert_chunks(world, "asha", document, *(f"Clause {n}." for n in range(150)))
    interrupt(monkeypatch, embedding, "embed", at, lambda: deletion(world))
    await run()

    assert billed
    await check_books(world, billed, exactly=deletion is not delete_account)


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_part_of_a_summary_is_paid_if_its_process_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], number: int
) -> None:
    document = read_document(world, "The first part.", "The second part.", "The third part.", tokens=80_000)
    await summarise(world, document, model=MODEL)
    prompt = world.database.one("select prompt_micro_usd from oneai.reservations where purpose = 'summary'")
    await kill_after_request(monkeypatch, BackgroundCompletion, "run", number)
    world.database.advance(summary.LEASE_SECONDS + 1)
    await run()

    assert len(billed) == 4
    recorded = "select charged, outcome, cost_micro_usd, estimated from oneai.usage_events where purpose = 'summary'"
    # A third of the prompt is estimated for the lost part, and the others are what the upstream has stated.
    stated = sum(billed[: number - 1] + billed[number:])
    assert world.database.rows(recorded) == [(3, "complete", stated + -(-prompt // 3), True)]
    await check_books(world, billed, exactly=False)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.usefixtures("reader")
async def test_a_page_is_paid_if_its_process_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], number: int
) -> None:
    document = await scan(world, 2)
    await reprocess(world, document)
    await kill_after_request(monkeypatch, BackgroundCompletion, "run", number)
    world.database.advance(LEASE_SECONDS + 1)
    await run()

    assert len(billed) == 4  # three pages, and the embeddings of their text
    recorded = world.database.rows("select charged, outcome from oneai.usage_events where purpose = 'page_reading'")
    assert sorted(recorded) == [(0, "truncated"), (1, "complete"), (1, "complete")]
    await check_books(world, billed, exactly=False)


async def answers_end() -> None:
    """What follows an answer, in its own task, is done."""
    if tasks := [each.task for each in answer.running.values() if each.task]:
        await asyncio.wait(tasks)


@pytest.mark.parametrize("at", range(2))
@pytest.mark.parametrize("deletion", OF_CONVERSATIONS)
async def test_titles_are_paid_despite_any_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], deletion: Deletion, at: int
) -> None:
    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    interrupt(monkeypatch, BackgroundCompletion, "run", at, lambda: deletion(world))
    await world.ask("What is a lease?", model=MODEL)
    await answers_end()

    assert len(billed) == 2
    await check_books(world, billed, exactly=True)


@pytest.mark.parametrize("at", range(2))
@pytest.mark.parametrize("deletion", OF_CONVERSATIONS)
async def test_summaries_of_conversations_are_paid_despite_any_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, billed: list[int], deletion: Deletion, at: int
) -> None:
    monkeypatch.setenv("AUTO_SUMMARIES", "true")
    settings.reset_cache()
    interrupt(monkeypatch, BackgroundCompletion, "run", at, lambda: deletion(world))
    talk = conversation(world, "asha", 48, " some words that are said" * 40)
    await world.ask("Go on", conversation_id=talk, model=MODEL)
    await answers_end()

    assert len(billed) == 2
    await check_books(world, billed, exactly=True)
