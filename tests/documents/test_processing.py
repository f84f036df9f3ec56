"""The job that reads documents: what has arrived becomes ready by itself, and what cannot be read says why."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from oneai import settings
from oneai.clients import s3
from oneai.documents import embedding, virus_scan
from oneai.documents.steps import EMPTY, NO_TEXT
from oneai.errors import Busy, UpstreamUnavailable
from tests import effort
from tests.documents.library import insert, listed, opened, request, send, shown, uploaded
from tests.documents.reader import Reader, answered, piece, problem
from tests.documents.runs import HOUR, MINUTE, chunks, counted_pages, failed, run
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def test_a_file_that_arrived_becomes_ready_in_one_run(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha", content=b"The lease\n\nbegins in April.\fIt ends in March.")

    await run()

    found = await shown(world, "asha", document)
    assert {name: found[name] for name in ("status", "progress", "problem", "pages", "chunks")} == {
        "status": "ready",
        "progress": 1,
        "problem": None,
        "pages": 2,
        "chunks": len(chunks(world, document)),
    }
    assert "".join(chunks(world, document)).replace("\n", "").count("lease") == 1
    assert found["first_chunks"][0]["page"] == 1
    assert found["metadata"]["arrived_at"] <= found["metadata"]["ready_at"]
    assert counted_pages(world) == 2
    (call,) = reader.calls
    assert (call["name"], call["media_type"], call["position"]) == ("lease.pdf", "application/pdf", None)
    assert reader.function_names == {"IngestDocumentFunction"}
    words = "select oneai.search_vector(workspace_id, 'lease') is not null and words <> '' from oneai.document_chunks"
    assert set(world.database.rows(words)) == {True}
    assert await run() == 0


async def test_a_missing_file_is_awaited_and_given_up_after_its_time(world: World, reader: Reader) -> None:
    target = await opened(world, "asha")
    late = await opened(world, "asha")
    assert await run() == 2
    assert await run() == 0  # not again at once

    world.database.advance(50 * MINUTE)
    assert (await send(late)).status_code == 200
    await run()
    assert (await shown(world, "asha", target["id"]))["status"] == "waiting"
    assert (await shown(world, "asha", late["id"]))["status"] == "ready"
    world.database.advance(2 * HOUR)
    await run()

    assert (await world.get(f"/documents/{target['id']}")).status_code == 404
    assert (await listed(world, "asha"))["stats"]["total_bytes"] == (await shown(world, "asha", late["id"]))["size"]
    assert len(reader.calls) == 1


async def test_a_long_file_is_read_range_by_range(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    seen: list[Any] = []

    async def note_progress(_: Any) -> Any:
        seen.append((await shown(world, "asha", document))["progress"])
        return answered(piece("Two", 2), position={"page": 3}, progress=0.6, pages=3, pages_without_text=1)

    reader.answers += [
        answered(piece("One", 1), position={"page": 2}, progress=0.3, pages=3),
        note_progress,
        answered(piece("Three", 3), pages=3),
    ]
    await run()

    assert [call["position"] for call in reader.calls] == [None, {"page": 2}, {"page": 3}]
    assert chunks(world, document) == ["One", "Two", "Three"]
    assert seen == [pytest.approx(0.15)]
    found = await shown(world, "asha", document)
    assert (found["status"], found["pages"], found["metadata"]["pages_without_text"]) == ("ready", 3, 1)
    assert counted_pages(world) == 3


async def test_a_problem_from_the_reader_is_the_reason_of_the_failure(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(problem("This PDF is encrypted. Remove its password and upload it again."))

    await run()

    assert await failed(world, document) == "This PDF is encrypted. Remove its password and upload it again."
    assert len(reader.calls) == 1
    assert (await request(world, "POST", f"/documents/{document}/reprocess", "asha")).status_code == 202
    await run()
    assert (await shown(world, "asha", document))["status"] == "ready"


@pytest.mark.parametrize(
    "pieces", [[], [piece("", 1)], [piece(" \n\t ", 1), piece("\n\n", 2)]], ids=["none", "empty", "blank"]
)
async def test_a_file_without_text_is_reported(world: World, reader: Reader, pieces: list[Any]) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(*pieces, pages=3, pages_without_text=3))

    await run()

    assert await failed(world, document) == NO_TEXT
    assert counted_pages(world) == 0


async def test_a_file_without_pages_and_text_is_not_offered_page_reading(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece(" \n")))

    await run()

    assert await failed(world, document) == EMPTY


async def test_a_file_missing_from_the_storage_is_reported(world: World, reader: Reader) -> None:
    document = insert(world, "asha", status="waiting")

    await run()

    assert "missing in the storage" in await failed(world, document)


async def test_a_document_with_too_many_pages_is_refused(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("One", 1), position=2, pages=10_000))

    await run()

    assert await failed(world, document) == "This file has 10,000 pages. A document may have at most 5,000."


async def test_the_monthly_pages_of_a_plan_are_read_and_no_more(world: World, reader: Reader) -> None:
    first, second = await uploaded(world, "asha"), await uploaded(world, "asha", "second.pdf")
    reader.answers.append(answered(piece("One", 1), pages=60))
    reader.answers.append(answered(piece("Two", 1), pages=60))

    await run()

    states = {each: (await shown(world, "asha", each))["status"] for each in (first, second)}
    assert sorted(states.values()) == ["failed", "ready"]
    (refused,) = (each for each, status in states.items() if status == "failed")
    assert "pages for this month" in await failed(world, refused)
    stats = (await listed(world, "asha"))["stats"]
    assert (stats["pages_this_month"], stats["limit_pages"]) == (60, 100)
    world.database.advance(32 * 86_400)
    assert (await listed(world, "asha"))["stats"]["pages_this_month"] == 0
    reader.answers.append(answered(piece("Two", 1), pages=60))
    await request(world, "POST", f"/documents/{refused}/reprocess", "asha")
    await run()
    assert (await shown(world, "asha", refused))["status"] == "ready"


async def test_a_text_file_counts_a_page_for_every_three_thousand_characters(world: World, reader: Reader) -> None:
    await uploaded(world, "asha", "notes.txt")
    reader.answers += [answered(piece("word " * 500), position=1), answered(piece("word " * 200))]

    await run()

    assert counted_pages(world) == 2  # 3,500 characters


async def test_embedding_continues_to_the_end_and_waits_for_an_unavailable_upstream(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("One\n\nTwo\n\nThree" * 700, 1), pages=1))
    left: list[int] = [0]

    async def away(_: UUID) -> bool:
        raise UpstreamUnavailable

    async def embeds_one(embedded: UUID) -> bool:
        left[0] += 1
        world.database.rows("update oneai.documents set description = %s where id = %s", str(left[0]), embedded)
        return left[0] < 3

    monkeypatch.setattr(embedding, "embed_batch", away)
    await run()
    waiting = await shown(world, "asha", document)
    assert (waiting["status"], waiting["words_only"]) == ("embedding", "unavailable")
    assert await run() == 0
    monkeypatch.setattr(embedding, "embed_batch", embeds_one)
    for _ in range(3):  # no batch brings a vector, so the next waits
        world.database.advance(MINUTE + 1)
        assert await run() == 1
    assert (await shown(world, "asha", document))["status"] == "ready"
    assert left == [3]


async def test_a_document_says_that_the_limit_of_the_day_delays_its_vectors(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("The lease runs for eleven months.", 1), pages=1))
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "1")
    settings.reset_cache()
    world.database.rows("select oneai.add_spend(null, null, 0, 1000000)")
    await run()
    waiting = await shown(world, "asha", document)

    world.database.advance(24 * HOUR)
    await run()
    ready = await shown(world, "asha", document)

    assert (waiting["status"], waiting["words_only"]) == ("embedding", "service_paused")
    assert (ready["status"], ready["words_only"]) == ("ready", None)


@pytest.mark.parametrize(("found", "status"), [("clean", "ready"), ("infected", "failed"), ("pending", "scanning")])
async def test_nothing_is_read_before_the_virus_scan(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch, found: str, status: str
) -> None:
    monkeypatch.setenv("VIRUS_SCAN", "true")
    settings.reset_cache()
    document = await uploaded(world, "asha")

    async def result(key: str) -> str:
        assert key == f"documents/{world.people['asha']}/{document}"
        return found

    monkeypatch.setattr(virus_scan, "scan_result", result)
    await run()

    assert (await shown(world, "asha", document))["status"] == status
    assert len(reader.calls) == (found == "clean")
    if found == "infected":
        assert "virus" in await failed(world, document)


async def test_two_concurrent_runs_read_each_of_many_files_once(world: World, reader: Reader) -> None:
    ids = [
        await uploaded(world, who, f"{number}.txt", f"Number {number}".encode())
        for who in ("asha", "ravi")
        for number in range(effort.sample(20, 100))
    ]

    await asyncio.gather(run(), run())

    states = world.database.rows("select status from oneai.documents")
    assert states == ["ready"] * len(ids)
    texts = world.database.rows("select document_id::text, content from oneai.document_chunks")
    assert len(texts) == len(ids)
    assert {document for document, _ in texts} == set(ids)
    assert len(reader.calls) == len(ids)


async def test_a_storage_outage_fails_no_document(
    world: World, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await uploaded(world, "asha")
    really = s3.head

    async def away(_: str) -> Any:
        raise Busy

    monkeypatch.setattr(s3, "head", away)
    await run()
    assert (await shown(world, "asha", document))["status"] == "waiting"
    monkeypatch.setattr(s3, "head", really)
    world.database.advance(MINUTE)
    await run()
    assert (await shown(world, "asha", document))["status"] == "ready"


async def test_text_that_postgres_would_refuse_is_stored_cleaned(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("a\0b \ud800 c", 1)))

    await run()

    assert chunks(world, document) == ["a\ufffdb ? c"]


async def test_the_job_runs_under_the_lambda_runtime(world: World, reader: Reader, tmp_path: Path) -> None:
    document = await uploaded(world, "asha")
    function = template.read(REPOSITORY / "template.yaml").function("process_documents")
    assert function is not None
    reached = replace(function, environment={**function.environment, "LAMBDA_ENDPOINT_URL": reader.address})

    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(
        reached, (REPOSITORY / "events/process_documents/every_minute.json").read_text()
    )

    assert (outcome.status, outcome.output) == ("succeeded", {"steps": 3})
    assert (await shown(world, "asha", document))["status"] == "ready"
