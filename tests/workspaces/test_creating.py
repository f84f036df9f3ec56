"""`POST /api/workspaces`: a team, its owner, its slug, its trial, and how many of them a person has."""

import asyncio
from typing import Any

import pytest

from tests.workspaces.teams import create_team
from tests.world import World

TEAM_FIELDS = {
    *("id", "name", "slug", "kind", "role", "plan", "seats", "industry", "time_zone", "created_at", "deletes_at"),
}


async def test_a_new_team_has_its_maker_as_owner_and_no_plan(shared: World) -> None:
    who = shared.newcomer()

    answer = await shared.post("/workspaces", {"name": "  Nilgiri\u0007  Tea ", "industry": "Food"}, who)

    team = answer.json()
    assert (answer.status_code, set(team)) == (201, TEAM_FIELDS)
    assert [team[name] for name in ("name", "kind", "role", "plan", "seats", "industry", "time_zone")] == [
        *("Nilgiri Tea", "team", "owner", "none", 3, "Food", "UTC")
    ]
    members = "select user_id, role from oneai.workspace_members where workspace_id = %s"
    assert shared.database.rows(members, team["id"]) == [(shared.people[who], "owner")]
    assert [each["id"] for each in (await shared.get("/me", who)).json()["workspaces"]] == [
        str(shared.people[who]),
        team["id"],
    ]


async def test_the_team_is_in_the_audit_log_of_its_maker(shared: World) -> None:
    who = shared.newcomer()
    team = await create_team(shared, who)

    (logged,) = shared.database.rows(
        "select action, target_kind, target_id, ip is not null from oneai.audit_log where actor = %s",
        str(shared.people[who]),
    )

    assert logged == ("workspace.create", "workspace", team["id"], True)


async def test_a_second_team_of_the_same_owner_and_name_is_refused(shared: World) -> None:
    first, second = shared.newcomer(), shared.newcomer()
    await create_team(shared, first, "Spice House")

    refused = await shared.post("/workspaces", {"name": "ＳPICE  house"}, first)
    allowed = await shared.post("/workspaces", {"name": "Spice House"}, second)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "name_taken")
    assert allowed.status_code == 201


async def test_one_of_two_concurrent_teams_with_one_name_is_refused(shared: World) -> None:
    who = shared.newcomer()

    answers = await asyncio.gather(*(shared.post("/workspaces", {"name": "Twin"}, who) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_team_that_was_deleted_counts_among_those_of_its_day(shared: World) -> None:
    who = shared.newcomer()
    for number in (1, 2):
        team = await create_team(shared, who, f"Gone {number}")
        shared.database.rows("delete from oneai.workspaces where id = %s", team["id"])

    assert (await shared.post("/workspaces", {"name": "Third"}, who)).status_code == 429


async def test_many_concurrent_teams_of_one_person_are_two(shared: World) -> None:
    who = shared.newcomer()

    answers = await asyncio.gather(*(shared.post("/workspaces", {"name": f"Many {n}"}, who) for n in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201, 201, *[429] * 6]


async def test_an_unconfirmed_address_makes_no_team(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("update auth.users set email_confirmed_at = null where id = %s", shared.people[who])

    refused = await shared.post("/workspaces", {"name": "Ghosts"}, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "email_not_confirmed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"name": ""}, "empty"),
        ({"name": "\u200b \u3164"}, "empty"),
        ({"name": "n" * 81}, "too_long"),
        ({"name": 7}, "wrong_type"),
        ({"name": "Tea", "seats": 500}, "unknown_field"),
    ],
)
async def test_a_name_that_says_nothing_is_refused(shared: World, body: dict[str, Any], code: str) -> None:
    refused = await shared.post("/workspaces", body)

    assert (refused.status_code, refused.json()["error"]["details"][0]["code"]) == (422, code)
