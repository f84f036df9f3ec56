"""Conversations and documents of teams that similar products showed to too many members or to too few."""

import pytest

from oneai.clients import s3
from tests.api_keys import keys
from tests.chat.documents import CONTRACT, add_document, sources
from tests.conversations.teams import shared_talk
from tests.documents.test_team_documents import make_team, talk_in
from tests.workspaces.teams import in_workspace
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)


async def test_a_member_asks_about_a_colleagues_document_and_opens_its_passage(world: World) -> None:
    team = make_team(world)
    document = add_document(world, who="asha", workspace=team)
    world.database.rows("update oneai.documents set arrived_at = oneai.now() where id::text = %s", document)
    await s3.put(f"documents/{team}/{document}", b"The contract", "application/pdf")
    talk = await talk_in(world, team, "ravi")

    asked = await world.ask("What is the rent?", "ravi", conversation_id=talk, documents=[document])

    assert {each["document_id"] for each in sources(asked)} == {document}
    for who in ("ravi", "tara"):
        assert CONTRACT[0] in (await world.get(f"/documents/{document}/chunks", who)).text
        assert (await world.get(f"/documents/{document}/download", who)).is_success


async def test_a_key_of_the_owner_sees_no_private_document_or_collection(world: World) -> None:
    team = make_team(world)
    document = add_document(world, who="ravi", workspace=team, private=True)
    body = {"name": "Mine", "visibility": "private"}
    collection = (await in_workspace(world, team, "POST", "/collections", body, who="ravi")).json()["id"]

    for who, seen in (("ravi", True), ("asha", False)):
        made = await keys.create(world, who, scopes=["documents:read"])
        world.database.rows("update oneai.api_keys set workspace_id = %s where id = %s", team, made["id"])
        for path, object_id in (("/documents", document), ("/collections", collection)):
            page = await keys.get(world, path, made["secret"])
            assert ([each["id"] for each in page.json()["items"]] == [object_id]) is seen, page.text
        assert (await keys.get(world, f"/documents/{document}", made["secret"])).is_success is seen


async def test_no_list_has_title_or_message_of_a_private_conversation(world: World) -> None:
    team = make_team(world)
    talk = await talk_in(world, team, "ravi")
    await world.ask("The salary of Meera", "ravi", conversation_id=talk)

    for who, seen in (("ravi", True), ("asha", False), ("meera", False)):
        for path in ("/conversations", "/search"):
            query = {"q": "salary"} if path == "/search" else {}
            found = await in_workspace(world, team, "GET", path, who=who, **query)
            assert found.is_success, found.text
            assert (talk in found.text) is seen
            assert "salary" not in found.text or seen


async def test_a_deleted_conversation_is_gone_for_members_and_their_copy_remains(world: World) -> None:
    team = make_team(world)
    talk = await shared_talk(world, "asha", team, "When do the pickers come?")
    mine = (await world.post(f"/conversations/{talk}/copy", None, "ravi")).json()["conversation_id"]

    assert (await world.http.delete(f"/conversations/{talk}", headers=world.headers())).is_success

    for path in ("", "/messages"):
        assert (await world.get(f"/conversations/{talk}{path}", "ravi")).status_code == 404
    assert (await world.post(f"/conversations/{talk}/copy", None, "ravi")).status_code == 404
    listed = await in_workspace(world, team, "GET", "/conversations", who="ravi", visibility="workspace")
    assert listed.json()["items"] == []
    assert len((await world.get(f"/conversations/{mine}/messages", "ravi")).json()["items"]) == 2
