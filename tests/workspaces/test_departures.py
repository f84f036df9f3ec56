"""What a member owns alone in a team when they leave it: it waits, returns, is downloaded or erased."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from oneai.accounts import closing
from oneai.accounts.departure_job import erase_due_departures
from tests.accounts.test_data_export import download, run_job
from tests.conversations.archive.trees import insert_tree
from tests.conversations.links import create_link, open_link
from tests.workspaces.ending import DAY, HALF_AN_HOUR, TREE, talk_in
from tests.workspaces.teams import accept, add_member, create_team, in_workspace, invited, refusal
from tests.world import Database, World

DAYS = 30


PRIVATE = {"name": "Mine", "visibility": "private"}


async def document_in(world: World, team: str, name: str) -> str:
    """A private document of ravi's in the team, in their private collection; its id."""
    await in_workspace(world, team, "POST", "/collections", PRIVATE, who="ravi")
    owner = world.people["ravi"]
    document: UUID = world.database.one(
        "insert into oneai.documents (id, workspace_id, user_id, collection_id, visibility, name, media_type, size, "
        "upload_expires_at, arrived_at) select gen_random_uuid(), c.workspace_id, c.user_id, c.id, 'private', %s, "
        "'text/plain', 6, oneai.now(), oneai.now() from oneai.collections as c where c.user_id = %s returning id",
        *(name, owner),
    )
    return str(document)


async def remove(world: World, team: str, who: str = "ravi", heir: UUID | None = None) -> httpx.Response:
    """`DELETE /team/members/{user_id}` of asha."""
    params = {"heir_user_id": str(heir)} if heir else {}
    path = f"/team/members/{world.people[who]}"
    return await in_workspace(world, team, "DELETE", path, **params)


def mailed_token(database: Database) -> str | None:
    """Sends the mail with the link, as the job does; the token in it, None if there is no mail."""
    token = f"{uuid4().hex}{uuid4().hex}"
    database.rows("update oneai.outbox set state = 'skipped', settled_at = oneai.now() where kind <> 'departure'")
    sent = database.rows("select kind from oneai.claim_mail(%s, sha256(%s))", uuid4(), token.encode())
    assert sent in ([], ["departure"])
    return token if sent else None


async def export(world: World, token: str | None, who: str = "ravi") -> httpx.Response:
    """`POST /exports/departure`."""
    return await world.post("/exports/departure", {"token": token}, who)


async def team_with_talks(world: World) -> tuple[dict[str, Any], str, str]:
    """A team of asha's with ravi, who has a private conversation and a shared one there; all three."""
    team = await create_team(world, member="ravi")
    private = talk_in(world, team["id"], "Alone")
    return team, private, talk_in(world, team["id"], "For all", visibility="workspace")


async def test_a_removed_member_alone_downloads_what_was_private_there(world: World) -> None:
    team, private, _ = await team_with_talks(world)
    insert_tree(world, "ravi", TREE, title="At home")
    talk_in(world, team["id"], "Of asha", "asha")
    link = (await create_link(world, private, "ravi")).token
    assert (await open_link(world, link)).is_success

    assert (await remove(world, team["id"])).status_code == 204

    assert refusal(await open_link(world, link)) == (404, "not_found")
    token = mailed_token(world.database)
    assert refusal(await export(world, token, "asha")) == (404, "not_found")
    assert refusal(await export(world, "another")) == (404, "not_found")
    accepted = await export(world, token)
    assert accepted.status_code == 202, accepted.text
    assert (await export(world, token)).json() == accepted.json()
    assert (await run_job())["exports"] == 1
    file = await download(world, accepted.json()["export_id"], "ravi")
    (entry,) = json.loads(file.read("index.json"))["conversations"]
    assert entry["id"] == private
    assert len(json.loads(file.read(entry["json_file"]))["messages"]) == len(TREE)
    assert refusal(await world.get(f"/exports/{accepted.json()['export_id']}")) == (404, "not_found")

    waiting = (await export(world, token)).json()
    world.database.rows("select oneai.set_workspace_suspended(%s, true)", team["id"])
    assert refusal(await export(world, token)) == (403, "workspace_suspended")
    assert (await run_job())["exports"] == 1
    for made in (accepted.json(), waiting):
        assert (await world.get(f"/exports/{made['export_id']}", "ravi")).json()["state"] == "expired"
    world.database.rows(
        "update oneai.workspaces set suspended_at = null, deletes_at = oneai.now() + interval '9 days' where id = %s",
        team["id"],
    )
    assert (await export(world, token)).status_code == 202
    world.database.advance(DAYS * DAY)
    assert refusal(await export(world, token)) == (404, "not_found")


