"""A user's plan, quotas and storage, as of the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from oneai.errors import Unauthenticated
from oneai.plans.ceiling import daily_ceiling
from oneai.plans.limits_and_prices import Frequency, WorkspaceKind, granted, plan_of
from oneai.postgres import db
from oneai.postgres.db import Principal, Query


class PlanStatus(BaseModel, defer_build=True):
    """The plan."""

    tier: str = Field(description="The plan whose limits apply now.")
    status: str = Field(description="As in `GET /subscription`; `active` on `free` for users who never subscribed.")


class QuotaOverride(BaseModel, defer_build=True):
    """An operator's override of a quota."""

    own_limit: int | None = Field(description="A limit that replaces the plan's; null: the plan's.")
    extra_units: int = Field(description="Units added to the limit.")
    until: datetime | None = Field(description="When it ends; null: when an operator revokes it.")


class MemberUsage(BaseModel, defer_build=True):
    """What the current user may use of a quota of their team."""

    used: int = Field(description="Units that the user has used in the current window.")
    reserved: Annotated[int, Field(exclude=True)] = Field(default=0, description="Units held by the user's answers.")
    limit: int | None = Field(description="The most that the user may use; null: as much as the team has.")


class QuotaUsage(BaseModel, defer_build=True):
    """One quota in its current window; of a team, the pool that all members use."""

    used: int = Field(
        description="Units used in the current window: messages; for `web_searches`, searches; for `tokens`, tokens; "
        "for `cost`, micro-dollars."
    )
    reserved: int = Field(description="Units held by running answers.")
    limit: int = Field(description="Units of the window, including an operator's override.")
    grace_units: int = Field(description="Units granted beyond the limit before a refusal.")
    remaining: int = Field(description="limit − used − reserved, never below 0.")
    percentage_used: float = Field(description="used / limit, in percent.")
    resets_at: datetime = Field(description="When the next window starts.")
    resets_in: Annotated[int, Field(exclude=True)] = Field(description="Seconds until then, for headers.")
    frequency: Frequency = Field(description="The length of a window: three hours, a day or a month, both in UTC.")
    override: QuotaOverride | None = Field(default=None, description="An operator's override; null: none.")
    member: MemberUsage | None = Field(
        default=None, description="The user's own part of a team's quota; null: no team."
    )

    @property
    def available(self) -> int:
        """The units that a question could hold now, within the quota and the user's own limit."""
        pool = self.limit + self.grace_units - self.used - self.reserved
        if self.member is None or self.member.limit is None:
            return pool
        return min(pool, self.member.limit - self.member.used - self.member.reserved)

    def refusal(self, units: int) -> dict[str, Any]:
        """What a refusal of these units says: `of`, whose units are used up, and its figures; in a team also the role
        that can raise it. The pool is named if both are used up."""
        pool = {"used": self.used, "reserved": self.reserved, "limit": self.limit, "of": "workspace"}
        if self.member is None:
            return pool
        if units > self.limit + self.grace_units - self.used - self.reserved:
            return {**pool, "raised_by": "owner"}
        member = self.member
        return {
            "used": member.used,
            "reserved": member.reserved,
            "limit": member.limit,
            "of": "member",
            "raised_by": "admin",
        }


class Storage(BaseModel, defer_build=True):
    """A user's stored text and files. Beyond the limit, uploads, imports and forks are refused; questions never are."""

    used_bytes: int = Field(
        description="Bytes of conversations with their files, counted within the last hour, and of unused uploads."
    )
    limit_bytes: int = Field(description="The plan's limit in bytes.")


class DailyCeiling(BaseModel, defer_build=True):
    """What a user's answers may reserve and cost in a UTC day, at their models' prices."""

    used_micro_usd: int = Field(description="The reserved and actual cost of this day's answers, in micro-dollars.")
    limit_micro_usd: int = Field(description="The limit: the plan's share of the operator's daily limit.")
    resets_at: datetime = Field(description="When the next UTC day starts.")


class CreditsStatus(BaseModel, defer_build=True):
    """The part of credits in paying answers."""

    order: list[Literal["own_key", "plan", "credits"]] = Field(
        description="What pays answers, in this order. The second pays what the first cannot."
    )
    available_micro_usd: int | None = Field(
        description="The credits that can be used now; null for members of a team, who do not see them."
    )


