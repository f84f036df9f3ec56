"""Plans of teams follow from facts as those of people do, on a ladder of their own."""

from oneai.billing import processing
from oneai.plans.limits_and_prices import PLANS
from tests.billing.event_source import EventSource
from tests.plans.test_ladders import LIMITS, team_of
from tests.world import Database

STATE = "select subscription_tier, plan_limits from oneai.workspaces where id = %s"


async def test_a_teams_plan_lapses_to_no_plan_and_zeros(database: Database, event_source: EventSource) -> None:
    team = team_of(database, event_source.user("asha"))
    database.rows(
        "insert into oneai.plan_grants (workspace_id, tier, until, reason) "
        "values (%s, 'team', oneai.now() + interval '1 day', 'x')",
        team,
    )

    await processing.reproject(team)
    assert database.one(STATE, team)[0] == "team"
    database.advance(86_401)
    await processing.reproject(team)

    assert database.one(STATE, team) == ("none", None)
    assert dict(database.rows(LIMITS, team)) == dict.fromkeys(PLANS["none"].quotas, 0)
    history = "select old_tier, new_tier from oneai.subscription_history where workspace_id = %s order by id"
    assert database.rows(history, team) == [("none", "team"), ("team", "none")]
