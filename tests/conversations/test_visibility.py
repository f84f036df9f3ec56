"""Sharing a conversation with one's team: members read and follow it, only its author asks in it and changes it."""

from uuid import UUID

import pytest

from tests.api_keys import keys
from tests.conversations.api import create_conversation, patch
from tests.conversations.teams import make_team, put_into, remove, set_visibility, shared_talk, team_key
from tests.patience import until
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)


async def answer_of(world: World, talk: str, who: str) -> str:
    """The id of the conversation's last message."""
    found: str = (await world.get(f"/conversations/{talk}", who)).json()["messages"]["items"][-1]["id"]
    return found


async def test_members_read_what_is_shared_with_the_name_of_its_author(shared: World) -> None:
    author, reader, viewer, stranger = (shared.newcomer() for _ in range(4))
    team = make_team(shared, author, member=reader, viewer=viewer)
    talk = await shared_talk(shared, author, team)
    shared.database.rows("update oneai.users set name = 'Asha Rao' where id = %s", shared.people[author])
    await patch(shared, talk, author, {"folder": "Salaries", "tags": ["ravi"], "pinned": True, "metadata": {"a": 1}})
    message = await answer_of(shared, talk, author)

    for who in (reader, viewer):
        read = (await shared.get(f"/conversations/{talk}", who)).json()
        assert (read["visibility"], read["workspace_id"]) == ("workspace", str(team))
        assert read["author"] == {"user_id": str(shared.people[author]), "name": "Asha Rao"}
        assert (read["folder"], read["tags"], read["pinned"], read["metadata"]) == (None, [], False, {})
        assert [each["role"] for each in read["messages"]["items"]] == ["user", "assistant"]
        for path in ("messages", f"messages/{message}/revisions"):
            assert len((await shared.get(f"/conversations/{talk}/{path}", who)).json()["items"]) > 0
    for path in ("", "/messages", f"/messages/{message}/revisions", f"/messages/{message}/reasoning", "/summary"):
        assert (await shared.get(f"/conversations/{talk}{path}", stranger)).status_code == 404


async def test_only_the_author_asks_changes_and_deletes(shared: World) -> None:
    author, reader, stranger = (shared.newcomer() for _ in range(3))
    team = make_team(shared, author, admin=reader)
    talk = await shared_talk(shared, author, team)
    message = await answer_of(shared, talk, author)

    async def statuses(who: str) -> set[int]:
        headers = shared.headers(who)
        there = f"/conversations/{talk}"
        answers = [
            await shared.http.patch(there, json={"title": "Mine"}, headers=headers),
            await shared.http.put(f"{there}/title", json={"title": "Mine"}, headers=headers),
            await shared.http.patch(there, json={"visibility": "private"}, headers=headers),
            await shared.http.patch(f"{there}/messages/{message}", json={"content": "No"}, headers=headers),
            await shared.http.put(f"{there}/messages/{message}/feedback", json={"rating": 1}, headers=headers),
            await shared.http.post(f"{there}/messages/{message}/activation", headers=headers),
            await shared.http.post(f"{there}/share", json={"kind": "live"}, headers=headers),
            await shared.http.delete(there, headers=headers),
        ]
        asked = [
            await shared.ask("Mine?", who, conversation_id=talk),
            await shared.ask("Mine?", who, edit_of=message),
            await shared.ask(None, who, regenerate_of=message),
        ]
        bulk = await shared.post("/conversations/bulk", {"ids": [talk], "action": "delete"}, who)
        assert bulk.json()["results"] == [{"id": talk, "status": "not_found"}]
        return {answer.status_code for answer in answers} | {stream.status for stream in asked}

    assert await statuses(reader) == {403}
    assert await statuses(stranger) == {404}
    read = (await shared.get(f"/conversations/{talk}", author)).json()
    assert (read["visibility"], read["message_count"]) == ("workspace", 2)
    assert (await shared.ask("And now?", author, conversation_id=talk)).status == 200


async def test_a_conversation_made_private_again_is_gone_for_members(shared: World) -> None:
    author, reader = shared.newcomer(), shared.newcomer()
    talk = await shared_talk(shared, author, make_team(shared, author, member=reader))
    assert (await shared.get(f"/conversations/{talk}/messages", reader)).status_code == 200

    assert (await set_visibility(shared, talk, author, "private")).json()["visibility"] == "private"

    for path in ("", "/messages"):
        assert (await shared.get(f"/conversations/{talk}{path}", reader)).status_code == 404
    assert (await shared.get(f"/conversations/{talk}", author)).status_code == 200


async def test_a_removed_member_and_a_removed_author_read_nothing_more(shared: World) -> None:
    owner, author, reader = (shared.newcomer() for _ in range(3))
    team = make_team(shared, owner, member=author, viewer=reader)
    talk = await shared_talk(shared, author, team)
    remove(shared, reader, team)
    remove(shared, author, team)

    for who in (reader, author):
        assert (await shared.get(f"/conversations/{talk}", who)).status_code == 404
        assert (await patch(shared, talk, who, {"title": "Mine"})).status_code == 404
        deleted = await shared.http.delete(f"/conversations/{talk}", headers=shared.headers(who))
        assert deleted.status_code == 404
    left = (await shared.get(f"/conversations/{talk}", owner)).json()
    assert left["author"] == {"user_id": None, "name": "Former member"}


