"""A member continues a colleague's shared conversation in a copy of their own."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from oneai.clients import s3
from tests.chat.documents import add_document, sources
from tests.chat.pictures import SEES, data_url
from tests.workspaces.teams import in_workspace, insert_team
from tests.world import World

PEOPLE = {"member": "ravi", "viewer": "tara"}


def make_team(world: World) -> UUID:
    """A team of asha, with ravi as a member and tara as a viewer; lata is a stranger."""
    for name in ("tara", "lata"):
        world.people[name] = world.database.user(f"{name}@example.com")
    members = {role: world.people[who] for role, who in PEOPLE.items()}
    return insert_team(world.database, world.people["asha"], tier="team", seats=5, **members)


async def talk_of(world: World, team: UUID, *, visibility: str = "workspace") -> str:
    """A conversation of asha in the team; its id."""
    options = {"temperature": 0.5, "max_tokens": 900}
    body = {"title": "Rent", "system_prompt": "Be brief.", **options}
    made = await in_workspace(world, team, "POST", "/conversations", body)
    talk: str = made.json()["id"]
    await world.http.patch(f"/conversations/{talk}", json={"visibility": visibility}, headers=world.headers())
    return talk


async def copy(world: World, talk: str, who: str = "ravi", **headers: str) -> httpx.Response:
    """`POST /api/conversations/{id}/copy`."""
    return await world.http.post(f"/conversations/{talk}/copy", headers=world.headers(who, **headers))


async def read(world: World, talk: str, who: str) -> dict[str, Any]:
    """`GET /api/conversations/{id}`."""
    found: dict[str, Any] = (await world.get(f"/conversations/{talk}", who)).json()
    return found


async def test_a_copy_has_the_visible_branch_with_its_files_and_is_the_askers_own(world: World) -> None:
    team = make_team(world)
    talk = await talk_of(world, team)
    contract = add_document(world, workspace=team, attached=True)
    await s3.put(f"documents/{team}/{contract}", b"The contract", "application/pdf")
    hidden = (await world.ask("First", conversation_id=talk)).start["message_id"]
    await world.ask(None, regenerate_of=hidden)
    along = [{"type": "image", "url": data_url(), "name": "cat.png"}, {"type": "file", "upload_id": contract}]
    await world.ask("What is the rent?", conversation_id=talk, attachments=along, model=SEES)
    used = world.database.one("select oneai.storage_of(%s)", team)

    made = await copy(world, talk)

    assert made.status_code == 201, made.text
    mine = made.json()["conversation_id"]
    theirs, copied = await read(world, talk, "asha"), await read(world, mine, "ravi")
    assert (copied["temperature"], copied["max_tokens"]) == (0.5, 900)
    about = (copied["workspace_id"], copied["visibility"], copied["system_prompt"])
    assert about == (str(team), "private", "Be brief.")
    assert copied["author"]["user_id"] == str(world.people["ravi"])
    assert copied["total_cost_micro_usd"] == 0
    for name in ("role", "content", "sequence_number", "state"):
        assert [each[name] for each in copied["messages"]["items"]] == [
            each[name] for each in theirs["messages"]["items"]
        ]
    assert {each["usage"] for each in copied["messages"]["items"]} == {None}
    count = "select count(*) from oneai.chat_messages where conversation_id::text = %s"
    assert (world.database.one(count, talk), world.database.one(count, mine)) == (5, 4)
    # The files are ravi's own copies: they remain when the conversation of asha is deleted.
    assert (await world.http.delete(f"/conversations/{talk}", headers=world.headers())).status_code == 204
    question = (await read(world, mine, "ravi"))["messages"]["items"][2]
    image, file = question["metadata"]["attachments"]
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(image["url"])).status_code == 200
    own = file["document_id"]
    assert own != contract
    assert (await world.get(f"/documents/{own}", "ravi")).json()["visibility"] == "private"
    assert (await world.get(f"/documents/{own}")).status_code == 404
    assert (await s3.head(f"documents/{team}/{own}")).size == len(b"The contract")
    keys = "select oneai.file_keys(metadata) from oneai.chat_messages where metadata ? 'attachments'"
    for key in (*world.database.one(keys), f"documents/{team}/{own}"):
        assert world.database.one("select oneai.file_is_referenced(%s)", key)
    again = await world.ask("And the notice?", "ravi", conversation_id=mine)
    assert {each["document_id"] for each in sources(again)} == {own}
    assert world.database.one("select oneai.storage_of(%s)", team) > used / 2
    paid = world.database.one("select workspace_id from oneai.usage_events order by id desc limit 1")
    assert paid == team


async def test_only_those_who_read_it_and_may_write_copy_it_and_once_for_a_key(world: World) -> None:
    team = make_team(world)
    talk, private = await talk_of(world, team), await talk_of(world, team, visibility="private")
    await world.ask("Hello", conversation_id=talk)

    async def statuses(talk: str) -> dict[str, int]:
        return {who: (await copy(world, talk, who)).status_code for who in ("asha", "ravi", "tara", "lata")}

    assert await statuses(talk) == {"asha": 201, "ravi": 201, "tara": 403, "lata": 404}
    assert await statuses(private) == {"asha": 201, "ravi": 404, "tara": 404, "lata": 404}
    elsewhere = await copy(world, talk, "ravi", **{"oneai-workspace": str(world.people["ravi"])})
    assert elsewhere.status_code == 404
    first, second = [await copy(world, talk, "ravi", **{"idempotency-key": "one"}) for _ in range(2)]
    assert first.json() == second.json()
    temporary = (await world.ask("Hello", temporary=True)).start["conversation_id"]
    assert (await copy(world, temporary, "asha")).json()["error"]["details"][0]["code"] == "temporary"


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_copy_that_does_not_fit_or_was_made_private_leaves_nothing(world: World, moment: str) -> None:
    team = make_team(world)
    talk = await talk_of(world, team)
    await world.ask("Hello", conversation_id=talk)
    if moment == "before":
        limit: int = world.database.one("select oneai.storage_limit(%s)", team)
        world.database.rows(
            "insert into oneai.documents (id, workspace_id, name, media_type, size, upload_expires_at) "
            "values (gen_random_uuid(), %s, 'Large', 'text/plain', %s, oneai.now())",
            *(team, limit),
        )
        refused = (await copy(world, talk)).json()["error"]["code"]
        assert refused == "storage_full"
    else:
        plan = "select oneai.plan_copy(%s, %s, 10)"
        world.database.rows(plan, world.people["ravi"], talk)
        await world.http.patch(f"/conversations/{talk}", json={"visibility": "private"}, headers=world.headers())
        with pytest.raises(Exception, match="not_found"):
            world.database.rows(
                "select oneai.copy_conversation(%s, %s, gen_random_uuid(), '{}')", world.people["ravi"], talk
            )

    assert world.database.rows("select id from oneai.conversations where user_id = %s", world.people["ravi"]) == []
