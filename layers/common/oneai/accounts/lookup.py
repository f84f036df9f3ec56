"""Finds accounts for operators and summarises them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_one, fetch_values


@dataclass
class AccountSummary:
    """What an operator sees of an account before it is erased."""

    email: str | None
    created_at: datetime
    conversations: int


@dataclass
class OwnedTeam:
    """A team whose last owner the user is; `has_others`: it has other members."""

    slug: str | None
    has_others: bool


def find_users(connection: OperatorConnection, email_or_id: str) -> list[UUID]:
    """The users with this email address or id, ignoring case. Several users may share an address."""
    return fetch_values(
        connection,
        "select id from oneai.users where lower(email) = lower(%s) or id::text = lower(%s)",
        [email_or_id, email_or_id],
    )


def find_workspaces(connection: OperatorConnection, name: str) -> list[UUID]:
    """The workspaces with this id or slug, and the personal ones of users with this email address, ignoring case."""
    return fetch_values(
        connection,
        """
        select w.id from oneai.workspaces as w left join oneai.users as u on u.id = w.personal_of
        where lower(u.email) = lower(%s) or w.id::text = lower(%s) or w.slug::text = lower(%s)
        """,
        [name, name, name],
    )


def is_team(connection: OperatorConnection, workspace_id: UUID) -> bool:
    """Whether this workspace is a team."""
    kinds: list[str] = fetch_values(connection, "select kind from oneai.workspaces where id = %s", [workspace_id])
    return kinds == ["team"]


def find_summary(connection: OperatorConnection, user_id: UUID) -> AccountSummary | None:
    """The account's summary, or None if its sign-in no longer exists."""
    return fetch_one(
        connection,
        """
        select email, created_at, (select count(*) from oneai.conversations where user_id = u.id) as conversations
        from oneai.users as u where id = %s
        """,
        [user_id],
        AccountSummary,
    )


def list_paid_subscriptions(connection: OperatorConnection, user_id: UUID) -> list[str | None]:
    """Provider ids of the subscriptions that an erasure has to cancel, oldest first; None before the provider has
    one."""
    return fetch_values(
        connection,
        """
        select s.provider_subscription_id from oneai.subscriptions as s
        where s.workspace_id = %s and (s.status not in ('none', 'cancelled') or exists (
          select from oneai.provider_operations as o
          where o.subscription_id = s.id and o.kind = 'cancel' and o.state in ('pending', 'failed')))
        order by s.created_at
        """,
        [user_id],
    )


def list_teams_of_last_owner(connection: OperatorConnection, user_id: UUID) -> list[OwnedTeam]:
    """The teams whose only owner with an account in use the user is, by slug."""
    return fetch_all(
        connection,
        """
        select w.slug, exists (
          select from oneai.workspace_members as o where o.workspace_id = w.id and o.user_id <> m.user_id) as has_others
        from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
        where m.user_id = %s and m.role = 'owner' and w.kind = 'team' and not exists (
          select from oneai.workspace_members as o join oneai.users as u on u.id = o.user_id
          where o.workspace_id = w.id and o.role = 'owner' and o.user_id <> m.user_id and u.deletes_at is null)
        order by w.slug
        """,
        [user_id],
        OwnedTeam,
    )
