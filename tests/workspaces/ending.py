"""Makes teams in SQL, deletes them, and reads who owns them, for tests of the end of teams and memberships."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.conversations.archive.trees import insert_tree
from tests.world import Database, World

GRACE_DAYS = 30
DAY = 24 * 3600
HALF_AN_HOUR = 1800
# A question and its answer.
TREE = [(None, True), (0, True)]


def team_of(database: Database, owner: UUID, *others: tuple[UUID, str], name: str = "Tea") -> UUID:
    """A team with quotas and a slug of its own, this owner and these members with their roles."""
    slug = f"tea-{uuid4().hex[:8]}"
    team: UUID = database.one(
        "insert into oneai.workspaces (kind, name, slug) values ('team', %s, %s) returning id",
        *(name, slug),
    )
    database.rows("insert into oneai.workspace_slugs (slug, workspace_id) values (%s, %s)", slug, team)
    for user, role in ((owner, "owner"), *others):
        join(database, team, user, role)
    database.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at from oneai.usage_quotas where workspace_id = %s",
        *(team, owner),
    )
    return team


def join(database: Database, team: UUID, user: UUID, role: str) -> None:
    """Makes the user a member; later ones joined later."""
    database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role, joined_at) "
        "select %s, %s, %s, oneai.now() + count(*) * interval '1 second' from oneai.workspace_members",
        *(user, team, role),
    )


def talk_in(world: World, team: UUID | str, title: str, who: str = "ravi", visibility: str = "private") -> str:
    """A conversation of `who` in the team, with a question and its answer; its id."""
    talk = str(insert_tree(world, who, TREE, title=title))
    world.database.rows("update oneai.conversations set workspace_id = %s where id = %s", team, talk)
    world.database.rows("update oneai.conversations set visibility = %s where id = %s", visibility, talk)
    return talk


def slug_of(database: Database, team: UUID) -> str:
    """The slug, which confirms a deletion."""
    slug: str = database.one("select slug from oneai.workspaces where id = %s", team)
    return slug


def roles(database: Database, team: UUID) -> dict[UUID, str]:
    """The role of each member."""
    return dict(database.rows("select user_id, role from oneai.workspace_members where workspace_id = %s", team))


def deletes_at(database: Database, team: UUID) -> Any:
    """When the team will be erased; None if no one asked for it."""
    return database.one("select deletes_at from oneai.workspaces where id = %s", team)


def mails(database: Database, kind: str = "workspace_deletion") -> list[tuple[UUID, str]]:
    """Who got mail of this kind, with its event, in no order."""
    rows = database.rows("select user_id, data ->> 'event' from oneai.outbox where kind = %s", kind)
    return sorted(rows, key=str)


def request(database: Database, user: UUID, team: UUID, days: int = GRACE_DAYS) -> None:
    """The owner's request, in SQL."""
    database.rows(
        "select oneai.request_workspace_deletion(%s, %s, %s, %s)",
        *(user, str(team), slug_of(database, team), days),
    )


async def delete(world: World, team: UUID, who: str = "asha", *, confirm: Any = None, **query: Any) -> httpx.Response:
    """`DELETE /workspaces/{id}`, confirmed with its slug unless said otherwise."""
    body = {"confirm": slug_of(world.database, team) if confirm is None else confirm}
    return await world.http.request(
        "DELETE", f"/workspaces/{team}", json=body, params=query, headers=world.headers(who)
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
