"""A job may end at any moment: what it leaves is taken up again, and nothing is done twice or half."""

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.events import schedule_event
from local.jobs import Jobs
from local.metrics import Metrics
from oneai.clients import s3
from oneai.conversations import archive
from oneai.conversations.archive import import_job, import_rows, lease
from oneai.errors import InternalError
from oneai.postgres import db
from tests.conversations.archive.samples import ChatGPT, branched_claude, chatgpt
from tests.conversations.archive.trees import conversation_ids, insert_tree, run_job, upload_file
from tests.patience import eventually, until
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

LEASE = 121


def conversations(count: int) -> list[dict[str, Any]]:
    """A file with this many conversations, each with two branches."""
    talks = []
    for n in range(count):
        talk = ChatGPT(f"Talk {n}", f"talk-{n}")
        node = talk.turn("node-0", 1)
        talk.turn(node, 2)
        talk.turn(node, 3)
        talks.append(talk.exported())
    return talks


async def importing(world: World, talks: list[Any]) -> str:
    """An import that waits; its id."""
    upload = await upload_file(world, json.dumps(talks).encode())
    return str((await world.post("/import", {"upload_id": upload})).json()["import_id"])


async def state(world: World, import_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(f"/import/{import_id}")).json()
    return found


def halves(world: World) -> list[Any]:
    """Conversations that do not have all their messages."""
    return world.database.rows(
        """
        select c.id from oneai.conversations as c
        where (select count(*) from oneai.chat_messages as m where m.conversation_id = c.id) <> 6
        """
    )


async def test_an_import_of_a_killed_process_resumes(world: World, tmp_path: Path) -> None:
    import_id = await importing(world, conversations(400))
    function = template.read(REPOSITORY / "template.yaml").function("export_import")
    assert function is not None
    jobs = Jobs(Metrics(tmp_path / "metrics.jsonl"))
    job = asyncio.create_task(jobs.run(function, schedule_event("1", world.database.one("select oneai.now()"))))
    await eventually(lambda: state(world, import_id), lambda result: result["imported"] >= 20)
    assert jobs.kill(function) == 1
    assert (await job).status == "killed"
    before = await state(world, import_id)
    assert (before["state"], before["imported"] < 400) == ("running", True)
    assert halves(world) == []

    assert (await run_job())["imports"] == 0  # its lease is not over
    world.database.advance(LEASE)
    assert (await run_job())["imports"] == 1

    result = await state(world, import_id)
    assert (result["state"], result["imported"], result["skipped"], result["failed"]) == ("done", 400, 0, 0)
    assert len(conversation_ids(world, "asha")) == 400
    assert halves(world) == []


async def test_the_job_exports_and_imports_under_the_lambda_runtime(world: World, tmp_path: Path) -> None:
    insert_tree(world, "asha", [(None, True), (0, True)])
    export = (await world.post("/exports", None)).json()["export_id"]
    import_id = await importing(world, [chatgpt(), branched_claude()])
    function = template.read(REPOSITORY / "template.yaml").function("export_import")
    assert function is not None

    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(
        function, schedule_event("1", world.database.one("select oneai.now()"))
    )

    assert (outcome.status, outcome.output) == ("succeeded", {"exports": 1, "imports": 1, "expired": 0})
    assert (await world.get(f"/exports/{export}")).json()["state"] == "done"
    assert (await state(world, import_id))["imported"] == 2


async def test_an_import_that_runs_out_of_time_is_resumed_at_once(world: World) -> None:
    import_id = await importing(world, conversations(5))
    await import_job.read_next(time.monotonic() - 1)
    assert (await state(world, import_id))["state"] == "queued"

    await run_job()
    assert (await state(world, import_id))["imported"] == 5


async def test_a_worker_that_lost_its_import_changes_nothing_more(world: World) -> None:
    import_id = await importing(world, conversations(2))
    (slow, fast) = uuid4(), uuid4()
    claim = "select id, user_id, upload_id, position, attempts, worker from oneai.claim_import(%s, 2, 'Given up')"
    row = await db.call(claim, [slow])
    world.database.advance(LEASE)
    await import_job.read_next(time.monotonic() + 60, fast)
    assert (await state(world, import_id))["imported"] == 2

    talk = import_rows.read(world.people["asha"], conversations(3)[2])
    (held,) = await db.call("select oneai.save_import_step(%s, %s, 2, 99, %s, null)", [row[0], slow, json.dumps(talk)])
    assert held is False
    assert len(conversation_ids(world, "asha")) == 2


async def test_repeating_a_step_has_no_effect(world: World) -> None:
    await importing(world, conversations(2))
    worker = uuid4()
    row = await db.call("select id from oneai.claim_import(%s, 2, 'Given up')", [worker])
    talk = json.dumps(import_rows.read(world.people["asha"], conversations(1)[0]))
    for _ in range(2):
        assert await db.call("select oneai.save_import_step(%s, %s, 0, 50, %s, null)", [row[0], worker, talk]) == (
            True,
        )

    result = await state(world, row[0])
    assert (result["imported"], result["skipped"], result["progress"]) == (1, 0, 50)


