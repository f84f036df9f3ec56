"""Measures pairs per second of reserving and settling, and of admitting and settling whole questions, for 64 members of
one team at once, each with a limit, beside two bare updates of one row; and the same for one user in one workspace of
their own, which has no lines of members.

It calls Postgres without HTTP. All members wait for one row, that of their pool.
"""

import json
from uuid import UUID, uuid4

from bench.bench_quota import (
    Connection,
)
from bench.people import User
from bench.stack import Stack

# The minimum rate relative to bare updates of one row.
AIM = 0.5
_LINE = json.dumps([{"quota_key": "small_messages", "held": 1}])


def make_team(running: Stack, members: list[User]) -> UUID:
    """A team of these members with large quotas, each limited to half of them."""
    made = "insert into oneai.workspaces (kind, name, slug) values ('team', 'Bench', 'bench') returning id"
    (team,) = running.rows(made)[0]
    running.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role, usage_limit_percent) "
        "select u, %s, 'owner', 50 from unnest(%s::uuid[]) as u returning 1",
        [team, [user.id for user in members]],
    )
    running.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, quota_key, subscription_tier, 1000000000, reset_frequency, "
        "window_start, next_reset_at from oneai.usage_quotas where workspace_id = %s returning 1",
        [team, members[0].id],
    )
    return UUID(str(team))


async def reserve_and_settle(connection: Connection, team: UUID, user: User) -> None:
    """Holds and settles one unit of the pool, and of the member if there is one."""
    reservation = uuid4()
    member = None if team == user.id else user.id
    await connection.execute(
        "insert into oneai.reservations (id, workspace_id, user_id, held_until, subscription_tier, model_asked, "
        "price_version, spend_day, counts_member) values (%s, %s, %s, oneai.now() + oneai.lease(), 'free', "
        "'local/echo', 'bench', oneai.today(), %s)",
        [reservation, team, user.id, member is not None],
    )
    await connection.execute("select oneai.reserve(%s, %s, %s, %s)", [team, reservation, _LINE, member])
    await connection.execute("select oneai.settle_reservation(%s, 1)", [reservation])
