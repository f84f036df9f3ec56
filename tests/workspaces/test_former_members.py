"""What ends for a member who is removed from a team, with the next request: streams, search, files, exports, keys."""

import asyncio
from uuid import UUID, uuid4

import pytest

from oneai.accounts import data_export
from oneai.conversations import archive
from tests.api_keys.keys import code
from tests.chat.documents import add_document
from tests.conversations.links import create_link, is_closed
from tests.database.team_members import team_of
from tests.documents.library import CONTENT, send
from tests.patience import until
from tests.workspaces.teams import in_workspace, remove_member
from tests.world import World

NOT_FOUND = (404, "not_found")
LEASE = {"name": "lease.pdf", "type": "application/pdf", "size": len(CONTENT)}


@pytest.fixture
def tea(world: World) -> UUID:
    """A team that asha owns, with ravi as a member."""
    return team_of(world.database, world.people["asha"], member=world.people["ravi"])


async def ask(world: World, tea: UUID) -> tuple[str, str]:
    """Ravi's conversation in the team, with an answer; their ids."""
    await in_workspace(world, tea, "POST", "/chat/stream", {"message": "Tell me of monsoons"}, who="ravi")
    (found,) = world.database.rows("select conversation_id, id from oneai.chat_messages where role = 'assistant'")
    return str(found[0]), str(found[1])


async def test_a_removed_member_loses_what_they_had_in_the_team(world: World, tea: UUID) -> None:
    conversation, answer = await ask(world, tea)
    document = add_document(world, workspace=tea)
    paths = [
        f"/conversations/{conversation}",
        f"/conversations/{conversation}/messages",
        f"/conversations/{conversation}/export",
        f"/conversations/{conversation}/messages/{answer}/receipt",
        f"/chat/stream/{answer}",
        f"/documents/{document}",
        f"/documents/{document}/stats",
    ]
    before = [(await world.get(path, "ravi")).status_code for path in paths]
    remove_member(world.database, tea, world.people["ravi"])

    assert before == [200] * len(paths)
    assert [code(await world.get(path, "ravi")) for path in paths] == [NOT_FOUND] * len(paths)
    assert (await world.get("/search", "ravi", q="monsoons")).json()["items"] == []
    assert (await world.get("/chat/history", "ravi")).json()["items"] == []
    assert (await world.get("/conversations", "ravi")).json()["items"] == []
    for path in ("/search?q=monsoons", "/conversations", "/documents", "/quota/status", "/user/usage"):
        assert code(await in_workspace(world, tea, "GET", path, who="ravi")) == (404, "workspace_not_found")


async def test_a_link_of_a_teams_chat_is_closed_without_the_team_or_the_membership(world: World, tea: UUID) -> None:
    conversation, _ = await ask(world, tea)
    link = await create_link(world, conversation, "ravi", "live")
    assert not await is_closed(world, link.token)

    suspend = "update oneai.workspaces set suspended_at = %s where id = %s"
    delete = "update oneai.workspaces set deletes_at = %s where id = %s"
    for end in (suspend, delete):
        world.database.rows(end, "2999-01-01", tea)
        assert await is_closed(world, link.token), end
        world.database.rows(end, None, tea)
        assert not await is_closed(world, link.token), end
    # As a link that was made while its author was removed, which the removal did not see.
    remove_member(world.database, tea, world.people["ravi"])
    assert await is_closed(world, link.token)


async def test_the_receipt_of_a_private_answer_is_its_authors(world: World, tea: UUID) -> None:
    conversation, answer = await ask(world, tea)
    path = f"/conversations/{conversation}/messages/{answer}/receipt"

    assert (await world.get(path, "ravi")).is_success
    assert code(await in_workspace(world, tea, "GET", path, who="asha")) == NOT_FOUND


async def test_an_answer_under_way_ends_and_is_charged_after_its_author_left(world: World, tea: UUID) -> None:
    headers = world.headers("ravi") | {"oneai-workspace": str(tea)}

    async def read_to_the_end() -> None:
        async with world.http.stream("POST", "/chat/stream", json={"message": "Hello"}, headers=headers) as answer:
            async for _ in answer.aiter_bytes():
                remove_member(world.database, tea, world.people["ravi"])

    await asyncio.wait_for(read_to_the_end(), 60)

    paid = "select workspace_id, user_id, outcome from oneai.usage_events"
    await until(lambda: world.database.rows(paid) == [(tea, world.people["ravi"], "complete")])
    state = world.database.one("select state from oneai.chat_messages where role = 'assistant'")
    assert state == "complete"
    assert world.database.one("select count(*) from oneai.reservations where settled_at is null") == 0


async def test_a_file_that_arrives_after_its_author_left_is_none_of_the_teams(world: World, tea: UUID) -> None:
    late, arrived = [(await in_workspace(world, tea, "POST", "/documents", LEASE, who="ravi")).json() for _ in "ab"]
    world.database.rows("update oneai.documents set arrived_at = oneai.now() where id = %s", arrived["id"])

    removed = await in_workspace(world, tea, "DELETE", f"/team/members/{world.people['ravi']}")
    assert removed.status_code == 204, removed.text
    # The address for the upload is still valid.
    assert (await send(late)).status_code == 200

    listed = (await in_workspace(world, tea, "GET", "/documents")).json()["items"]
    assert [each["id"] for each in listed] == [arrived["id"]]
    key = f"documents/{tea}/{late['id']}"
    again = "select requested_at > oneai.now() from oneai.files_to_remove where key = %s"
    assert world.database.rows(again, key) == [True], "the file is removed once no one can send it any more"


async def test_files_of_all_conversations_from_before_the_removal_end_with_it(world: World, tea: UUID) -> None:
    await ask(world, tea)
    ravi, milk = world.people["ravi"], team_of(world.database, world.people["asha"], member=world.people["ravi"])
    requests = [await world.post("/exports", None, "ravi"), await world.post("/user/data-export", None, "ravi")]
    before = [f"/exports/{each.json()['export_id']}" for each in requests]
    await archive.run_exports_and_imports(900, data_export.WRITERS)
    assert [(await world.get(path, "ravi")).json()["state"] for path in before] == ["done", "done"]
    again = (await world.post("/exports", None, "ravi")).json()["export_id"]
    world.database.rows("select oneai.claim_export(%s, 2, '')", uuid4())

    remove_member(world.database, milk, ravi)

    assert [(await world.get(path, "ravi")).json()["state"] for path in before] == ["expired", "expired"]
    assert world.database.one("select state from oneai.exports where id::text = %s", again) == "queued"
    await archive.run_exports_and_imports(900, data_export.WRITERS)
    assert (await world.get(f"/exports/{again}", "ravi")).json()["state"] == "done"
