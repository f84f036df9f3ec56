"""The chatbots of a workspace as a file: complete, in batches, and only for those who read what visitors wrote."""

import json
import zipfile
from typing import Any
from uuid import UUID

import httpx
import pytest

from oneai.accounts import exported_chatbots
from tests.accounts.test_data_export import download, request_export, run_job
from tests.chatbots.made import insert_chatbot, insert_conversation
from tests.chatbots.visitors import Website
from tests.workspaces.teams import insert_team, refusal
from tests.world import World


async def _request(world: World, who: str, team: UUID) -> httpx.Response:
    return await world.http.post("/exports/chatbots", headers=world.headers(who, **{"oneai-workspace": str(team)}))


async def _requested(world: World, who: str, team: UUID) -> str:
    accepted = await _request(world, who, team)
    assert accepted.status_code == 202, accepted.text
    return str(accepted.json()["export_id"])


def _file(exported: zipfile.ZipFile, name: str) -> Any:
    return json.loads(exported.read(f"chatbots/{name}.json"))


async def test_a_teams_chatbots_are_exported_whole_for_those_who_read_visitors(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_chatbots, "BATCH", 2)
    owner, member, viewer = (world.newcomer() for _ in range(3))
    people, database = world.people, world.database
    team = insert_team(database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    website = Website.of_workspace(world, team)
    for n in range(3):
        visitor = await website.visitor()
        asked = await website.ask(visitor, f"Question {n}?", introduction={"name": f"Visitor {n}"})
        assert asked.last["outcome"] == "answered"
        assert (await website.post(visitor, "leads", {"email": f"visitor-{n}@example.com"})).is_success
        database.rows(
            "insert into oneai.visitor_mail_addresses (conversation_id, email) values (%s, %s)",
            *(asked.start["conversation_id"], f"mail-{n}@example.com"),
        )
    bare, erased = insert_chatbot(database, team), insert_chatbot(database, team)
    elsewhere = Website.of(world, owner)
    await elsewhere.ask(await elsewhere.visitor(), "A question to the personal one?")

    assert refusal(await _request(world, viewer, team)) == (403, "role_insufficient")
    export_id = await _requested(world, member, team)
    assert await _requested(world, member, team) == export_id
    # One chatbot is erased while its parts are written, and a conversation of another one before it is read.
    forgotten = "22222222-0000-4000-8000-000000000000"
    insert_conversation(database, bare, forgotten)
    add_part = exported_chatbots._add_part

    async def erasing(archive: zipfile.ZipFile, name: str, rows: Any) -> int:
        if name == f"chatbots/{erased}/answers.json":
            database.rows("delete from oneai.chatbots where id = %s", erased)
        if name == f"chatbots/{bare}/leads.json":
            database.rows("delete from oneai.conversations where id = %s", forgotten)
        return await add_part(archive, name, rows)

    with monkeypatch.context() as patch:
        patch.setattr(exported_chatbots, "_add_part", erasing)
        await run_job()
    exported = await download(world, export_id, member)

    listed = {each["id"]: each for each in _file(exported, "chatbots")}
    assert {key: each["erased_meanwhile"] for key, each in listed.items()} == {
        website.chatbot: False,
        bare: False,
        erased: True,
    }
    whole = {"versions": 1, "answers": 1, "evaluations": 1, "leads": 3, "mail_addresses": 3, "conversations": 3}
    assert whole.items() <= listed[website.chatbot].items()
    assert (listed[bare]["conversations"], listed[erased]["versions"], listed[erased]["leads"]) == (0, 1, 0)
    chatbot = _file(exported, f"{website.chatbot}/chatbot")
    assert (chatbot["name"], chatbot["draft"]["model"], chatbot["version"]) == ("Help", "openai/gpt-4.1-mini", 1)
    talks = _file(exported, f"{website.chatbot}/conversations")
    assert [talk["items"][0]["content"] for talk in talks] == ["Question 0?", "Question 1?", "Question 2?"]
    assert [talk["visitor"]["introduction"]["name"] for talk in talks] == ["Visitor 0", "Visitor 1", "Visitor 2"]
    assert all(talk["items"][1]["outcome"] == "answered" and talk["cost_micro_usd"] > 0 for talk in talks)
    for part, name in (("leads", "visitor"), ("mail_addresses", "mail")):
        emails = [each["email"] for each in _file(exported, f"{website.chatbot}/{part}")]
        assert emails == [f"{name}-{n}@example.com" for n in range(3)]
    assert _file(exported, f"{website.chatbot}/answers")[0]["answer"] == "From ten to six."
    assert _file(exported, f"{website.chatbot}/evaluations")[0]["must_contain"] == ["ten"]
    everything = b"".join(exported.read(name) for name in exported.namelist())
    for other in (elsewhere.chatbot.encode(), b"the personal one", b"digest"):
        assert other not in everything

    # A personal workspace's chatbots are in the export of its user's account, and a team's are not.
    account = await request_export(world, owner)
    await run_job()
    own = await download(world, account, owner)
    assert [each["id"] for each in _file(own, "chatbots")] == [elsewhere.chatbot]
    assert len(_file(own, f"{elsewhere.chatbot}/conversations")) == 1


async def test_a_right_that_ends_while_chatbots_are_exported_leaves_no_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, member = world.newcomer(), world.newcomer()
    people, database = world.people, world.database
    team = insert_team(database, people[owner], tier="team", member=people[member])
    insert_chatbot(database, team)
    early = await _requested(world, member, team)
    await run_job()
    await download(world, early, member)
    late = await _requested(world, member, team)
    add_part = exported_chatbots._add_part

    async def demoting(archive: zipfile.ZipFile, name: str, rows: Any) -> int:
        if name.endswith("/leads.json"):
            database.rows(
                "update oneai.workspace_members set role = 'viewer' where workspace_id = %s and user_id = %s",
                *(team, people[member]),
            )
        return await add_part(archive, name, rows)

    monkeypatch.setattr(exported_chatbots, "_add_part", demoting)
    await run_job()
    # Neither file is shown any more.
    for export_id in (early, late):
        assert refusal(await world.get(f"/exports/{export_id}", member)) == (404, "not_found")
    assert database.rows("select state from oneai.exports where id = %s", late) == ["failed"]
