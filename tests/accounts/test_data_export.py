"""The export of an account is complete, has only the user's data, is mailed, and restarts after a crash."""

import asyncio
import csv
import io
import json
import zipfile
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from local import template
from local.data_folder import REPOSITORY
from local.events import schedule_event
from local.jobs import Jobs
from local.metrics import Metrics
from oneai import accounts, usage
from oneai.accounts import exported_files
from oneai.clients import s3
from oneai.conversations import archive
from oneai.inbox import export_files
from tests.accounts.deleting import request_deletion
from tests.accounts.sign_in import bearer, sign_up
from tests.admin.test_suspension import make_admin, suspend
from tests.billing.subscriptions.subscribing import subscribe
from tests.conversations.archive.trees import conversation_ids, import_file, insert_tree
from tests.documents.library import CONTENT, opened, uploaded
from tests.patience import eventually
from tests.workspaces.teams import create_team, invite
from tests.world import World

WAIT = 900
LEASE = 121
A_WEEK = 7 * 24 * 3600
TREE = [(None, True), (0, True)]


async def run_job() -> dict[str, int]:
    """The job of every minute, as the function runs it."""
    return await archive.run_exports_and_imports(WAIT, {**usage.WRITERS, **accounts.WRITERS, **export_files.WRITERS})


async def request_export(world: World, who: str = "asha") -> str:
    answer = await world.post("/user/data-export", None, who)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["export_id"])


async def download(world: World, export_id: str, who: str = "asha") -> zipfile.ZipFile:
    """The file, as a browser gets it at the link of `GET /exports/{id}`."""
    found = (await world.get(f"/exports/{export_id}", who)).json()
    assert (found["state"], found["progress"]) == ("done", 100), found
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(found["url"])
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.content))


def document(exported: zipfile.ZipFile, name: str) -> Any:
    """A JSON file in it."""
    return json.loads(exported.read(name))


async def test_an_export_has_all_data_of_its_user_and_none_of_another(world: World) -> None:
    await subscribe(world)
    await subscribe(world, "ravi")
    talk = insert_tree(world, "asha", TREE, title="Plans")
    insert_tree(world, "ravi", TREE, title="A secret of Ravi's")
    await world.ask("Rain in the hills")
    key = f"users/{world.people['asha']}/messages/1/0.png"
    await s3.put(key, b"a picture", "image/png")
    world.database.rows(
        """
        update oneai.chat_messages set metadata = jsonb_build_object('attachments', jsonb_build_array(
          jsonb_build_object('type', 'image', 'name', 'hills.png', 'media_type', 'image/png', 'size', 9,
            'key', %s::text),
          jsonb_build_object('type', 'image', 'name', 'gone.png', 'media_type', 'image/png', 'size', 9,
            'key', %s || 'x'),
          jsonb_build_object('type', 'image', 'name', 'ravis.png', 'media_type', 'image/png', 'size', 9,
            'key', 'users/other/secret')))
        where conversation_id = %s and role = 'user'
        """,
        *(key, key, talk),
    )
    collection = (await world.post("/collections", {"name": "Home"})).json()["id"]
    lease = await uploaded(world, "asha", tags=["flat"], collection_id=collection)
    gone = await opened(world, "asha", "../gone.p/df")
    await uploaded(world, "ravi", "A secret of Ravi's.pdf")
    await world.http.patch("/user/preferences", json={"language": "hi"}, headers=world.headers())
    await world.post("/user/prompts", {"prompts": [{"name": "Plan", "content": "Plan my day."}]})
    await world.post("/user/prompts", {"prompts": [{"name": "Plan", "content": "A secret of Ravi's"}]}, "ravi")

    await world.post("/support/sales", {"plan_id": "enterprise", "message": "Forty seats"})

    team = await create_team(world)
    assert (await invite(world, team["id"], "meera@example.com", "viewer")).is_success

    export_id = await request_export(world)
    assert await request_export(world) == export_id
    await run_job()
    exported = await download(world, export_id)

    account = document(exported, "account.json")
    assert (account["profile"]["email"], account["preferences"]["language"]) == ("asha@example.com", "hi")
    assert [(each["name"], each["content"]) for each in document(exported, "prompts.json")] == [
        ("Plan", "Plan my day.")
    ]
    teams = document(exported, "workspaces.json")
    assert [(each["kind"], each["role"]) for each in teams["workspaces"]] == [("personal", "owner"), ("team", "owner")]
    assert [(each["email"], each["role"]) for each in teams["invitations_sent"]] == [("meera@example.com", "viewer")]
    assert teams["invitations_accepted"] == []
    assert [each["message"] for each in document(exported, "support.json")] == ["Forty seats"]
    billing = document(exported, "billing.json")
    assert billing["billing_details"]["legal_name"]
    assert [each["status"] for each in billing["payments"]] == ["captured"]
    assert [each["plan"] for each in billing["subscriptions"]] == ["pro"]
    invoices = [name for name in exported.namelist() if name.startswith("invoices/")]
    assert sorted(name.rpartition(".")[2] for name in invoices) == ["json", "pdf"]
    assert exported.read(next(name for name in invoices if name.endswith(".pdf"))).startswith(b"%PDF")
    events = list(csv.DictReader(io.StringIO(exported.read("usage.csv").decode())))
    assert [each["outcome"] for each in events] == ["complete"]
    assert len(document(exported, "index.json")["conversations"]) == 2
    stored, missing = document(exported, "files.json")
    assert exported.read(stored["file"]) == b"a picture"
    assert (stored["name"], stored["conversation_id"]) == ("hills.png", talk)
    assert (missing["name"], missing["missing"]) == ("gone.png", True)
    kept, waited_for = document(exported, "documents.json")
    assert exported.read(f"documents/{lease}.pdf") == CONTENT
    assert (kept["name"], kept["collection"], kept["tags"], kept["file"]) == (
        *("lease.pdf", "Home", ["flat"]),
        f"documents/{lease}.pdf",
    )
    assert (waited_for["id"], waited_for["missing"]) == (gone["id"], True)
    everything = b"".join(exported.read(name) for name in exported.namelist())
    for secret in (b"Ravi", str(world.people["ravi"]).encode(), b"users/", b"token_hash"):
        assert secret not in everything


