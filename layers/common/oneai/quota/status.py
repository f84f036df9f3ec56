"""What a person has used of their plan: a look, as of the database's clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from oneai import db
from oneai.db import Person
from oneai.errors import Unauthenticated
from oneai.plans.catalog import Frequency


class Subscription(BaseModel):
    """The plan; a person who never subscribed is `active` on `free`."""

    tier: str
    status: str


class Override(BaseModel):
    """What an operator granted: a limit in place of the plan's, units on top of it; `until` null: until revoked."""

    own_limit: int | None
    extra_units: int
    until: datetime | None


class Quota(BaseModel):
    """One quota in its running window; `remaining` = limit − used − reserved, never below 0.

    `limit` has the exception in it; up to `grace_units` more are granted before anybody is refused. Units are messages,
    under `tokens` prompt and completion tokens, under `cost` micro-dollars. `resets_in`, in seconds, is for headers.
    """

    used: int
    reserved: int
    limit: int
    grace_units: int
    remaining: int
    percentage_used: float
    resets_at: datetime
    resets_in: Annotated[int, Field(exclude=True)]
    frequency: Frequency
    override: Override | None = None


class QuotaStatus(BaseModel):
    """The answer of `GET /api/quota/status`, quotas by key."""

    subscription: Subscription
    quotas: dict[str, Quota]


@dataclass
class _Row:
    tier: str
    status: str
    quota_key: str
    used: int
    reserved: int
    quota_limit: int
    grace_units: int
    resets_at: datetime
    resets_in: int
    frequency: Frequency
    overridden: bool
    own_limit: int | None
    extra_units: int
    override_until: datetime | None


async def status(person: Person) -> QuotaStatus:
    """The person's plan and quotas; windows that are due show as reset, whether or not anything has reset them yet."""
    rows = await _select(person)
    if not rows:
        # Sign-up stayed incomplete: make up for it, as the first question would.
        await db.call("select oneai.add_person(%s)", [person.user_id], idempotent=True)
        rows = await _select(person)
        if not rows:
            raise Unauthenticated
    return QuotaStatus(
        subscription=Subscription(tier=rows[0].tier, status=rows[0].status),
        quotas={row.quota_key: _quota(row) for row in rows},
    )


def _quota(row: _Row) -> Quota:
    override = Override(own_limit=row.own_limit, extra_units=row.extra_units, until=row.override_until)
    return Quota(
        used=row.used,
        reserved=row.reserved,
        limit=row.quota_limit,
        grace_units=row.grace_units,
        remaining=max(row.quota_limit - row.used - row.reserved, 0),
        percentage_used=round(100 * row.used / row.quota_limit, 2) if row.quota_limit else 100.0,
        resets_at=row.resets_at,
        resets_in=row.resets_in,
        frequency=row.frequency,
        override=override if row.overridden else None,
    )


async def _select(person: Person) -> list[_Row]:
    return await db.read_as(
        person,
        """
        select u.subscription_tier as tier, u.subscription_status as status, q.quota_key, w.used, w.reserved,
          w.most as quota_limit, q.grace_units, w.resets_at,
          ceil(extract(epoch from w.resets_at - oneai.now()))::integer as resets_in, q.reset_frequency as frequency,
          coalesce(q.override_until > oneai.now(), false) as overridden, q.own_limit, q.extra_units,
          nullif(q.override_until, 'infinity') as override_until
        from oneai.users as u join oneai.usage_quotas as q on q.user_id = u.id
        cross join oneai.standing(q, oneai.now()) as w
        where u.id = %s and w.most is not null order by q.quota_key
        """,
        [person.user_id],
        _Row,
    )
