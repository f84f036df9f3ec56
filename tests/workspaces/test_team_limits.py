"""A team's members together may make ten times as many requests, and have as many times the answers, as one user."""

import asyncio
from uuid import UUID

import pytest

from oneai import settings
from oneai.plans.team_limits import of_team
from oneai.settings import SettingsError
from tests.api_keys import keys
from tests.workspaces.teams import add_member, in_workspace, insert_team, remove_member
from tests.world import World


@pytest.fixture
def limits(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which a user makes eight requests and asks twice, and a team has twice that."""
    monkeypatch.setenv("RATE_LIMITS", "other=1/8,asking=1/2")
    monkeypatch.setenv("TEAM_LIMIT_FACTOR", "2")
    settings.reset_cache()
    return world


def large_team(world: World) -> tuple[UUID, list[str]]:
    """A team of asha, ravi and two more, with a plan; its id, and their names."""
    who = ["asha", "ravi", world.newcomer(), world.newcomer()]
    team = insert_team(world.database, world.people["asha"], tier="team", admin=world.people["ravi"])
    for each in who[2:]:
        add_member(world.database, team, world.people[each], "member")
    return team, who


async def test_members_and_keys_share_the_requests_of_their_team(limits: World) -> None:
    team, who = large_team(limits)
    made = await in_workspace(limits, team, "POST", "/user/api-keys", {"name": "Report"}, who="ravi")
    secret = made.json()["secret"]
    limits.database.rows("delete from oneai.rate_limits")
    remove_member(limits.database, team, limits.people[who[3]])
    strangers = [await in_workspace(limits, team, "GET", "/conversations", who=who[3]) for _ in range(8)]
    assert {each.status_code for each in strangers} == {404}

    first = [(await in_workspace(limits, team, "GET", "/conversations", who="asha")).status_code for _ in range(8)]
    others = await asyncio.gather(
        *(in_workspace(limits, team, "GET", "/conversations", who=who[2]) for _ in range(6)),
        *(keys.get(limits, "/v1/models", secret) for _ in range(6)),
    )

    assert first == [200] * 8
    assert sorted(each.status_code for each in others) == [200] * 8 + [429] * 4
    refused = await in_workspace(limits, team, "GET", "/conversations", who=who[2])
    error = refused.json()["error"]
    assert (error["code"], error["of"], error["limit_name"], error["limit"]) == (
        *("rate_limited", "workspace"),
        *("team_other", 2),
    )
    assert error["message"].startswith("Your workspace")
    limits.database.advance(60)
    assert (await in_workspace(limits, team, "GET", "/conversations", who="ravi")).status_code == 200


async def test_questions_in_a_conversation_of_the_team_count_without_its_header(limits: World) -> None:
    team, who = large_team(limits)
    talks = {}
    for each in who[:3]:
        talks[each] = str(
            limits.database.one(
                "insert into oneai.conversations (user_id, workspace_id) values (%s, %s) returning id",
                *(limits.people[each], team),
            )
        )

    asked = [await limits.ask("Hello", each, conversation_id=talks[each]) for each in (*who[:3], *who[:3])]

    assert [each.status for each in asked] == [200] * 4 + [429] * 2
    assert asked[-1].body["error"]["limit_name"] == "team_asking"
    assert limits.database.one("select count(*) from oneai.chat_messages where role = 'user'") == 4


@pytest.mark.parametrize("factor", ["0", "-1"])
def test_a_factor_below_one_is_refused(factor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_LIMIT_FACTOR", factor)
    settings.reset_cache()
    try:
        with pytest.raises(SettingsError, match="TEAM_LIMIT_FACTOR"):
            of_team(4)
    finally:
        monkeypatch.undo()
        settings.reset_cache()
