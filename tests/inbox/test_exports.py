"""Many conversations are exported as files: whole, in batches, and without what was deleted meanwhile."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from oneai.inbox import export_files, transcript_pdf
from oneai.inbox.transcript_pdf import PrintedMessage
from tests.accounts.test_data_export import LEASE, download, run_job
from tests.billing.invoices.issuing import read
from tests.chatbots.made import insert_chatbot
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World


async def _ask(world: World, team: UUID, who: str, **asked: Any) -> httpx.Response:
    body = {"action": "export", **asked}
    return await in_workspace(world, team, "POST", "/inbox/conversations/bulk", body, who=who)


def _rows(exported: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported.read(name).decode())))


async def test_many_conversations_are_files_without_what_was_deleted_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, member, viewer = (world.newcomer() for _ in range(3))
    people, database = world.people, world.database
    team = insert_team(database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    chatbot = insert_chatbot(database, team)
    talks = [insert_talk(database, chatbot, f"=Question {n}", "At ten.", status="open") for n in range(5)]
    insert_talk(database, chatbot, "Another one", spam=True)
    monkeypatch.setattr(export_files, "BATCH", 2)
    assert refusal(await _ask(world, team, viewer, filter={}, format="csv")) == (403, "role_insufficient")
    wrong: dict[str, Any]
    for wrong in ({"filter": {}}, {"filter": {}, "format": "exe"}, {"ids": talks, "action": "spam", "format": "csv"}):
        assert (await _ask(world, team, member, **wrong)).status_code == 422, wrong

    as_csv = (await _ask(world, team, member, filter={"status": "open"}, format="csv")).json()
    assert (as_csv["changed"], as_csv["more"]) == (0, False)
    again = (await _ask(world, team, member, filter={"status": "open"}, format="csv")).json()
    assert again["export_id"] == as_csv["export_id"]
    as_pages = (await _ask(world, team, member, ids=talks[:2], format="html")).json()["export_id"]

    # A process dies in the middle of the first file. While the next one writes it, a conversation is deleted that is in
    # it already, and one that is not.
    read_rows = export_files._read
    calls = 0

    async def disturbed(query: Any, parameters: list[Any], row: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError
        if calls == 7:
            database.rows("delete from oneai.conversations where id = any (%s::uuid[])", [talks[0], talks[4]])
        return await read_rows(query, parameters, row)

    monkeypatch.setattr(export_files, "_read", disturbed)
    await run_job()
    state = (await world.get(f"/exports/{as_csv['export_id']}", member)).json()["state"]
    assert state == "running"
    database.advance(LEASE)
    await run_job()
    exported = await download(world, as_csv["export_id"], member)
    left = set(talks[1:4])
    assert {row["id"] for row in _rows(exported, "conversations.csv")} == left
    messages = _rows(exported, "messages.csv")
    assert {(row["conversation_id"], row["number"]) for row in messages} == {(talk, n) for talk in left for n in "12"}
    assert {row["text"] for row in messages if row["number"] == "1"} == {f"'=Question {n}" for n in (1, 2, 3)}
    pages = await download(world, as_pages, member)
    assert len([name for name in pages.namelist() if name.endswith(".html")]) == 2

    as_json = (await _ask(world, team, member, filter={"spam": False}, format="json")).json()["export_id"]
    await run_job()
    listed = json.loads((await download(world, as_json, member)).read("conversations.json"))
    assert {talk["id"] for talk in listed} == left
    assert all("notes" not in talk and len(talk["items"]) == 2 for talk in listed)
    # Who may no longer read the conversations gets no file of them.
    database.rows("update oneai.workspace_members set role = 'viewer' where user_id = %s", people[member])
    assert refusal(await world.get(f"/exports/{as_json}", member)) == (404, "not_found")


def test_a_pdf_says_which_letters_it_lacks_and_where_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_pdf, "MAX_CHARACTERS", 30)

    def printed(*texts: str) -> str:
        said = [PrintedMessage("Visitor", "2026-11-21", text) for text in texts]
        return read(transcript_pdf.render("नमस्ते", datetime(2026, 11, 21, tzinfo=UTC), "2026-11-21", said).encode())

    plain = printed("Do you ship\tto\r\nGoa?")
    assert "no font" not in plain
    assert "HTML" not in plain
    assert "no font" in printed("你好 🙂")
    assert "goes on" in printed("Hello. " * 5, "And more.")
