"""Exceptions from the quotas of plans, which operators make for single users."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from oneai.errors import InvalidRequest, NotFound
from oneai.plans.catalog import BudgetKey, QuotaKey
from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_values

# Units are messages; of `tokens` they are tokens, of `cost` micro-dollars.
KEYS: tuple[str, ...] = (*get_args(QuotaKey.__value__), *get_args(BudgetKey.__value__))
# The check constraints of oneai.quota_overrides have the same number.
MAX_UNITS = 10**15


@dataclass
class Override:
    """An exception in force; `person` is the user's e-mail address or id.

    `own_limit` replaces the plan's limit unless it is None. `until` is None if only a revocation ends it.
    """

    id: int
    person: str
    quota_key: str
    own_limit: int | None
    extra_units: int
    until: datetime | None
    reason: str


def list_overrides(connection: OperatorConnection) -> list[Override]:
    """The exceptions in force, oldest first."""
    return fetch_all(
        connection,
        """
        select o.id, coalesce(u.email, u.id::text) as person, o.quota_key, o.own_limit, o.extra_units,
          nullif(o.until, 'infinity') as until, o.reason
        from oneai.quota_overrides as o join oneai.users as u on u.id = o.user_id
        where o.revoked_at is null and o.until > oneai.now() order by o.id
        """,
        [],
        Override,
    )


def add_override(
    connection: OperatorConnection,
    user_id: UUID,
    quota_key: str,
    *,
    limit: int | None,
    extra: int,
    until: datetime | None,
    reason: str,
) -> int:
    """Makes an exception, in place of the user's last one for this key; returns its id. `until` None: until revoked.

    Needs a `limit` or `extra` units, as the table's constraint says. Raises InvalidRequest for an `until` in the past.
    """
    (in_future,) = fetch_values(connection, "select coalesce(%s > oneai.now(), true)", [until])
    if not in_future:
        raise InvalidRequest(f"{until} is over.")
    (override_id,) = fetch_values(
        connection,
        "select oneai.override_quota(%s, %s, %s, %s, %s, %s)",
        [user_id, quota_key, limit, extra, until, reason],
    )
    return int(override_id)


def revoke_override(connection: OperatorConnection, override_id: int) -> UUID:
    """Ends an exception; returns its user. Raises NotFound if it is not in force."""
    users: list[UUID] = fetch_values(
        connection,
        "select user_id from oneai.quota_overrides where id = %s and oneai.revoke_override(id)",
        [override_id],
    )
    if not users:
        raise NotFound(f"Exception {override_id} is not in force.")
    return users[0]
