"""Teams as Postgres sees them: their pool, their members' lines and limits, and questions that a team pays for."""

from uuid import UUID, uuid4

from tests.database.turns import Turn, TurnClient
from tests.world import Database

SMALL = "small_messages"


def team_of(database: Database, owner: UUID, **members: UUID) -> UUID:
    """A team with quotas of its own, as many units as the owner's, this owner and these members by role."""
    team: UUID = database.one(
        "insert into oneai.workspaces (kind, name, slug) values ('team', 'Tea', %s) returning id",
        f"tea-{uuid4().hex[:8]}",
    )
    for role, user in {"owner": owner, **members}.items():
        join(database, team, user, role)
    database.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at from oneai.usage_quotas where workspace_id = %s",
        *(team, owner),
    )
    return team


def join(database: Database, team: UUID, user: UUID, role: str = "member") -> None:
    """Makes the user a member."""
    database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, %s)", user, team, role
    )


def leave(database: Database, team: UUID, user: UUID) -> None:
    """Ends the membership."""
    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", user, team)


def set_percent(database: Database, team: UUID, user: UUID, percent: int | None) -> None:
    """Limits the member to this share of each limit."""
    database.rows(
        "update oneai.workspace_members set usage_limit_percent = %s where user_id = %s and workspace_id = %s",
        *(percent, user, team),
    )


def set_pool(database: Database, team: UUID, limit: int, used: int = 0, key: str = SMALL) -> None:
    """The pool's units."""
    database.rows(
        "update oneai.usage_quotas set quota_limit = %s, used = %s where workspace_id = %s and quota_key = %s",
        *(limit, used, team, key),
    )


def member_use(database: Database, team: UUID, user: UUID, key: str = SMALL) -> tuple[int, int]:
    """`(used, reserved)` of a member in the pool's current window."""
    found = database.rows(
        "select m.used, m.reserved from oneai.member_usage as m join oneai.usage_quotas as q "
        "on (q.workspace_id, q.quota_key, q.window_start) = (m.workspace_id, m.quota_key, m.window_start) "
        "where m.workspace_id = %s and m.user_id = %s and m.quota_key = %s",
        *(team, user, key),
    )
    return found[0] if found else (0, 0)


def member_spend(database: Database, team: UUID, user: UUID) -> int:
    """What the member's answers of today hold and cost, in micro-dollars."""
    return sum(
        database.rows(
            "select spend_micro_usd from oneai.member_spend where workspace_id = %s and user_id = %s "
            "and spend_day = oneai.today()",
            *(team, user),
        )
    )


def conversation_in(database: Database, team: UUID, user: UUID) -> UUID:
    """An empty conversation of the user that the team pays for."""
    made: UUID = database.one(
        "insert into oneai.conversations (user_id, workspace_id) values (%s, %s) returning id", user, team
    )
    return made


async def ask_in(client: TurnClient, database: Database, team: UUID, user: UUID, **terms: object) -> Turn:
    """Admits a question of a member, in a conversation of its own."""
    return await client.admit(user, conversation=conversation_in(database, team, user), **terms)  # type: ignore[arg-type]
