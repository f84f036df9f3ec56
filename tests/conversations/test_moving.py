"""Moving a conversation to another workspace: who may, who pays then, and what goes along."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from tests.conversations.search_samples import insert_conversation
from tests.conversations.teams import make_team, put_into, set_visibility
from tests.database.storage import storage_of
from tests.patience import until
from tests.world import World


async def move(world: World, talk: str, who: str, workspace: UUID | str, **params: Any) -> httpx.Response:
    """`POST /api/conversations/{id}/move`."""
    return await world.http.post(
        f"/conversations/{talk}/move",
        json={"workspace_id": str(workspace)},
        headers=world.headers(who),
        params=params,
    )


def used(world: World, workspace: UUID) -> tuple[int, int]:
    """Units of small messages: used and reserved."""
    found: tuple[int, int] = world.database.one(
        "select used, reserved from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'",
        workspace,
    )
    return found


async def test_a_preview_names_who_pays_and_changes_nothing(shared: World) -> None:
    who = shared.newcomer()
    team = make_team(shared, who)
    talk = (await shared.ask("Hello", who)).start["conversation_id"]

    said = (await move(shared, talk, who, team, preview=1)).json()

    assert (said["moved"], said["documents"]) == (False, 0)
    assert said["paid_before"] == {"id": str(shared.people[who]), "name": None, "kind": "personal", "plan": "free"}
    assert (said["paid_after"]["id"], said["paid_after"]["kind"]) == (str(team), "team")
    assert shared.database.one("select workspace_id from oneai.conversations where id::text = %s", talk) != team
    assert said["bytes"] > 0


async def test_the_new_workspace_pays_for_later_answers_and_the_storage(shared: World) -> None:
    who = shared.newcomer()
    mine, team = shared.people[who], make_team(shared, who)
    talk = (await shared.ask("Hello " * 200, who)).start["conversation_id"]
    await shared.ask("Stays here", who)
    before = (storage_of(shared.database, mine), storage_of(shared.database, team))
    units = used(shared, team)

    moved = (await move(shared, talk, who, team)).json()

    assert moved["moved"]
    assert (storage_of(shared.database, mine), storage_of(shared.database, team)) == (
        before[0] - moved["bytes"],
        before[1] + moved["bytes"],
    )
    # What was paid stays where it was.
    assert used(shared, team) == units
    assert used(shared, mine) == (2, 0)
    assert (await shared.ask("And now?", who, conversation_id=talk)).status == 200
    assert (used(shared, team), used(shared, mine)) == ((units[0] + 1, 0), (2, 0))
    headers = shared.headers(who) | {"oneai-workspace": str(team)}
    read = (await shared.http.get(f"/conversations/{talk}", headers=headers)).json()
    assert (read["workspace_id"], read["message_count"]) == (str(team), 4)
    # Answers of both workspaces have their receipts where the conversation is now.
    for answer in read["messages"]["items"][1::2]:
        path = f"/conversations/{talk}/messages/{answer['id']}/receipt"
        assert (await shared.http.get(path, headers=headers)).status_code == 200
    back = (await move(shared, talk, who, mine)).json()
    assert (back["moved"], back["paid_after"]["kind"]) == (True, "personal")


async def test_attached_files_go_along_and_are_found_where_they_are(shared: World) -> None:
    who = shared.newcomer()
    mine, team = shared.people[who], make_team(shared, who)
    talk = (await shared.ask("Hello", who)).start["conversation_id"]
    document: UUID = shared.database.one(
        "insert into oneai.documents (id, workspace_id, user_id, attached, conversation_id, name, media_type, size, "
        "status, chunks, text_bytes, upload_expires_at, arrived_at) values (gen_random_uuid(), %s, %s, true, %s, "
        "'Rain.txt', 'text/plain', 500, 'ready', 1, 14, oneai.now(), oneai.now()) returning id",
        *(mine, mine, talk),
    )
    shared.database.rows(
        "insert into oneai.document_chunks (document_id, ordinal, workspace_id, content, tokens, words) "
        "values (%s, 1, %s, 'rain in Kerala', 3, oneai.search_vector(%s, 'rain in Kerala'))",
        *(document, mine, mine),
    )
    before = storage_of(shared.database, mine)

    moved = (await move(shared, talk, who, team)).json()

    assert moved["documents"] == 1
    assert storage_of(shared.database, mine) == before - moved["bytes"]
    assert shared.database.one("select workspace_id, stored_in from oneai.documents where id = %s", document) == (
        team,
        mine,
    )
    words = "select workspace_id, words = oneai.search_vector(%s, content) from oneai.document_chunks "
    assert shared.database.one(words + "where document_id = %s", team, document) == (team, True)
    shared.database.rows("delete from oneai.conversations where id::text = %s", talk)
    key = f"documents/{mine}/{document}"
    assert shared.database.rows("select key from oneai.files_to_remove where key = %s", key) == [key]


async def test_only_its_author_moves_a_conversation_and_only_where_they_may_write(shared: World) -> None:
    author, other = shared.newcomer(), shared.newcomer()
    team = make_team(shared, author, admin=other)
    foreign, reading = make_team(shared, other), make_team(shared, other, viewer=author)
    talk = str(insert_conversation(shared, author, "Hello"))
    mine = shared.people[author]

    async def code(who: str, workspace: UUID, talk: str = talk) -> tuple[int, str]:
        answer = await move(shared, talk, who, workspace)
        return answer.status_code, answer.json()["error"]["code"]

    assert await code(other, team) == (404, "not_found")
    assert await code(author, foreign) == (404, "workspace_not_found")
    assert await code(author, reading) == (403, "role_insufficient")
    assert await code(author, mine) == (422, "invalid_request")
    put_into(shared, talk, team)
    await set_visibility(shared, talk, author, "workspace")
    assert await code(other, foreign) == (403, "forbidden")
    shared_one = await move(shared, talk, author, mine)
    assert [each["code"] for each in shared_one.json()["error"]["details"]] == ["shared"]
    temporary = (await shared.ask("Hello", author, temporary=True)).start["conversation_id"]
    refused = await move(shared, temporary, author, team)
    assert [each["code"] for each in refused.json()["error"]["details"]] == ["temporary"]


async def test_a_conversation_that_does_not_fit_stays_where_it_is(shared: World) -> None:
    who = shared.newcomer()
    mine, team = shared.people[who], make_team(shared, who)
    talk = str(insert_conversation(shared, who, "Hello"))
    tier: str = shared.database.one("select subscription_tier from oneai.workspaces where id = %s", team)
    limit: int = shared.database.one("select oneai.storage_limit(%s)", team)
    shared.database.rows(
        "insert into oneai.documents (id, workspace_id, name, media_type, size, upload_expires_at) "
        "values (gen_random_uuid(), %s, 'Large', 'text/plain', %s, oneai.now())",
        *(team, max(limit, 1)),
    )
    before = storage_of(shared.database, mine)

    refused = await move(shared, talk, who, team)

    assert (refused.status_code, refused.json()["error"]["code"], bool(tier)) == (413, "storage_full", True)
    assert storage_of(shared.database, mine) == before
    assert shared.database.one("select workspace_id from oneai.conversations where id::text = %s", talk) == mine


async def test_a_conversation_does_not_move_while_an_answer_is_written(shared: World) -> None:
    who = shared.newcomer()
    mine, team = shared.people[who], make_team(shared, who)
    async with shared.silence(), shared.asking("Go on", who, model="local/slow") as stream:
        assert await stream.next() is not None
        start = stream.result.start
        refused = await move(shared, start["conversation_id"], who, team)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conversation_busy")
        await shared.post("/chat/stop", {"message_id": start["message_id"]}, who)
    await shared.settled(start["message_id"])
    assert (await move(shared, start["conversation_id"], who, team)).status_code == 200
    assert used(shared, mine)[1] == used(shared, team)[1] == 0


async def test_a_question_and_a_move_at_once_charge_one_workspace_alone(shared: World) -> None:
    who = shared.newcomer()
    workspaces = [shared.people[who], make_team(shared, who)]
    talk = (await shared.ask("Hello", who)).start["conversation_id"]

    for turn in range(4):
        before = [used(shared, each)[0] for each in workspaces]
        asked, _ = await asyncio.gather(
            shared.ask("And now?", who, conversation_id=talk), move(shared, talk, who, workspaces[(turn + 1) % 2])
        )
        await until(lambda: [used(shared, each)[1] for each in workspaces] == [0, 0])
        paid = [used(shared, each)[0] - units for each, units in zip(workspaces, before, strict=True)]
        assert sum(paid) == (asked.status == 200)
        assert asked.status in (200, 409, 503)
    events = "select count(*) from oneai.usage_events where conversation_id::text = %s and purpose = 'answer'"
    assert shared.database.one(events, talk) == len(
        shared.database.rows(
            "select 1 from oneai.chat_messages where conversation_id::text = %s and role = 'assistant'", talk
        )
    )
