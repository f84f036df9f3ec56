"""Slugs: made from names, reserved, changed, redirected, and given to others only after a year."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.workspaces.teams import create_team, in_workspace, insert_team
from tests.world import Database, World

DAY = 86_400


def slug_of(database: Database, name: str, team: UUID | None = None) -> str:
    """The slug that a name suggests."""
    return str(database.one("select oneai.slug_of_name(%s, %s)", name, team or uuid4()))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Nilgiri Tea", "nilgiri-tea"),
        ("  Tea -- & -- Spice! ", "tea-spice"),
        ("Asha’s Tea", "ashas-tea"),
        ("Café Zürich Straße", "cafe-zurich-strasse"),
        ("Łódź Ærø Øl", "lodz-aero-ol"),
        ("ＦＵＬＬ width", "full-width"),
        ("C3", "c3-team"),
        ("!", None),
        ("नीलगिरि चाय", None),
        ("茶", None),
        ("चाय Tea", "tea"),
        ("Support", "team-support"),
        ("OneAI Fans", "team-oneai-fans"),
        ("x" * 1000, "x" * 40),
        (f"{'x' * 39} y", "x" * 39),
        ("c7d2f1a0-84b3-4e6f-9a15-3d6b8e2f7010", "team-c7d2f1a0-84b3-4e6f-9a15-3d6b8e2f701"),
    ],
)
def test_a_name_suggests_a_slug_of_plain_letters(database: Database, name: str, slug: str | None) -> None:
    team = uuid4()

    assert slug_of(database, name, team) == (slug or f"team-{str(team)[:8]}")


async def test_teams_of_one_name_get_numbered_slugs(world: World) -> None:
    people = [world.newcomer() for _ in range(6)]

    teams = await asyncio.gather(*(create_team(world, who, "Chai") for who in people))

    assert sorted(team["slug"] for team in teams) == ["chai", *(f"chai-{n}" for n in range(2, 7))]


async def test_a_long_name_leaves_room_for_its_number(world: World) -> None:
    first = await create_team(world, world.newcomer(), "n" * 80)
    second = await create_team(world, world.newcomer(), "n" * 80)

    assert (first["slug"], second["slug"]) == ("n" * 40, f"{'n' * 38}-2")


async def change(world: World, team: str, who: str = "asha", **fields: object) -> tuple[int, Any]:
    """`PATCH /workspaces/{id}`: status and body."""
    answer = await world.http.patch(f"/workspaces/{team}", json=fields, headers=world.headers(who))
    return answer.status_code, answer.json()


async def test_an_earlier_slug_redirects_for_ninety_days(world: World) -> None:
    team = await create_team(world, name="Darjeeling")
    assert (await change(world, "DARJEELING", slug="Assam"))[1]["slug"] == "assam"

    moved = await world.get("/workspaces/darjeeling")
    assert (moved.status_code, moved.headers["location"]) == (307, "/api/workspaces/assam")
    assert (await world.get(moved.headers["location"].removeprefix("/api"))).json()["id"] == team["id"]
    assert (await world.get("/workspaces/darjeeling", "ravi")).status_code == 404

    world.database.advance(90 * DAY + 1)
    assert (await world.get("/workspaces/darjeeling")).status_code == 404
    assert (await world.get("/workspaces/assam")).status_code == 200


async def test_an_earlier_slug_goes_to_others_after_a_year(world: World) -> None:
    team = await create_team(world, name="Kangra")
    await change(world, team["id"], slug="kangra-valley")
    other = insert_team(world.database, world.people["ravi"])

    refused = await change(world, str(other), "ravi", slug="kangra")
    assert (refused[0], refused[1]["error"]["details"][0]["code"]) == (422, "repeated")
    back = await change(world, team["id"], slug="kangra")
    assert back[1]["slug"] == "kangra"
    await change(world, team["id"], slug="kangra-valley")

    world.database.advance(366 * DAY)
    assert (await change(world, str(other), "ravi", slug="kangra"))[1]["slug"] == "kangra"


async def test_a_team_holds_its_three_newest_earlier_slugs_and_takes_five_a_day(world: World) -> None:
    team = await create_team(world, name="Slug zero")
    other = str(insert_team(world.database, world.people["ravi"]))
    for number in range(1, 6):
        assert (await change(world, team["id"], slug=f"slug-{number}"))[0] == 200
    assert (await change(world, team["id"], slug="slug-5", name="Slug"))[0] == 200
    status, refused = await change(world, team["id"], slug="slug-6")
    assert (status, refused["error"]["limit_name"]) == (429, "slug_changes_a_day")

    for held in ("slug-5", "slug-4", "slug-3", "slug-2"):
        assert (await change(world, other, "ravi", slug=held))[0] == 422
    assert (await change(world, other, "ravi", slug="slug-1"))[1]["slug"] == "slug-1"
    world.database.advance(DAY + 1)
    assert (await change(world, team["id"], slug="slug-6"))[0] == 200


async def test_one_of_many_who_take_a_slug_at_once_gets_it(world: World) -> None:
    owners = [world.newcomer() for _ in range(6)]
    teams = [insert_team(world.database, world.people[who]) for who in owners]

    answers = await asyncio.gather(
        *(change(world, str(team), who, slug="munnar") for team, who in zip(teams, owners, strict=True))
    )

    assert sorted(status for status, _ in answers) == [200, *[422] * 5]


async def test_a_deleted_teams_slug_is_free_after_a_year(world: World) -> None:
    team = await create_team(world, name="Palani")
    world.database.rows("delete from oneai.workspaces where id = %s", team["id"])
    other = insert_team(world.database, world.people["ravi"])

    assert (await change(world, str(other), "ravi", slug="palani"))[0] == 422
    world.database.advance(366 * DAY)
    assert (await change(world, str(other), "ravi", slug="palani"))[0] == 200


async def test_the_slug_of_an_idle_team_without_a_plan_is_freed(world: World) -> None:
    idle = await create_team(world, name="Coorg")
    other = insert_team(world.database, world.people["ravi"])
    assert (await change(world, str(other), "ravi", slug="coorg"))[0] == 422

    world.database.advance(91 * DAY)
    assert (await change(world, str(other), "ravi", slug="coorg"))[0] == 200
    assert (await world.get(f"/workspaces/{idle['id']}")).json()["slug"] == f"coorg-{idle['id'][:8]}"


async def test_the_slug_of_an_idle_team_with_a_plan_stays(world: World) -> None:
    idle = await create_team(world, name="Valparai")
    world.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", idle["id"])
    other = insert_team(world.database, world.people["ravi"])
    world.database.advance(91 * DAY)

    assert (await change(world, str(other), "ravi", slug="valparai"))[0] == 422


async def test_an_earlier_slug_in_the_header_still_names_the_workspace(world: World) -> None:
    team = await create_team(world, name="Munnar")
    await change(world, team["id"], slug="munnar-hills")

    answers = [await in_workspace(world, name, "GET", "/documents") for name in ("munnar", "munnar-hills")]
    assert [answer.status_code for answer in answers] == [200, 200]

    world.database.advance(90 * DAY + 1)
    assert (await in_workspace(world, "munnar", "GET", "/documents")).status_code == 404
