"""The storage's event only makes a file be read earlier: it may arrive twice, late, or never."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from oneai.documents import processing
from oneai.documents.document import object_key
from stand_ins.storage.created_events import CreatedEvents, created_event
from tests.documents.library import opened, request, send, shown
from tests.documents.reader import Reader
from tests.documents.runs import run
from tests.patience import PATIENCE
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

SAMPLE = REPOSITORY / "events/process_documents/object_created.json"


def event_of(key: str, bucket: str | None = None) -> dict[str, Any]:
    """What S3 sends when a file has arrived there."""
    event: dict[str, Any] = json.loads(SAMPLE.read_text())
    event["detail"]["object"]["key"] = key
    if bucket is not None:
        event["detail"]["bucket"]["name"] = bucket
    return event


async def arrived_unnoticed(world: World) -> tuple[str, dict[str, Any]]:
    """A document for whose file a run has looked in vain, before it was sent; and the event of its processing."""
    target = await opened(world, "asha")
    await run()
    assert (await send(target)).status_code == 200
    assert await run() == 0  # it is looked for again in a while
    return target["id"], event_of(object_key(world.people["asha"], target["id"]))


async def test_a_file_is_read_as_soon_as_it_arrives(world: World, reader: Reader) -> None:
    document, event = await arrived_unnoticed(world)

    assert await processing.hasten(event)
    await run()

    assert (await shown(world, "asha", document))["status"] == "ready"


async def test_the_local_storage_sends_the_event_of_s3(world: World, reader: Reader, tmp_path: Path) -> None:
    document, event = await arrived_unnoticed(world)
    local_event = created_event(event["detail"]["bucket"]["name"], event["detail"]["object"]["key"])
    assert set(local_event) <= set(event)
    assert processing.is_storage_event(local_event)
    assert await processing.hasten(local_event)
    await run()
    assert (await shown(world, "asha", document))["status"] == "ready"


async def test_the_local_storage_sends_an_event_for_documents_alone() -> None:
    came: asyncio.Queue[str] = asyncio.Queue()

    async def handle(event: dict[str, Any]) -> None:
        await came.put(event["detail"]["object"]["key"])

    events = CreatedEvents("oneai-files", handle)
    for key in ("uploads/a/b", "exports/a", "documents/a/b"):
        events.announce(key)

    assert await asyncio.wait_for(came.get(), PATIENCE) == "documents/a/b"
    assert came.empty()


async def test_a_repeated_or_late_event_changes_nothing(world: World, reader: Reader) -> None:
    document, event = await arrived_unnoticed(world)
    assert [await processing.hasten(event), await processing.hasten(event)] == [True, True]
    await run()
    before = await shown(world, "asha", document)

    assert not await processing.hasten(event)
    assert await run() == 0
    assert (await shown(world, "asha", document), len(reader.calls)) == (before, 1)
    await request(world, "DELETE", f"/documents/{document}", "asha")
    assert not await processing.hasten(event)


async def test_a_file_without_an_event_is_found(world: World, reader: Reader) -> None:
    document, _ = await arrived_unnoticed(world)

    world.database.advance(60)
    await run()

    assert (await shown(world, "asha", document))["status"] == "ready"


async def test_events_of_other_buckets_and_keys_are_ignored(world: World, reader: Reader) -> None:
    document, event = await arrived_unnoticed(world)
    key = event["detail"]["object"]["key"]

    for other in (
        event_of(key, "another-bucket"),
        event_of(f"{key}/more"),
        event_of(f"uploads/{world.people['asha']}/{document}"),
        event_of(object_key(world.people["ravi"], document)),  # type: ignore[arg-type]
        event_of(object_key(world.people["asha"], uuid4())),
        event_of("documents/" + "-" * 36 + "/" + "-" * 36),
        {"source": "aws.s3", "detail": {}},
        {"source": "aws.s3"},
    ):
        assert not await processing.hasten(other)

    assert await run() == 0


@pytest.mark.parametrize(("is_there", "steps"), [(True, 3), (False, 0)], ids=["waited for", "unknown"])
async def test_the_function_accepts_the_event_of_the_storage(
    world: World, reader: Reader, tmp_path: Path, is_there: bool, steps: int
) -> None:
    document, event = await arrived_unnoticed(world)
    event = event if is_there else event_of(object_key(world.people["asha"], uuid4()))
    function = template.read(REPOSITORY / "template.yaml").function("process_documents")
    assert function is not None
    reached = replace(function, environment={**function.environment, "LAMBDA_ENDPOINT_URL": reader.address})

    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(reached, event)

    assert (outcome.status, outcome.output) == ("succeeded", {"steps": steps})
    assert (await shown(world, "asha", document))["status"] == ("ready" if is_there else "waiting")
