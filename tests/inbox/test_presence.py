"""Who of the team has a conversation open, and who writes."""

from typing import Any

from tests.chatbots.visitors import Website
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World


async def test_members_see_each_other_and_the_visitor_sees_that_one_writes(shared: World) -> None:
    owner, member, viewer, stranger = [shared.newcomer() for _ in range(4)]
    people = shared.people
    team = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    shared.database.rows("update oneai.users set name = 'Meera' where id = %s", people[member])
    website = Website.of_workspace(shared, team)
    visitor = await website.visitor()
    talk = (await website.ask(visitor, "What do you sell?")).start["conversation_id"]
    await website.post(visitor, f"conversations/{talk}/handoff")
    path = f"/inbox/conversations/{talk}/presence"

    async def changes(who: str) -> dict[str, Any]:
        found: dict[str, Any] = (await in_workspace(shared, team, "GET", "/inbox/changes", who=who)).json()
        return found

    async def typing() -> bool:
        said: dict[str, Any] = (await website.get(visitor, f"conversations/{talk}")).json()
        return bool(said["typing"])

    number = (await changes(owner))["next"]
    assert refusal(await shared.post(path, {"typing": True}, viewer)) == (403, "role_insufficient")
    assert refusal(await shared.post(path, {"typing": True}, stranger)) == (404, "not_found")
    assert not await typing()
    assert (await shared.post(path, {"typing": True}, member)).status_code == 204
    seen = {"conversation_id": talk, "member": {"user_id": str(people[member]), "name": "Meera"}, "typing": True}
    # It is never a change, and no one sees themselves.
    assert await changes(owner) == {"items": [], "next": number, "present": [seen]}
    assert (await changes(member))["present"] == []
    assert await typing()
    shared.database.advance(7)
    assert ((await changes(owner))["present"], await typing()) == ([seen | {"typing": False}], False)
    assert (await shared.post(path, {}, member)).status_code == 204
    assert not await typing()
    shared.database.advance(31)
    assert (await changes(owner))["present"] == []