class QuotaStatus(BaseModel, defer_build=True):
    """The answer of `GET /api/quota/status`."""

    subscription: PlanStatus = Field(description="The user's plan.")
    quotas: dict[str, QuotaUsage] = Field(description="The quotas by key.")
    storage: Storage = Field(description="The storage for text and files.")
    daily_ceiling: DailyCeiling | None = Field(description="The daily ceiling; null if the operator set no limit.")
    credits: CreditsStatus | None = Field(default=None, description="Credits; null if the plan alone pays answers.")
    kind: Annotated[WorkspaceKind, Field(exclude=True)] = Field(
        default="personal", description="The kind of the workspace, for refusals."
    )
    credits_may_pay: Annotated[bool, Field(exclude=True)] = Field(
        default=False, description="Whether credits are a source of its answers, for refusals."
    )


@dataclass
class QuotaRow:
    """One quota, with the values that all quotas of the user share."""

    tier: str
    kind: WorkspaceKind
    credits_may_pay: bool
    plan_limits: dict[str, int] | None
    status: str
    day_spent: int
    day_ends_at: datetime
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
    member: dict[str, int | None] | None
    storage_used: int
    credits: dict[str, Any] | None


async def status(principal: Principal) -> QuotaStatus:
    """Returns the user's plan and quotas. Due windows are shown as reset, even before the job has reset them."""
    rows = await _select(principal)
    if not rows:
        # The sign-up is incomplete: complete it, as the first question would.
        await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)
        rows = await _select(principal)
        if not rows:
            raise Unauthenticated
    return QuotaStatus(
        subscription=PlanStatus(tier=rows[0].tier, status=rows[0].status),
        quotas=usage_by_key(rows),
        storage=_storage(rows[0]),
        daily_ceiling=_ceiling(rows[0]),
        credits=None if rows[0].credits is None else CreditsStatus.model_validate(rows[0].credits),
        kind=rows[0].kind,
        credits_may_pay=rows[0].credits_may_pay,
    )


def usage_by_key(rows: Sequence[QuotaRow]) -> dict[str, QuotaUsage]:
    """The quotas of these rows by key."""
    return {row.quota_key: _quota(row) for row in rows}


def _storage(row: QuotaRow) -> Storage:
    limit = granted(row.plan_limits, "storage_bytes", plan_of(row.tier, row.kind).storage_bytes)
    return Storage(used_bytes=row.storage_used, limit_bytes=limit)


def _ceiling(row: QuotaRow) -> DailyCeiling | None:
    limit = daily_ceiling(plan_of(row.tier, row.kind))
    if limit is None:
        return None
    return DailyCeiling(used_micro_usd=row.day_spent, limit_micro_usd=limit, resets_at=row.day_ends_at)


def _quota(row: QuotaRow) -> QuotaUsage:
    override = QuotaOverride(own_limit=row.own_limit, extra_units=row.extra_units, until=row.override_until)
    return QuotaUsage(
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
        member=None if row.member is None else MemberUsage.model_validate({**row.member, "limit": row.member["most"]}),
    )


def quota_query(principal: Principal) -> Query[QuotaRow]:
    """Selects the workspace's plan with a row for each quota; none if the sign-up is incomplete."""
    return Query(
        """
        select p.subscription_tier as tier, p.kind, p.payment_sources like '%%credits%%' as credits_may_pay,
          p.plan_limits, p.subscription_status as status,
          case when p.spend_day = oneai.today() then p.spend_micro_usd else 0 end as day_spent,
          (oneai.today() + 1)::timestamp at time zone 'UTC' as day_ends_at, q.quota_key, w.used, w.reserved,
          w.most as quota_limit, q.grace_units, w.resets_at,
          ceil(extract(epoch from w.resets_at - oneai.now()))::integer as resets_in, q.reset_frequency as frequency,
          coalesce(q.override_until > oneai.now(), false) as overridden, q.own_limit, q.extra_units,
          nullif(q.override_until, 'infinity') as override_until,
          case when p.personal_of is null then (select row_to_json(s) from oneai.my_share(q) as s) end as member,
          (select oneai.storage_used(%s)) as storage_used, (select oneai.credits_of_answers(%s)) as credits
        from oneai.workspaces as p join oneai.usage_quotas as q on q.workspace_id = p.id
        cross join oneai.effective_quota(q, oneai.now()) as w
        where p.id = %s and w.most is not null order by q.quota_key
        """,
        [principal.workspace_id] * 3,
        QuotaRow,
    )


async def _select(principal: Principal) -> list[QuotaRow]:
    query = quota_query(principal)
    return await db.read_as(principal, query.text, query.params, query.row)
