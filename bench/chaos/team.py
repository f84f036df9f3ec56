"""The team of a run: 64 members who ask at once from one pool, each with a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from bench.people import User

MEMBERS = 64
# Units of each quota for the whole run, and the share that each member may use. Both are reached after three rounds in
# which all members ask.
_UNITS, _PERCENT = 150, 2


@dataclass(frozen=True)
class Team:
    """The team's id, and the tokens of its members."""

    id: UUID
    tokens: tuple[str, ...]


def make_team(connection: psycopg.Connection[Any], members: Sequence[User]) -> Team:
    """Makes a team of these users, the first its owner, with a seat for each."""
    ids = [user.id for user in members]
    row = connection.execute(
        "insert into oneai.workspaces (kind, name, subscription_tier, seats) values ('team', 'Chaos', 'team', %s) "
        "returning id",
        [len(ids)],
    ).fetchone()
    assert row is not None
    connection.execute(
        "insert into oneai.workspace_members (user_id, workspace_id, role, usage_limit_percent) "
        "select u.id, %s, case u.place when 1 then 'owner' else 'member' end, %s "
        "from unnest(%s::uuid[]) with ordinality as u (id, place)",
        [row[0], _PERCENT, ids],
    )
    connection.execute(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, quota_key, tier, %s, reset_frequency, oneai.now(), "
        "oneai.next_reset(reset_frequency, oneai.now(), oneai.now()) from oneai.plan_quotas where tier = 'team'",
        [row[0], _UNITS],
    )
    connection.execute(
        "insert into oneai.plan_grants (workspace_id, tier, reason) values (%s, 'team', 'chaos')", [row[0]]
    )
    return Team(row[0], tuple(user.token for user in members))