async def test_an_export_lists_actions_by_and_on_the_user_without_operators_notes(world: World) -> None:
    admin = make_admin(world)
    email = f"{uuid4()}@example.com"
    tokens = await sign_up(world, email)
    world.people["meera"] = UUID(tokens["user"]["id"])
    created = await world.http.post("/user/api-keys", json={"name": "Nightly report"}, headers=bearer(tokens))
    await suspend(world, admin, "meera", {"reason": "A report by a friend of Ravi"})
    await suspend(world, admin, "meera", {"reason": "Ravi was wrong"}, "unsuspend")
    world.database.rows(
        "select oneai.record_audit('operator', 'kavya', 'plan_grant.create', %s, 'plan_grant', '7', 'Ravi asked', "
        "p_user_agent => 'ops.grant on kavyas-laptop', p_detail => '{\"note\": \"Ravi pays\"}')",
        world.people["meera"],
    )

    (exports, of_admin) = await request_export(world, "meera"), await request_export(world, admin)
    for _ in range(2):
        await run_job()
    exported = await download(world, exports, "meera")

    acts = document(exported, "audit_log.json")
    assert [(each["actor"], each["action"], each["target_id"]) for each in acts] == [
        ("you", "session.create", world.signer.claims(tokens["access_token"])["session_id"]),
        ("you", "api_key.create", created.json()["id"]),
        ("admin", "account.suspend", tokens["user"]["id"]),
        ("admin", "account.unsuspend", tokens["user"]["id"]),
        ("operator", "plan_grant.create", "7"),
        ("you", "data_export.create", exports),
    ]
    assert acts[0]["ip"] == "127.0.0.1"
    assert acts[-1]["detail"] == {"format": "account"}
    everything = b"".join(exported.read(name) for name in exported.namelist())
    for private in ("Ravi", "kavya", "ops.grant", str(world.people[admin])):
        assert private.encode() not in everything
    did = document(await download(world, of_admin, admin), "audit_log.json")
    assert [(each["actor"], each["action"], each["target_id"]) for each in did] == [
        ("you", "account.suspend", None),
        ("you", "account.unsuspend", None),
        ("you", "data_export.create", of_admin),
    ]
    assert {each["reason"] for each in did} == {None}


