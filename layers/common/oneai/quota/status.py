"""What a person has used of their plan: a look, as of the database's clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from oneai import db
from oneai.db import Person
from oneai.errors import Unauthenticated


class Subscription(BaseModel):
    """The plan; a person who never subscribed is `active` on `free`."""

    tier: str
    status: str


class Quota(BaseModel):
    """One quota in its running window; `remaining` = limit − used − reserved, never below 0."""

    used: int
    reserved: int
    limit: int
    remaining: int
    percentage_used: float
    resets_at: datetime
    frequency: Literal["3hour", "daily", "monthly"]


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
    resets_at: datetime
    frequency: Literal["3hour", "daily", "monthly"]


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
        quotas={
            row.quota_key: Quota(
                used=row.used,
                reserved=row.reserved,
                limit=row.quota_limit,
                remaining=max(row.quota_limit - row.used - row.reserved, 0),
                percentage_used=round(100 * row.used / row.quota_limit, 2) if row.quota_limit else 100.0,
                resets_at=row.resets_at,
                frequency=row.frequency,
            )
            for row in rows
        },
    )


async def _select(person: Person) -> list[_Row]:
    return await db.read_as(
        person,
        """
        select u.subscription_tier as tier, u.subscription_status as status, q.quota_key, q.quota_limit,
          q.reset_frequency as frequency,
          case when q.next_reset_at <= oneai.now() then 0 else q.used end as used,
          case when q.next_reset_at <= oneai.now() then 0 else q.reserved end as reserved,
          case when q.next_reset_at <= oneai.now()
            then oneai.next_reset(q.reset_frequency, q.next_reset_at, oneai.now()) else q.next_reset_at end as resets_at
        from oneai.users as u join oneai.usage_quotas as q on q.user_id = u.id
        where u.id = %s order by q.quota_key
        """,
        [person.user_id],
        _Row,
    )
