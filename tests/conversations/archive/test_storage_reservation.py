"""An import that does not fit into its user's storage imports nothing; one that fits is never stopped for it."""

import asyncio
import json
from typing import Any

import pytest

from oneai import files
from tests.conversations.archive.samples import ChatGPT, claude, claude_id, claude_message
from tests.conversations.archive.trees import conversation_ids, import_file, run_job, upload_file, zip_file
from tests.files.storage_data import FREE, MB, assert_storage_full, fill_storage, storage_status, upload
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


def talks(count: int, size: int, name: str = "talk") -> list[dict[str, Any]]:
    """This many conversations, each with this many bytes of text."""
    found = []
    for n in range(count):
        talk = ChatGPT(f"{name} {n}", f"{name}-{n}")
        talk.add(talk.add("node-0", "user", "?"), "assistant", "x" * (size - 1))
        found.append(talk.exported())
    return found


def packed(value: Any) -> bytes:
    """An export as ChatGPT sends it."""
    return zip_file({"conversations.json": json.dumps(value).encode()})


async def outcome(world: World, import_id: str, who: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(f"/import/{import_id}", who)).json()
    return found


async def test_an_import_without_enough_storage_is_refused_and_may_be_repeated_later(shared: World) -> None:
    who = shared.newcomer()
    content = json.dumps(talks(3, 1000)).encode()
    file = await upload_file(shared, content, who)
    # Storage used by questions in the meantime is not refused.
    full = fill_storage(shared, who, -1)

    assert_storage_full(await shared.post("/import", {"upload_id": file}, who), len(content))

    assert shared.database.rows("select id from oneai.imports where user_id = %s", shared.people[who]) == []
    assert shared.database.rows("select used_at from oneai.uploads where id = %s", file) == [None]
    await shared.http.delete(f"/conversations/{full}", headers=shared.headers(who))
    accepted = await shared.post("/import", {"upload_id": file}, who)
    await run_job()
    result = await outcome(shared, accepted.json()["import_id"], who)
    assert (result["state"], result["imported"]) == ("done", 3)


async def test_a_zip_file_larger_than_the_free_storage_imports_nothing(shared: World) -> None:
    who = shared.newcomer()
    file = await upload_file(shared, packed(talks(20, 100_000)), who, "application/zip")
    full = fill_storage(shared, who, MB)
    before = await storage_status(shared, who)

    accepted = await shared.post("/import", {"upload_id": file}, who)
    assert accepted.status_code == 202
    await run_job()

    result = await outcome(shared, accepted.json()["import_id"], who)
    assert (result["state"], result["imported"], result["failed"], result["errors"]) == ("failed", 0, 0, [])
    assert result["error"].startswith("This needs 3 MB of storage, and you have 1 of 200 MB left.")
    assert conversation_ids(shared, who) == [full]
    assert await storage_status(shared, who) == before

    await shared.http.delete(f"/conversations/{full}", headers=shared.headers(who))
    again = await shared.post("/import", {"upload_id": file}, who)
    await run_job()
    result = await outcome(shared, again.json()["import_id"], who)
    assert (result["state"], result["imported"]) == ("done", 20)
    text = 20 * 100_000
    assert text < (await storage_status(shared, who))["used_bytes"] < text + 20 * 200


async def test_only_the_text_counts_against_the_storage_and_not_its_json(shared: World) -> None:
    who = shared.newcomer()
    many = talks(100, 600)
    content = packed(many)
    assert len(json.dumps(many)) > 2 * 100 * 600
    fill_storage(shared, who, 100 * 800 + len(content))

    result = await import_file(shared, content, who, "application/zip")

    assert (result["state"], result["imported"]) == ("done", 100)
    assert (await storage_status(shared, who))["used_bytes"] <= FREE


async def test_existing_conversations_need_no_storage(shared: World) -> None:
    who = shared.newcomer()
    content = packed(talks(20, 100_000))
    assert (await import_file(shared, content, who, "application/zip"))["imported"] == 20
    fill_storage(shared, who, MB)

    result = await import_file(shared, content, who, "application/zip")
    assert (result["state"], result["imported"], result["skipped"]) == ("done", 0, 20)

    result = await import_file(shared, packed(talks(25, 100_000)), who, "application/zip")
    assert (result["state"], result["imported"], result["skipped"]) == ("done", 5, 20)