async def test_files_beyond_the_export_limit_are_listed_as_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_files, "EXPORT_BYTES", 9)
    for n in range(2):
        key = f"users/{world.people['asha']}/messages/{n}/0.png"
        await s3.put(key, b"a picture", "image/png")
        talk = insert_tree(world, "asha", TREE, title=f"Talk {n}")
        world.database.rows(
            """
            update oneai.chat_messages set metadata = jsonb_build_object('images', jsonb_build_array(
              jsonb_build_object('media_type', 'image/png', 'size', 9, 'key', %s::text)))
            where conversation_id = %s and role = 'assistant'
            """,
            *(key, talk),
        )
        world.database.rows("update oneai.chat_messages set metadata = '{}' where role = 'user'")
    export_id = await request_export(world)
    await run_job()

    first, second = document(await download(world, export_id), "files.json")

    assert ("file" in first, "left_out" in first) == (True, False)
    assert ("file" in second, "left_out" in second) == (False, True)


async def test_exported_conversations_can_be_imported_again(world: World) -> None:
    insert_tree(world, "asha", TREE, title="Plans")
    export_id = await request_export(world)
    await run_job()
    exported = await download(world, export_id)
    assert exported.fp is not None
    exported.fp.seek(0)

    imported = await import_file(world, exported.fp.read(), "ravi", "application/zip")

    assert (imported["imported"], imported["failed"]) == (1, 0)
    assert len(conversation_ids(world, "ravi")) == 1


@pytest.mark.parametrize("column", ["suspended_at", "deletes_at"])
async def test_suspended_and_leaving_users_get_their_export_too(column: str, world: World) -> None:
    insert_tree(world, "asha", TREE)
    if column == "suspended_at":
        world.database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", world.people["asha"])
    else:
        await request_deletion(world)

    export_id = await request_export(world)
    await run_job()

    assert len(document(await download(world, export_id), "index.json")["conversations"]) == 1


async def test_one_mail_says_that_the_export_is_available_for_a_week(world: World) -> None:
    export_id = await request_export(world)
    await run_job()

    data = world.database.one("select data from oneai.outbox where kind = 'data_export'")
    assert data["export_id"] == export_id
    world.database.advance(A_WEEK - 60)
    assert (await world.get(f"/exports/{export_id}")).json()["state"] == "done"
    world.database.advance(61)
    assert (await world.get(f"/exports/{export_id}")).json()["state"] == "expired"
    assert await run_job() == {"exports": 0, "imports": 0, "expired": 1}


@pytest.mark.exhaustive
async def test_a_large_export_shows_its_progress_and_restarts_after_a_crash(world: World, tmp_path: Any) -> None:
    with world.database.connection.transaction():
        for n in range(1000):
            insert_tree(world, "asha", TREE, title=f"Talk {n}")
    export_id = await request_export(world)
    function = template.read(REPOSITORY / "template.yaml").function("export_import")
    assert function is not None
    jobs = Jobs(Metrics(tmp_path / "metrics.jsonl"))
    job = asyncio.create_task(jobs.run(function, schedule_event("1", world.database.one("select oneai.now()"))))
    await eventually(lambda: _running_progress(world, export_id), lambda progress: 0 < progress < 100)
    assert jobs.kill(function) == 1
    assert (await job).status == "killed"

    world.database.advance(LEASE)
    assert (await run_job())["exports"] == 1

    assert len(document(await download(world, export_id), "index.json")["conversations"]) == 1000
    assert world.database.one("select count(*) from oneai.outbox where kind = 'data_export'") == 1


async def _running_progress(world: World, export_id: str) -> int:
    """In percent; 0 while it is not being written."""
    found = (await world.get(f"/exports/{export_id}")).json()
    return int(found["progress"]) if found["state"] == "running" else 0