async def test_joining_again_gives_private_conversations_back(world: World) -> None:
    team, private, shared = await team_with_talks(world)
    left = await world.post(f"/workspaces/{team['id']}/leave", None, "ravi")
    assert left.status_code == 204, left.text
    token = mailed_token(world.database)
    assert refusal(await world.get(f"/conversations/{private}", "ravi")) == (404, "not_found")
    assert (await world.get(f"/conversations/{shared}")).json()["author"]["name"] == "Former member"
    world.database.advance((DAYS - 1) * DAY)

    assert (await accept(world, await invited(world, team["id"], "ravi@example.com"), "ravi")).is_success

    assert (await world.get(f"/conversations/{private}", "ravi")).is_success
    assert (await world.get(f"/conversations/{shared}")).json()["author"]["user_id"] == str(world.people["ravi"])
    assert refusal(await export(world, token)) == (404, "not_found")
    world.database.advance(2 * DAY)
    assert await erase_due_departures(600) == {"deleted": 0, "failed": 0}
    assert (await world.get(f"/conversations/{private}", "ravi")).is_success


async def test_what_waited_is_erased_in_batches_despite_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, _, shared = await team_with_talks(world)
    talk_in(world, team["id"], "Alone too")
    talk_in(world, team["id"], "Of asha", "asha")
    assert (await remove(world, team["id"])).status_code == 204
    assert await erase_due_departures(600) == {"deleted": 0, "failed": 0}
    world.database.advance(DAYS * DAY)

    # A run that stopped after its first batch.
    world.database.rows("select oneai.erase_departure(id, 1) from oneai.departures")
    left = "select title from oneai.conversations where workspace_id = %s order by title"
    assert len(world.database.rows(left, team["id"])) == 3
    with monkeypatch.context() as patch:
        patch.setattr(closing, "BATCH_SECONDS", "no number")
        assert await erase_due_departures(600) == {"deleted": 0, "failed": 1}
    assert world.database.one("select count(*) from oneai.operator_alerts where kind = 'departure_erasure_failed'") == 1
    world.database.advance(HALF_AN_HOUR)
    assert await erase_due_departures(600) == {"deleted": 1, "failed": 0}

    assert world.database.rows(left, team["id"]) == ["For all", "Of asha"]
    assert world.database.rows("select id from oneai.departures") == []
    assert (await world.get(f"/conversations/{shared}")).is_success


async def test_members_who_joined_without_downloads_get_no_link(world: World) -> None:
    team = await create_team(world)
    path = f"/workspaces/{team['id']}"
    assert (await world.get(path)).json()["members_may_download"] is True
    changed = await world.http.patch(path, json={"members_may_download": False}, headers=world.headers())
    assert changed.json()["members_may_download"] is False
    token = await invited(world, team["id"], "ravi@example.com")
    looked_up = await world.post("/invitations/lookup", {"token": token}, None)
    assert looked_up.json()["members_may_download"] is False
    await accept(world, token, "ravi")
    await world.http.patch(path, json={"members_may_download": True}, headers=world.headers())
    talk_in(world, team["id"], "Alone")

    assert (await remove(world, team["id"])).status_code == 204

    assert mailed_token(world.database) is None
    assert world.database.rows("select may_download from oneai.departures") == [False]


async def test_only_another_member_who_may_write_inherits(world: World) -> None:
    team = await create_team(world, member="ravi")
    viewer, stranger = world.newcomer(), world.newcomer()
    add_member(world.database, team["id"], world.people[viewer], "viewer")

    for heir in (stranger, viewer, "ravi"):
        refused = await remove(world, team["id"], heir=world.people[heir])
        assert refusal(refused) == (422, "invalid_request")
        (problem,) = refused.json()["error"]["details"]
        assert (problem["field"], problem["code"]) == ("heir_user_id", "not_a_member")
    plans = [await document_in(world, team["id"], name) for name in ("Plans", "Notes")]
    assert (await in_workspace(world, team["id"], "POST", "/collections", PRIVATE)).status_code == 201
    assert (await world.get(f"/documents/{plans[0]}")).status_code == 404

    assert (await remove(world, team["id"], heir=world.people["asha"])).status_code == 204

    assert [(await world.get(f"/documents/{each}")).status_code for each in plans] == [200, 200]
    assert world.database.rows("select user_id from oneai.collections") == [world.people["asha"]]
    assert world.database.rows("select id from oneai.departures") == []


async def test_private_documents_without_an_heir_wait_and_are_erased(world: World) -> None:
    team = await create_team(world, member="ravi")
    document = await document_in(world, team["id"], "Plans")

    assert (await remove(world, team["id"])).status_code == 204

    assert mailed_token(world.database) is None
    assert (await world.get(f"/documents/{document}")).status_code == 404
    world.database.advance(DAYS * DAY)
    assert await erase_due_departures(600) == {"deleted": 1, "failed": 0}
    assert world.database.rows("select id from oneai.documents union all select id from oneai.collections") == []
