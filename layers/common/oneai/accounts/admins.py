"""Who is an admin: operators grant the role and revoke it; the API cannot."""

from uuid import UUID

from oneai.accounts.permissions import Role
from oneai.errors import InvalidRequest
from oneai.postgres.operators import OperatorConnection, fetch_values


def grant_admin(connection: OperatorConnection, user_id: UUID) -> Role | None:
    """Makes the user an admin, from their next request on; their role before, None where they were one already.

    In a transaction of the caller's.
    """
    before = _lock_roles(connection, user_id)
    if before == "admin":
        return None
    connection.execute(
        """
        insert into oneai.admins (user_id, role) values (%s, 'admin')
        on conflict (user_id) do update set role = excluded.role
        """,
        [user_id],
    )
    return before


def revoke_admin(connection: OperatorConnection, user_id: UUID) -> bool:
    """Takes the role back, from the user's next request on; False where they are no admin.

    In a transaction of the caller's. Raises InvalidRequest where no admin would be left who can sign in: those who are
    suspended or whose account is being deleted do not count.
    """
    if _lock_roles(connection, user_id) != "admin":
        return False
    others = fetch_values(
        connection,
        """
        select a.user_id from oneai.admins as a join oneai.users as u on u.id = a.user_id
        where a.role = 'admin' and a.user_id <> %s and u.suspended_at is null and u.deletes_at is null limit 1
        """,
        [user_id],
    )
    if not others:
        raise InvalidRequest("There would be no admin left. Grant the role to another user first.")
    connection.execute("delete from oneai.admins where user_id = %s", [user_id])
    return True


def _lock_roles(connection: OperatorConnection, user_id: UUID) -> Role:
    """The user's role; all roles stay as they are until the transaction ends, so that of two admins who are
    revoked at once one is the last."""
    connection.execute("lock table oneai.admins in share row exclusive mode")
    roles: list[Role] = fetch_values(connection, "select role from oneai.admins where user_id = %s", [user_id])
    return roles[0] if roles else "user"
