"""Over HTTP, a team's members share its quotas, each within their own limit."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.database.team_members import SMALL, set_percent, set_pool
from tests.workspaces.teams import in_workspace, insert_team
from tests.world import World


@pytest.fixture
def team(world: World) -> UUID:
    """Of asha, the owner, and ravi, who may use a fifth of its ten answers."""
    team = insert_team(world.database, world.people["asha"], tier="team", member=world.people["ravi"])
    set_pool(world.database, team, 10)
    set_percent(world.database, team, world.people["ravi"], 20)
    return team


async def ask(world: World, team: UUID, who: str) -> httpx.Response:
    """Asks a small model in the team, and reads the answer to its end."""
    return await in_workspace(world, team, "POST", "/chat/stream", {"message": "Hello", "model": "local/echo"}, who=who)


async def shown(world: World, team: UUID, who: str) -> dict[str, Any]:
    """The small messages in `GET /quota/status` of the team."""
    answer = await in_workspace(world, team, "GET", "/quota/status", who=who)
    assert answer.status_code == 200, answer.text
    quota: dict[str, Any] = answer.json()["quotas"][SMALL]
    return quota


async def test_a_member_uses_their_share_of_the_pool_and_others_go_on(world: World, team: UUID) -> None:
    assert [(await ask(world, team, who)).status_code for who in ("ravi", "ravi", "asha")] == [200, 200, 200]

    his, hers = await shown(world, team, "ravi"), await shown(world, team, "asha")
    pool = {"limit": 10, "used": 3, "reserved": 0, "remaining": 7}
    assert {name: his[name] for name in pool} == {name: hers[name] for name in pool} == pool
    assert (his["member"], hers["member"]) == ({"used": 2, "limit": 2}, {"used": 1, "limit": None})

    refused = await ask(world, team, "ravi")

    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["of"], error["raised_by"]) == (
        *(429, "quota_exceeded"),
        *("member", "admin"),
    )
    assert (error["used"], error["limit"], refused.headers["ratelimit-limit"]) == (2, 2, "2")
    assert "upgrade" not in {way["kind"] for way in error["alternatives"]}
    assert (await ask(world, team, "asha")).status_code == 200


async def test_an_exhausted_pool_is_named_to_every_member(world: World, team: UUID) -> None:
    await ask(world, team, "asha")
    talk = str(world.database.one("select id from oneai.conversations where workspace_id = %s", team))
    set_pool(world.database, team, 10, used=10)

    errors = [(await ask(world, team, who)).json()["error"] for who in ("asha", "ravi")]
    follow_up = {"message": "And now?", "model": "local/echo", "conversation_id": talk}
    errors.append((await world.post("/chat/stream", follow_up)).json()["error"])

    assert [(each["code"], each["of"], each["raised_by"]) for each in errors] == [
        ("quota_exceeded", "workspace", "owner")
    ] * 3
    # A conversation names its team, so the alternatives are the team's without a header too.
    assert errors[2]["alternatives"] == errors[0]["alternatives"]
    assert {"kind": "upgrade", "tier": "pro"} not in errors[2]["alternatives"]
    assert errors[2].keys() & {"workspace_id", "units"} == set()


async def test_the_personal_quota_of_a_member_is_not_the_teams(world: World, team: UUID) -> None:
    await ask(world, team, "ravi")

    personal = (await world.get("/quota/status", "ravi")).json()["quotas"][SMALL]

    assert (personal["used"], personal["member"]) == (0, None)


async def test_owners_and_admins_see_the_usage_of_each_member_and_others_do_not(world: World, team: UUID) -> None:
    await ask(world, team, "ravi")
    await ask(world, team, "asha")
    await ask(world, team, "asha")
    by_member = {"group_by": "member"}

    report = await in_workspace(world, team, "GET", "/user/usage", who="asha", **by_member)
    refused = await in_workspace(world, team, "GET", "/user/usage", who="ravi", **by_member)

    assert {item["member"]: item["messages"] for item in report.json()["items"]} == {
        str(world.people["ravi"]): 1,
        str(world.people["asha"]): 2,
    }
    assert (refused.status_code, refused.json()["error"]["required_role"]) == (403, "admin")
    for who, own in (("asha", 3), ("ravi", 1)):
        totals = (await in_workspace(world, team, "GET", "/user/usage", who=who)).json()["totals"]
        month = (await in_workspace(world, team, "GET", "/user/usage/forecast", who=who)).json()["messages"]
        file = await in_workspace(world, team, "GET", "/user/usage/export", who=who, format="jsonl")
        assert (totals["messages"], month["so_far"], len(file.text.splitlines())) == (own, own, own), who
    alone = await world.get("/user/usage", "ravi", **by_member)
    assert (alone.status_code, alone.json()["items"]) == (200, [])
