"""A team whose plan ends: what is being written is finished and charged, and nothing new is admitted."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from oneai.billing import processing
from tests.patience import until
from tests.workspaces.teams import insert_team
from tests.world import World

# Of each of the three members at most as many as the plan lets one user have at a time.
ANSWERS = 20


@pytest.mark.exhaustive
async def test_answers_under_way_are_finished_and_charged_after_the_plan_lapsed(world: World) -> None:
    members = [world.newcomer() for _ in range(3)]
    owner, second, third = [world.people[who] for who in members]
    team = insert_team(world.database, owner, member=second, admin=third)
    await grant_plan(world, team)
    header = {"oneai-workspace": str(team)}

    async with AsyncExitStack() as open_streams:
        async with world.silence():
            streams = [
                await open_streams.enter_async_context(world.asking("Go on", who, model="local/slow", headers=header))
                for who in (members * ANSWERS)[:ANSWERS]
            ]
            for stream in streams:
                assert await stream.next() is not None, stream.result.body
            assert small_messages(world, team) == ("team", 0, ANSWERS)
            world.database.rows("update oneai.plan_grants set until = oneai.now() where workspace_id = %s", team)
            await processing.reproject(team)
            assert small_messages(world, team) == ("none", 0, ANSWERS)
        ended = await asyncio.gather(*(stream.to_the_end() for stream in streams))

    assert [each.last["state"] for each in ended] == ["complete"] * ANSWERS
    await until(lambda: small_messages(world, team) == ("none", ANSWERS, 0))
    paid = "select count(*) from oneai.usage_events where workspace_id = %s and outcome = 'complete'"
    assert world.database.one(paid, team) == ANSWERS
    assert world.database.one("select count(*) from oneai.reservations where settled_at is null") == 0
    refused = await world.ask("And now?", members[0], headers=header)
    assert (refused.status, refused.code, refused.body["error"]["of"]) == (429, "quota_exceeded", "workspace")


async def grant_plan(world: World, team: UUID) -> None:
    """The team's plan, without a payment."""
    world.database.rows(
        "insert into oneai.plan_grants (workspace_id, tier, until, reason) "
        "values (%s, 'team', oneai.now() + interval '1 day', 'x')",
        team,
    )
    await processing.reproject(team)


def small_messages(world: World, team: UUID) -> tuple[str, int, int]:
    """The team's tier, and what of its pool is used and reserved."""
    found: tuple[str, int, int] = world.database.one(
        "select w.subscription_tier, q.used, q.reserved from oneai.workspaces as w join oneai.usage_quotas as q "
        "on q.workspace_id = w.id and q.quota_key = 'small_messages' where w.id = %s",
        team,
    )
    return found