async def test_a_conversation_that_kills_every_worker_is_skipped(world: World) -> None:
    import_id = await importing(world, conversations(3))
    for _ in range(2):
        await db.call("select id from oneai.claim_import(%s, 2, 'Given up')", [uuid4()])  # and dies
        world.database.advance(LEASE)

    await run_job()

    result = await state(world, import_id)
    assert (result["state"], result["imported"], result["failed"]) == ("done", 2, 1)
    assert result["errors"] == [{"position": 0, "title": "Talk 0", "message": "It could not be stored."}]


async def test_a_conversation_that_postgres_refuses_is_left_out_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    understood = import_rows.read

    def badly(user: Any, value: Any) -> dict[str, Any]:
        row = understood(user, value)
        if row["title"] == "Talk 1":
            row["messages"][-1]["role"] = "critic"
        if row["title"] == "Talk 2":
            raise ZeroDivisionError
        return row

    monkeypatch.setattr(import_rows, "read", badly)
    import_id = await importing(world, conversations(4))

    await run_job()

    result = await state(world, import_id)
    assert (result["state"], result["imported"], result["failed"]) == ("done", 2, 2)
    assert [problem["title"] for problem in result["errors"]] == ["Talk 1", "Talk 2"]
    assert halves(world) == []


async def test_two_concurrent_imports_of_a_file_import_it_once(world: World) -> None:
    ids = [await importing(world, conversations(30)) for _ in range(2)]
    await asyncio.gather(run_job(), run_job())

    result = [await state(world, import_id) for import_id in ids]
    assert [each["state"] for each in result] == ["done", "done"]
    assert sum(each["imported"] for each in result) == sum(each["skipped"] for each in result) == 30
    assert len(conversation_ids(world, "asha")) == 30


async def test_at_most_two_exports_run_and_none_twice(world: World) -> None:
    for who in ("asha", "ravi", world.newcomer(), world.newcomer()):
        await world.post("/exports", None, who)

    claims = await asyncio.gather(
        *(db.call("select id from oneai.claim_export(%s, 2, 'Given up')", [uuid4()]) for _ in range(8))
    )

    taken = [claim[0] for claim in claims if claim]
    assert len(taken) == len(set(taken)) == 2


async def test_an_export_of_a_killed_worker_is_retried_and_given_up_after_the_third(world: World) -> None:
    insert_tree(world, "asha", [(None, True)])
    export = (await world.post("/exports", None)).json()["export_id"]
    for _ in range(2):
        assert await db.call("select id from oneai.claim_export(%s, 2, 'Given up')", [uuid4()])
        assert (await run_job())["exports"] == 0
        world.database.advance(LEASE)
    assert (await run_job())["exports"] == 1
    assert (await world.get(f"/exports/{export}")).json()["state"] == "done"

    hopeless = (await world.post("/exports", None)).json()["export_id"]
    for _ in range(3):
        await db.call("select id from oneai.claim_export(%s, 2, 'Given up')", [uuid4()])
        world.database.advance(LEASE)
    assert (await run_job())["exports"] == 0
    result = (await world.get(f"/exports/{hopeless}")).json()
    assert (result["state"], result["error"]) == ("failed", "The export could not be written.")


async def test_a_worker_that_lost_its_export_does_not_finish_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_tree(world, "asha", [(None, True)])
    export = (await world.post("/exports", None)).json()["export_id"]
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)
    put = s3.put

    async def slowly(*arguments: Any) -> None:
        world.database.rows("update oneai.exports set worker = gen_random_uuid()")
        await asyncio.sleep(0.5)
        await put(*arguments)

    monkeypatch.setattr(s3, "put", slowly)
    assert (await archive.run_exports_and_imports(900))["exports"] == 1
    assert (await world.get(f"/exports/{export}")).json()["state"] == "running"


async def test_a_lease_is_renewed_while_the_work_continues(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_tree(world, "asha", [(None, True)])
    await world.post("/exports", None)
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.05)
    put, renewed = s3.put, []

    def leased_until() -> datetime:
        found: datetime = world.database.one("select leased_until from oneai.exports")
        return found

    async def slowly(*arguments: Any) -> None:
        first = leased_until()
        renewed.append(await until(lambda: leased_until() > first))
        await put(*arguments)

    monkeypatch.setattr(s3, "put", slowly)
    await run_job()
    assert renewed == [True]


async def test_an_export_that_the_storage_refuses_is_retried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_tree(world, "asha", [(None, True)])
    export = (await world.post("/exports", None)).json()["export_id"]

    async def refused(*_: Any) -> None:
        raise InternalError

    with monkeypatch.context() as broken:
        broken.setattr(s3, "put", refused)
        assert (await run_job())["exports"] == 1
    assert (await world.get(f"/exports/{export}")).json()["state"] == "running"
    world.database.advance(LEASE)
    await run_job()
    assert (await world.get(f"/exports/{export}")).json()["state"] == "done"