async def test_a_shared_conversation_outlives_its_author_and_a_private_one_does_not(shared: World) -> None:
    owner, author = shared.newcomer(), shared.newcomer()
    team = make_team(shared, owner, member=author)
    talk = await shared_talk(shared, author, team)
    private = (await shared.ask("Secret", author)).start["conversation_id"]
    put_into(shared, private, team)

    shared.database.rows("delete from auth.users where id = %s", shared.people[author])

    left = (await shared.get(f"/conversations/{talk}", owner)).json()
    assert left["author"] == {"user_id": None, "name": "Former member"}
    assert len(left["messages"]["items"]) == 2
    assert shared.database.rows("select id from oneai.conversations where id::text = any (%s)", [talk, private]) == [
        UUID(talk)
    ]
    assert shared.database.rows("select 1 from oneai.chat_messages where conversation_id::text = %s", private) == []
    shared.database.rows("delete from oneai.workspaces where id = %s", team)
    assert shared.database.rows("select 1 from oneai.chat_messages where conversation_id::text = %s", talk) == []


async def test_nothing_is_shared_in_a_personal_workspace(shared: World) -> None:
    who = shared.newcomer()
    talk = (await shared.ask("Hello", who)).start["conversation_id"]

    refused = await set_visibility(shared, talk, who, "workspace")

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "personal_workspace")
    assert (await shared.get(f"/conversations/{talk}", who)).json()["visibility"] == "private"


async def test_a_temporary_conversation_is_never_shared(shared: World) -> None:
    who = shared.newcomer()
    talk = (await shared.ask("Hello", who, temporary=True)).start["conversation_id"]
    put_into(shared, talk, make_team(shared, who))

    refused = await set_visibility(shared, talk, who, "workspace")

    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["code"] == "temporary"


async def test_an_author_who_may_only_read_changes_nothing(shared: World) -> None:
    owner, author = shared.newcomer(), shared.newcomer()
    team = make_team(shared, owner, member=author)
    talk = await shared_talk(shared, author, team)
    shared.database.rows(
        "update oneai.workspace_members set role = 'viewer' where user_id = %s and workspace_id = %s",
        *(shared.people[author], team),
    )

    refused = await set_visibility(shared, talk, author, "private")

    assert refused.status_code == 403
    assert refused.json()["error"]["required_role"] == "member"
    assert (await shared.get(f"/conversations/{talk}", author)).status_code == 200


async def test_members_follow_a_running_answer_until_it_is_private(shared: World) -> None:
    author, reader = shared.newcomer(), shared.newcomer()
    talk = (await create_conversation(shared, author, title="Rain"))["id"]
    put_into(shared, talk, make_team(shared, author, member=reader))
    async with shared.silence(), shared.asking("Go on", author, conversation_id=talk, model="local/slow") as stream:
        assert await stream.next() is not None
        message = stream.result.start["message_id"]
        async with shared.following(message, who=reader) as refused:
            await refused.to_the_end()
        assert refused.result.status == 404
        assert (await set_visibility(shared, talk, author, "workspace")).status_code == 200
        async with shared.following(message, who=reader) as followed:
            assert await followed.next() is not None
            assert followed.result.start["conversation_id"] == talk

            await set_visibility(shared, talk, author, "private")

            assert (await followed.to_the_end()).last["finish_reason"] == "cancelled"
        await shared.post("/chat/stop", {"message_id": message}, author)
    await until(lambda: shared.database.rows("select 1 from oneai.chat_messages where state <> 'streaming'"))


async def test_a_list_has_what_the_team_shares_and_nothing_private_of_others(shared: World) -> None:
    author, reader = shared.newcomer(), shared.newcomer()
    team = make_team(shared, author, member=reader)
    first, second = await shared_talk(shared, author, team), await shared_talk(shared, reader, team)
    for who in (author, reader):
        put_into(shared, (await shared.ask("Secret", who)).start["conversation_id"], team)
    await shared.ask("Mine", reader)
    secret = await team_key(shared, reader, team)

    async def listed(**filters: str) -> list[tuple[str, str]]:
        page = (await keys.get(shared, "/conversations", secret, **filters)).json()
        return [(each["visibility"], each["author"]["user_id"]) for each in page["items"]]

    theirs, mine = str(shared.people[author]), str(shared.people[reader])
    assert await listed(visibility="workspace") == [("workspace", mine), ("workspace", theirs)]
    assert await listed() == [("private", mine), ("workspace", mine)]
    assert await listed(visibility="private") == [("private", mine)]
    one = (await keys.get(shared, "/conversations", secret, visibility="workspace", limit=1)).json()
    rest = await keys.get(shared, "/conversations", secret, visibility="workspace", cursor=one["next_cursor"])
    assert [one["items"][0]["id"], *(each["id"] for each in rest.json()["items"])] == [second, first]
    # Without a team's key or header a list is that of the personal workspace.
    assert len((await shared.get("/conversations", reader)).json()["items"]) == 1
    assert (await shared.get("/conversations", reader, visibility="workspace")).json()["items"] == []


async def test_a_header_that_contradicts_the_conversation_is_refused(shared: World) -> None:
    author = shared.newcomer()
    team, other = make_team(shared, author), make_team(shared, author)
    talk = await shared_talk(shared, author, team)

    for workspace, status in ((str(team), 200), (str(other), 404), (str(shared.people[author]), 404)):
        headers = {"oneai-workspace": workspace}
        read = await shared.http.get(f"/conversations/{talk}", headers=shared.headers(author, **headers))
        changed = await patch(shared, talk, author, {"title": "Rain"}, **headers)
        assert (read.status_code, changed.status_code) == (status, status)
    listed = await shared.http.get("/conversations", headers=shared.headers(author, **{"oneai-workspace": str(team)}))
    assert [each["id"] for each in listed.json()["items"]] == [talk]
