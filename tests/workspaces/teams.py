"""Makes teams with members, directly in Postgres and over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.world import Database, World


def insert_team(database: Database, owner: UUID, *, tier: str = "none", seats: int = 3, **members: UUID) -> UUID:
    """A team of this owner and these members by role, with the quotas of its tier; its id."""
    team: UUID = database.one(
        "insert into oneai.workspaces (kind, name, subscription_tier, seats) values ('team', %s, %s, %s) returning id",
        f"Tea {uuid4().hex[:8]}",
        tier,
        seats,
    )
    database.rows("select oneai.take_slug_of_name(id, name) from oneai.workspaces where id = %s", team)
    add_member(database, team, owner, "owner")
    for role, user in members.items():
        add_member(database, team, user, role)
    database.rows(
        "insert into oneai.usage_quotas (workspace_id, subscription_tier, quota_key, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, tier, quota_key, quota_limit, reset_frequency, oneai.now(), "
        "oneai.next_reset(reset_frequency, oneai.now(), oneai.now()) from oneai.plan_quotas where tier = %s",
        *(team, tier),
    )
    return team


def add_member(database: Database, team: UUID | str, user: UUID, role: str) -> None:
    """Makes the user a member without a check of seats; another role of a member replaces theirs."""
    database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, %s) "
        "on conflict (user_id, workspace_id) do update set role = excluded.role",
        *(user, team, role),
    )


def remove_member(database: Database, team: UUID | str, user: UUID) -> None:
    """Ends a membership."""
    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", user, team)


async def create_team(world: World, who: str = "asha", name: str = "Nilgiri Tea", **members: str) -> dict[str, Any]:
    """`POST /workspaces` as `who`, with these people as members by role; the team."""
    answer = await world.post("/workspaces", {"name": name}, who)
    assert answer.status_code == 201, answer.text
    team: dict[str, Any] = answer.json()
    for role, member in members.items():
        add_member(world.database, team["id"], world.people[member], role)
    return team


async def in_workspace(
    world: World, team: UUID | str, method: str, path: str, body: Any = None, *, who: str = "asha", **params: Any
) -> httpx.Response:
    """A request of `who` with the header `OneAI-Workspace`."""
    headers = world.headers(who) | {"oneai-workspace": str(team)}
    return await world.http.request(method, path, json=body, headers=headers, params=params)


def invitation_token(database: Database, invitation: str) -> str:
    """Sends the newest mail of an invitation, as the job does; the token in its link."""
    token = f"{uuid4().hex}{uuid4().hex}"
    database.rows(
        "update oneai.outbox set due_at = '2000-01-01' where kind = 'invitation' and state = 'waiting' "
        "and data ->> 'invitation' = %s",
        invitation,
    )
    (sent,) = database.rows(
        "select data ->> 'invitation' from oneai.claim_mail(%s, sha256(%s))", uuid4(), token.encode()
    )
    assert sent == invitation
    return token


async def invite(world: World, team: UUID | str, email: str, role: str = "member", who: str = "asha") -> httpx.Response:
    """`POST /team/invite`."""
    return await in_workspace(world, team, "POST", "/team/invite", {"email": email, "role": role}, who=who)


async def invited(world: World, team: UUID | str, email: str, role: str = "member", who: str = "asha") -> str:
    """Invites an address; the token in its mail."""
    answer = await invite(world, team, email, role, who)
    assert answer.status_code == 201, answer.text
    return invitation_token(world.database, answer.json()["id"])


async def accept(world: World, token: str, who: str) -> httpx.Response:
    """`POST /invitations/accept`."""
    return await world.post("/invitations/accept", {"token": token}, who)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