async def test_one_of_two_imports_that_fit_only_alone_is_imported_whole(shared: World) -> None:
    who = shared.newcomer()
    contents = [packed(talks(20, 100_000, name)) for name in ("one", "two")]
    ids = [await upload_file(shared, content, who, "application/zip") for content in contents]
    fill_storage(shared, who, 3 * MB)
    started = [(await shared.post("/import", {"upload_id": file}, who)).json()["import_id"] for file in ids]

    await asyncio.gather(run_job(), run_job())

    result = sorted([await outcome(shared, import_id, who) for import_id in started], key=lambda each: each["state"])
    assert [(each["state"], each["imported"]) for each in result] == [("done", 20), ("failed", 0)]
    assert (await storage_status(shared, who))["used_bytes"] <= FREE


async def test_storage_reserved_by_an_import_is_unavailable_to_others(shared: World) -> None:
    who = shared.newcomer()
    file = await upload_file(shared, json.dumps(talks(2, MB)).encode(), who)
    fill_storage(shared, who, 0)

    accepted = await shared.post("/import", {"upload_id": file}, who)
    assert_storage_full(await upload(shared, who, 1), 1)
    await run_job()

    assert (await outcome(shared, accepted.json()["import_id"], who))["imported"] == 2
    assert (await storage_status(shared, who))["used_bytes"] <= FREE


async def test_branches_of_one_role_take_no_more_storage_than_their_file(shared: World) -> None:
    who = shared.newcomer()
    # Were each branch to repeat what came before it, two hundred kilobytes would become four megabytes.
    talk = ChatGPT("Branches", "branches")
    node = "node-0"
    for _ in range(40):
        node = talk.add(node, "user", "y" * 5_000)
        talk.add(node, "assistant", "Go on")
    exported = [*talks(3, 1000), talk.exported()]
    fill_storage(shared, who, MB)
    before = (await storage_status(shared, who))["used_bytes"]

    result = await import_file(shared, packed(exported), who, "application/zip")

    assert (result["state"], result["imported"]) == ("done", 4)
    assert 200_000 < (await storage_status(shared, who))["used_bytes"] - before < len(json.dumps(exported))


async def test_documents_that_changes_repeat_never_take_more_than_the_free_storage(shared: World) -> None:
    who = shared.newcomer()
    # Forty kilobytes in the file, and with each of twenty changes as much again in the answers.
    document = {"type": "create", "id": "plan", "title": "Plan", "content": f"v0 {'word ' * 8_000}"}
    calls = [document, *({"id": "plan", "old_str": f"v{n}", "new_str": f"v{n + 1}"} for n in range(20))]
    blocks = [{"type": "tool_use", "name": "artifacts", "input": each} for each in calls]
    messages = [
        claude_message(n, "assistant" if n % 2 else "human", "?", claude_id(n - 1) if n else None)
        for n in range(2 * len(blocks))
    ]
    for message, block in zip(messages[1::2], blocks, strict=True):
        message["content"] = [block]
    plain = claude(messages[:1], "b7c1f0d2-0000-4000-8000-000000000002")
    content = packed([plain, claude(messages)])
    full = fill_storage(shared, who, 400_000)

    result = await import_file(shared, content, who, "application/zip")

    assert (result["state"], result["imported"]) == ("failed", 1)
    assert "of storage, and you have" in result["error"]
    assert result["error"].endswith("Conversations that exist are skipped.")
    assert (await storage_status(shared, who))["used_bytes"] <= FREE
    await shared.http.delete(f"/conversations/{full}", headers=shared.headers(who))
    result = await import_file(shared, content, who, "application/zip")
    assert (result["state"], result["imported"], result["skipped"]) == ("done", 1, 1)
    assert (await storage_status(shared, who))["used_bytes"] > 20 * 40_000


async def test_the_file_of_a_finished_import_is_removed(shared: World) -> None:
    who = shared.newcomer()
    file = await upload_file(shared, json.dumps(talks(1, 1000)).encode(), who)
    accepted = await shared.post("/import", {"upload_id": file}, who)
    await run_job()
    assert (await outcome(shared, accepted.json()["import_id"], who))["imported"] == 1

    await files.remove_unreferenced()

    assert shared.database.rows("select id from oneai.uploads where id = %s", file) == []
    key = f"uploads/{shared.people[who]}/{file}"
    assert shared.database.rows("select key from oneai.files_to_remove where key = %s", key) == [key]
    gone = await shared.post("/import", {"upload_id": file}, who)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")
