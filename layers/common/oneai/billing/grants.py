"""Plans that operators grant without payment. A user who also pays has the higher of both."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.billing import processing
from oneai.errors import InvalidRequest, NotFound
from oneai.plans.catalog import PLANS
from oneai.postgres import db
from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_values

TIERS = tuple(plan.tier for plan in PLANS.values() if not plan.free)


@dataclass
class Grant:
    """A grant in force; `person` is the user's e-mail address or id, `until` None if only a revocation ends it."""

    id: int
    person: str
    tier: str
    current_tier: str
    until: datetime | None
    reason: str


def list_grants(connection: OperatorConnection) -> list[Grant]:
    """The grants in force, oldest first."""
    return fetch_all(
        connection,
        """
        select g.id, coalesce(u.email, u.id::text) as person, g.tier, u.subscription_tier as current_tier,
          nullif(g.until, 'infinity') as until, g.reason
        from oneai.plan_grants as g join oneai.users as u on u.id = g.user_id
        where g.revoked_at is null and g.until > oneai.now() order by g.id
        """,
        [],
        Grant,
    )


def add_grant(
    connection: OperatorConnection, user_id: UUID, tier: str, *, reason: str, until: datetime | None = None
) -> int:
    """Stores a grant, which `project_grants` puts into effect; returns its id. `until` None: until it is revoked.

    Raises InvalidRequest for an empty reason and for an `until` in the past.
    """
    if not reason.strip():
        raise InvalidRequest("A reason says something.")
    ids = fetch_values(
        connection,
        """
        insert into oneai.plan_grants (user_id, tier, until, reason)
        select %(person)s, %(tier)s, coalesce(%(until)s::timestamptz, 'infinity'), %(reason)s
        where coalesce(%(until)s::timestamptz > oneai.now(), true) returning id
        """,
        {"person": user_id, "tier": tier, "until": until, "reason": reason},
    )
    if not ids:
        raise InvalidRequest(f"{until} is over.")
    return int(ids[0])


def revoke_grant(connection: OperatorConnection, grant_id: int) -> UUID:
    """Ends a grant, which `project_grants` puts into effect; returns its user. Raises NotFound if not in force."""
    users: list[UUID] = fetch_values(
        connection,
        """
        update oneai.plan_grants set revoked_at = oneai.now()
        where id = %s and revoked_at is null and until > oneai.now() returning user_id
        """,
        [grant_id],
    )
    if not users:
        raise NotFound(f"Grant {grant_id} is not in force.")
    return users[0]


async def project_grants(user_id: UUID) -> None:
    """Puts the user's grants into effect now; otherwise reconciliation does so within minutes."""
    (at,) = await db.call("select oneai.now()", [])
    await processing.reproject(user_id, source="operator")
    await db.call("select oneai.mark_grants_projected(%s, %s)", [user_id, at])
