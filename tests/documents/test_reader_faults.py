"""The job that reads documents, while the function that reads files, the run itself or its document are in trouble."""

import asyncio
from typing import Any

import psycopg
import pytest

from oneai.documents import extraction
from tests.documents.library import request, shown, uploaded
from tests.documents.reader import Reader, answered, died, hangs, piece, throttled
from tests.documents.runs import MINUTE, chunks, counted_pages, failed, run
from tests.patience import until
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.4)

GARBAGE: list[Any] = [
    {},
    [],
    {"pieces": "text"},
    answered({"text": 7, "page": 1, "heading": None}),
    answered(piece("x", -1)),
    answered(piece("x", 1), progress=7),
    answered(piece("x", 1), pages="many"),
    answered(piece("x", 1), position="x" * 20_000),
    answered(problem={"code": "torn"}),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_an_invalid_answer_is_refused_and_the_third_one_is_final(
    world: World, reader: Reader, garbage: Any
) -> None:
    document = await uploaded(world, "asha")
    reader.answers += [garbage] * 3

    await run()

    assert "three attempts" in await failed(world, document)
    assert len(reader.calls) == 3


async def test_a_function_that_crashes_is_called_three_times(world: World, reader: Reader) -> None:
    once, always = await uploaded(world, "asha", "once.pdf"), await uploaded(world, "asha", "always.pdf")

    async def dies_of_one(payload: Any) -> Any:
        died_before = sum(call["name"] == payload["name"] for call in reader.calls) > 1
        return await reader.read(payload) if payload["name"] == "once.pdf" and died_before else died()

    reader.answers += [dies_of_one] * 5
    await run()

    assert (await shown(world, "asha", once))["status"] == "ready"
    assert "three attempts" in await failed(world, always)
    assert len(reader.calls) == 5


async def test_a_function_that_hangs_is_given_up(world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "INVOKE_SECONDS", 0.2)
    document = await uploaded(world, "asha")
    reader.answers += [hangs] * 3

    await run()

    assert "three attempts" in await failed(world, document)


async def test_throttling_by_lambda_costs_no_attempt(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    for _ in range(4):
        reader.answers.append(throttled())
        await run()
        world.database.advance(MINUTE)
    assert (await shown(world, "asha", document))["status"] == "extracting"

    await run()

    assert (await shown(world, "asha", document))["status"] == "ready"


async def test_a_run_killed_while_reading_repeats_only_that_range(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reading = asyncio.Event()

    async def never_ends(_: Any) -> Any:
        reading.set()
        return await hangs({})

    reader.answers += [answered(piece("One", 1), position=2, pages=2), never_ends]
    killed = asyncio.create_task(run())
    await reading.wait()
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    assert chunks(world, document) == ["One"]
    assert await run() == 0  # its lease is still good

    world.database.advance(10 * MINUTE)
    reader.answers.append(answered(piece("Two", 2), pages=2))
    await run()

    assert [call["position"] for call in reader.calls] == [None, 2, 2]
    assert chunks(world, document) == ["One", "Two"]
    assert (await shown(world, "asha", document))["status"] == "ready"


async def test_a_run_killed_at_every_attempt_fails_at_the_third(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    for _ in range(3):
        reading = asyncio.Event()

        async def never_ends(_: Any, reading: asyncio.Event = reading) -> Any:
            reading.set()
            return await hangs({})

        reader.answers.append(never_ends)
        killed = asyncio.create_task(run())
        await reading.wait()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        world.database.advance(10 * MINUTE)

    await run()

    assert "three attempts" in await failed(world, document)
    assert len(reader.calls) == 3


async def test_a_run_killed_while_storing_stores_once(world: World, reader: Reader, database: Database) -> None:
    document = await uploaded(world, "asha")
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

    async def locks(payload: Any) -> Any:
        await holder.execute("select from oneai.documents where id = %s for update", [document])
        return await reader.read(payload)

    reader.answers.append(locks)
    async with await psycopg.AsyncConnection.connect(database.url("postgres")) as holder:
        killed = asyncio.create_task(run())
        await until(lambda: world.database.one(waiting))
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
    await until(lambda: world.database.one(waiting) == 0)
    world.database.advance(10 * MINUTE)
    await run()

    assert chunks(world, document) == ["The lease runs for eleven months."]
    found = await shown(world, "asha", document)
    assert (found["status"], found["chunks"]) == ("ready", 1)
    assert counted_pages(world) == 1


async def test_a_run_overtaken_by_another_stores_nothing(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    slow, overtaken = asyncio.Event(), asyncio.Event()

    async def answers_late(_: Any) -> Any:
        slow.set()
        await overtaken.wait()
        return answered(piece("The late one"))

    reader.answers.append(answers_late)
    late = asyncio.create_task(run())
    await slow.wait()
    world.database.advance(10 * MINUTE)
    reader.answers.append(answered(piece("The one in time")))
    await run()
    overtaken.set()
    await late

    assert chunks(world, document) == ["The one in time"]
    assert (await shown(world, "asha", document))["status"] == "ready"


@pytest.mark.parametrize("act", ["delete", "reprocess"])
async def test_a_document_may_be_deleted_or_reprocessed_while_it_is_read(
    world: World, reader: Reader, act: str
) -> None:
    document, other = await uploaded(world, "asha"), await uploaded(world, "asha", "other.txt")

    async def acts(payload: Any) -> Any:
        method, path = ("DELETE", "") if act == "delete" else ("POST", "/reprocess")
        assert (await request(world, method, f"/documents/{document}{path}", "asha")).is_success
        return answered(piece("Of the first reading"))

    async def by_name(payload: Any) -> Any:
        return await (acts if payload["name"] == "lease.pdf" else reader.read)(payload)

    reader.answers += [by_name, by_name]
    await run()

    assert (await shown(world, "asha", other))["status"] == "ready"
    if act == "delete":
        assert chunks(world, document) == []
        assert (await world.get(f"/documents/{document}")).status_code == 404
    else:
        assert chunks(world, document) == ["The lease runs for eleven months."]
        assert (await shown(world, "asha", document))["status"] == "ready"
