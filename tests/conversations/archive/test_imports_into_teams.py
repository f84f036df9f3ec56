"""Conversations are imported into the team that the request names, whose storage they take, by members alone."""

import json

from tests.conversations.archive.samples import ChatGPT
from tests.conversations.archive.trees import import_file, run_job, upload_file
from tests.workspaces.teams import add_member, in_workspace, insert_team, refusal, remove_member
from tests.world import World


def _file() -> bytes:
    talk = ChatGPT("Teas", "teas")
    talk.add(talk.add("node-0", "user", "Which?"), "assistant", "x" * 500)
    return json.dumps([talk.exported()]).encode()


async def test_members_import_into_their_team_whose_storage_counts_it(world: World) -> None:
    database, member = world.database, world.people["ravi"]
    team = insert_team(database, world.people["asha"], tier="team", seats=3, member=member)

    async def asked(who: str = "ravi") -> str:
        upload = await upload_file(world, _file(), who)
        accepted = await in_workspace(world, team, "POST", "/import", {"upload_id": upload}, who=who)
        assert accepted.status_code == 202, accepted.text
        return str(accepted.json()["import_id"])

    # It is in both workspaces, once in each, and private in the team.
    assert (await import_file(world, _file(), "ravi"))["imported"] == 1
    both = [await asked(), await asked()]
    reserved = database.one("select oneai.storage_of(%s)", team)
    assert reserved == 2 * len(_file()) == database.one("select oneai.member_storage_used(%s, %s)", team, member)
    await run_job()
    ended = [(await world.get(f"/import/{each}", "ravi")).json() for each in both]
    assert sorted((each["state"], each["imported"], each["skipped"]) for each in ended) == [
        ("done", 0, 1),
        ("done", 1, 0),
    ]
    stored = "select workspace_id, visibility from oneai.conversations where user_id = %s"
    assert set(database.rows(stored, member)) == {(member, "private"), (team, "private")}
    assert 500 < database.one("select oneai.storage_of(%s)", team) < reserved
    assert (await in_workspace(world, team, "GET", "/conversations")).json()["items"] == []

    # A full team, a viewer and someone who left import nothing; another member does.
    upload = await upload_file(world, _file(), "ravi")
    database.rows("update oneai.workspaces set plan_limits = '{\"storage_bytes\": 10}' where id = %s", team)
    full = await in_workspace(world, team, "POST", "/import", {"upload_id": upload}, who="ravi")
    assert refusal(full) == (413, "storage_full")
    database.rows("update oneai.workspaces set plan_limits = null where id = %s", team)
    add_member(database, team, member, "viewer")
    viewed = await in_workspace(world, team, "POST", "/import", {"upload_id": upload}, who="ravi")
    assert refusal(viewed) == (403, "role_insufficient")
    add_member(database, team, member, "member")
    database.rows("delete from oneai.conversations where workspace_id = %s", team)
    left, stays = await asked(), await asked("asha")
    remove_member(database, team, member)
    await run_job()
    assert database.one("select state from oneai.imports where id = %s", left) == "failed"
    assert (await world.get(f"/import/{left}", "ravi")).status_code == 404
    assert (await world.get(f"/import/{stays}")).json()["imported"] == 1
    assert database.rows("select user_id from oneai.conversations where workspace_id = %s", team) == [
        world.people["asha"]
    ]
