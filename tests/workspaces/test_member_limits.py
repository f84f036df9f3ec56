"""`PUT /api/team/members/{user_id}` limits what a member may use, and the list says what each has used."""

from uuid import UUID

import httpx
import pytest

from tests.database.team_members import SMALL, set_pool
from tests.workspaces.teams import add_member, in_workspace, insert_team, refusal
from tests.world import World


@pytest.fixture
def team(world: World) -> UUID:
    """Of asha, the owner, and ravi, a member, with ten answers."""
    team = insert_team(world.database, world.people["asha"], tier="team", member=world.people["ravi"])
    set_pool(world.database, team, 10)
    return team


async def limit(world: World, team: UUID, who: str, member: str, percent: object) -> httpx.Response:
    """Sets the member's limit as `who`."""
    path = f"/team/members/{world.people[member]}"
    return await in_workspace(world, team, "PUT", path, {"usage_limit_percent": percent}, who=who)


async def used(world: World, team: UUID, who: str) -> dict[str, int | None]:
    """The small messages of every member, as `who` sees them."""
    items = (await in_workspace(world, team, "GET", "/team/members", who=who)).json()["items"]
    return {each["email"].split("@")[0]: each["used"] and each["used"][SMALL] for each in items}


async def test_a_limit_is_set_shown_applied_and_removed(world: World, team: UUID) -> None:
    changed = await limit(world, team, "asha", "ravi", 10)
    assert (changed.status_code, changed.json()["usage_limit_percent"], changed.json()["role"]) == (200, 10, "member")

    ask = {"message": "Hello", "model": "local/echo"}
    assert (await in_workspace(world, team, "POST", "/chat/stream", ask, who="ravi")).status_code == 200
    refused = await in_workspace(world, team, "POST", "/chat/stream", ask, who="ravi")
    assert (refusal(refused), refused.json()["error"]["of"]) == ((429, "quota_exceeded"), "member")
    assert await used(world, team, "asha") == {"asha": 0, "ravi": 1}
    assert await used(world, team, "ravi") == {"asha": None, "ravi": 1}

    assert (await limit(world, team, "asha", "ravi", None)).json()["usage_limit_percent"] is None
    assert (await in_workspace(world, team, "POST", "/chat/stream", ask, who="ravi")).status_code == 200
    audited = "select detail from oneai.audit_log where action = 'member.limit' order by id"
    assert world.database.rows(audited) == [{"before": None, "after": 10}, {"before": 10, "after": None}]


async def test_a_role_alone_leaves_the_limit_unchanged(world: World, team: UUID) -> None:
    await limit(world, team, "asha", "ravi", 30)

    path = f"/team/members/{world.people['ravi']}"
    changed = await in_workspace(world, team, "PUT", path, {"role": "admin"})

    assert (changed.json()["role"], changed.json()["usage_limit_percent"]) == ("admin", 30)


async def test_admins_limit_members_but_neither_owners_nor_themselves(world: World, team: UUID) -> None:
    admin, member = world.newcomer(), world.newcomer()
    for who, role in ((admin, "admin"), (member, "member")):
        add_member(world.database, team, world.people[who], role)

    answers = [await limit(world, team, admin, whose, 50) for whose in (member, "asha", admin)]

    assert [each.status_code for each in answers] == [200, 403, 403]
    assert [each.json()["error"]["required_role"] for each in answers[1:]] == ["owner", "owner"]
    assert refusal(await limit(world, team, member, "ravi", 50)) == (403, "role_insufficient")
    assert (await limit(world, team, "asha", admin, 50)).status_code == 200


@pytest.mark.parametrize("percent", [0, 101, -1, 1.5, "50", True, 10**30])
async def test_a_limit_outside_1_to_100_percent_is_refused(world: World, team: UUID, percent: object) -> None:
    assert refusal(await limit(world, team, "asha", "ravi", percent)) == (422, "invalid_request")
