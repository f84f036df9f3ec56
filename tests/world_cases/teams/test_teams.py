"""Names, invitations and departures that broke the teams of similar products."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.workspaces.teams import accept, add_member, in_workspace, insert_team, invited
from tests.world import Database, World

HERE = Path(__file__).parent


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file."""
    found: list[dict[str, Any]] = json.loads((HERE / f"{name}.json").read_text())
    return found


def outcome(answer: httpx.Response) -> str:
    """The code of a refusal, else the status."""
    return str(answer.status_code if answer.is_success else answer.json()["error"]["code"])


@pytest.mark.parametrize("case", cases("slugs"), ids=lambda case: case["name"])
def test_every_name_has_a_slug_that_leads_to_its_team(case: dict[str, Any], database: Database) -> None:
    team = insert_team(database, database.user("asha@example.com"))
    database.rows("delete from oneai.workspace_slugs")

    slug = database.one("select oneai.take_slug_of_name(%s, %s)", team, case["name"])

    assert slug == (case["slug"] or f"team-{str(team)[:8]}")
    assert database.one("select oneai.find_workspace(%s)", slug) == team


@pytest.mark.parametrize("case", cases("invitations"), ids=lambda case: case["source"])
async def test_an_invitation_is_for_its_confirmed_address_alone(case: dict[str, Any], world: World) -> None:
    team = insert_team(world.database, world.people["asha"])
    token = await invited(world, team, case["invited"])

    for each in case["tries"]:
        if each["as"] not in world.people:
            world.people[each["as"]] = world.database.user(each["as"])
        if not each.get("confirmed", True):
            query = "update auth.users set email_confirmed_at = null where id = %s"
            world.database.rows(query, world.people[each["as"]])
        assert outcome(await accept(world, token, each["as"])) == each["gets"]


async def test_an_address_without_an_account_joins_both_teams_that_invited_it(world: World) -> None:
    teams = [insert_team(world.database, world.people[who]) for who in ("asha", "ravi")]
    email = f"{uuid4().hex}@tea.example"
    tokens = [await invited(world, team, email, who=who) for team, who in zip(teams, ("asha", "ravi"), strict=True)]
    world.people["meera"] = world.database.user(email)

    joined = [(await accept(world, token, "meera")).json()["workspace_id"] for token in tokens]

    assert joined == [str(team) for team in teams]


@pytest.mark.parametrize("case", cases("leaving"), ids=lambda case: f"{case['source']} {case['who']}")
async def test_members_leave_and_an_owner_remains(case: dict[str, Any], world: World) -> None:
    people = {role: world.newcomer() for role in case["members"]}
    team = insert_team(world.database, world.people["asha"])
    for role, member in people.items():
        add_member(world.database, team, world.people[member], role)
    who = people.get(case["who"], "asha")

    if case["does"] == "leave":
        answer = await world.post(f"/workspaces/{team}/leave", None, who)
    else:
        path = f"/team/members/{world.people[who]}"
        answer = await in_workspace(world, team, "PUT", path, {"role": "member"}, who=who)

    assert outcome(answer) == case["gets"]
