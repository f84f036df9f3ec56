"""How many teams without a plan a person has, and the trial of the first one."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from oneai import settings
from tests.workspaces.teams import accept, add_member, create_team, in_workspace, insert_team, invited
from tests.world import World


async def test_a_person_has_three_teams_without_a_plan_and_makes_two_a_day(world: World) -> None:
    for number in (1, 2):
        await create_team(world, name=f"Team {number}")
    third = await world.post("/workspaces", {"name": "Team 3"})
    assert (third.status_code, third.json()["error"]["code"]) == (429, "rate_limited")
    assert 86_000 < int(third.headers["retry-after"]) <= 86_400

    world.database.advance(86_401)
    await create_team(world, name="Team 3")
    fourth = await world.post("/workspaces", {"name": "Team 4"})
    assert (fourth.status_code, fourth.json()["error"]["details"][0]["code"]) == (422, "too_many")

    world.database.rows("update oneai.workspaces set subscription_tier = 'pro' where name = 'Team 1'")
    await create_team(world, name="Team 4")


async def test_a_person_with_three_teams_without_a_plan_becomes_owner_of_no_fourth(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    deleted, *_ = [insert_team(world.database, ravi) for _ in range(4)]
    world.database.rows("update oneai.workspaces set deletes_at = '2999-01-01' where id = %s", deleted)
    team = insert_team(world.database, asha)
    token = await invited(world, team, "ravi@example.com", "owner")
    add_member(world.database, team, ravi, "member")
    assert (await world.post(f"/workspaces/{team}/transfer", {"user_id": str(ravi)})).is_success

    ways: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: world.post(f"/workspaces/{deleted}/restore", None, "ravi"),
        lambda: world.post(f"/workspaces/{team}/transfer/accept", None, "ravi"),
        lambda: accept(world, token, "ravi"),
        lambda: in_workspace(world, team, "PUT", f"/team/members/{ravi}", {"role": "owner"}),
    ]
    for way in ways:
        refused = await way()
        assert (refused.status_code, refused.json()["error"]["details"][0]["code"]) == (422, "too_many")
    world.database.rows("update oneai.workspaces set subscription_tier = 'team' where id = %s", team)
    assert (await ways[-1]()).is_success


async def test_the_first_team_has_fifty_small_messages_for_fourteen_days_once(world: World) -> None:
    first, second = await create_team(world, name="First"), await create_team(world, name="Second")
    query = "select own_limit, extra_units, quota_limit, next_reset_at = override_until, override_until > oneai.now() "
    query += "from oneai.usage_quotas where workspace_id = %s and quota_key = 'small_messages'"
    assert world.database.one(query, first["id"]) == (None, 50, 0, True, True)
    assert world.database.one(query, second["id"]) == (None, 0, 0, None, None)
    assert await limits(world, first["id"]) == {"small_messages": 50} | ZERO

    # A new month within the trial brings no second allowance.
    used = "update oneai.usage_quotas set used = 50 where workspace_id = %s and quota_key = 'small_messages'"
    world.database.rows(used, first["id"])
    for _ in range(13):
        world.database.advance(86_400)
        world.database.rows("select oneai.roll_windows(%s)", first["id"])
        assert await remaining(world, first["id"]) == 0
    world.database.advance(86_400)

    assert await limits(world, first["id"]) == {"small_messages": 0} | ZERO


ZERO = {"large_messages": 0, "image_generation": 0, "web_searches": 0}


async def limits(world: World, team: str) -> dict[str, int]:
    """The limits of a team's quotas."""
    quotas = (await world.get(f"/workspaces/{team}")).json()["quotas"]
    return {key: quota["limit"] for key, quota in quotas.items()}


async def remaining(world: World, team: str) -> int:
    """The small messages that a team has left."""
    quota = (await world.get(f"/workspaces/{team}")).json()["quotas"]["small_messages"]
    return int(quota["limit"] - quota["used"])


async def test_the_team_trials_of_a_day_are_bounded_by_a_setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_TRIALS_A_DAY", "2")
    settings.reset_cache()
    people = [world.newcomer() for _ in range(6)]

    await asyncio.gather(*(create_team(world, who) for who in people))

    assert world.database.one("select count(*) from oneai.team_trials") == 2
    assert world.database.one("select count(*) from oneai.quota_overrides") == 2
    world.database.advance(86_400)
    await create_team(world, world.newcomer())
    assert world.database.one("select count(*) from oneai.team_trials") == 3


async def test_the_units_of_a_trial_are_for_the_maker_of_the_team_alone(world: World) -> None:
    team = await create_team(world, member="ravi")
    headers = {"OneAI-Workspace": team["id"]}

    refused = await world.ask("Hello", "ravi", headers=headers)
    asked = await world.ask("Hello", "asha", headers=headers)

    assert (refused.status, refused.code, refused.body["error"]["of"]) == (429, "quota_exceeded", "member")
    assert asked.status == 200
    assert await remaining(world, team["id"]) == 49

    # Without its maker the rest of the trial is for no one.
    world.database.rows("delete from oneai.team_trials where user_id = %s", world.people["asha"])
    assert (await world.ask("Again", "asha", headers=headers)).code == "quota_exceeded"


async def test_a_team_that_changes_hands_has_no_trial_left_for_anyone(world: World) -> None:
    team = await create_team(world, member="ravi")
    path = f"/workspaces/{team['id']}"
    await world.post(f"{path}/transfer", {"user_id": str(world.people["ravi"])})
    assert (await world.post(f"{path}/transfer/accept", None, "ravi")).is_success

    assert await limits(world, team["id"]) == {"small_messages": 0} | ZERO
    for who in ("asha", "ravi"):
        assert (await world.ask("Hello", who, headers={"OneAI-Workspace": team["id"]})).code == "quota_exceeded"


async def test_a_plan_ends_the_trial_and_its_units_do_not_return(world: World) -> None:
    team = (await create_team(world))["id"]
    assert (await world.ask("Hello", headers={"OneAI-Workspace": team})).status == 200
    plan = world.database.one(
        "select quota_limit from oneai.plan_quotas where tier = 'team' and quota_key = 'small_messages'"
    )
    set_plan = "select oneai.set_entitled_plan(%s, %s, oneai.now(), null)"

    world.database.rows(set_plan, team, "team")
    bought = await world.get(f"/workspaces/{team}")
    world.database.rows(set_plan, team, "none")

    quota = bought.json()["quotas"]["small_messages"]
    assert (quota["limit"], quota["used"]) == (plan, 0)
    assert await limits(world, team) == {"small_messages": 0} | ZERO
    assert (await world.ask("Again", headers={"OneAI-Workspace": team})).code == "quota_exceeded"
