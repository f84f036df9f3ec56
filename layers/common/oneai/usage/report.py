"""Usage reports: totals of a date range, and by day, model, provider, key or member."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import ceil
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.postgres import db
from oneai.postgres.db import Principal, Query
from oneai.usage.date_range import DateRange

type GroupBy = Literal["day", "model", "provider", "key", "member"]

# The base of `first_token_bucket`, as in `oneai.to_rollup_row`.
BUCKET_BASE = 1.1


class Totals(BaseModel):
    """Totals of what was charged to a user: answers, and in tokens and cost also embeddings of programs, pages that a
    model read, and summaries of documents. What credits pay includes titles, and what prepares answers.

    Percentiles of a total cannot be derived from those of its parts.
    """

    messages: int = Field(description="Answers, including failed ones; nothing else is counted.")
    prompt_tokens: int = Field(description="Tokens of prompts.")
    completion_tokens: int = Field(description="Tokens of answers, including reasoning.")
    cached_tokens: int = Field(description="Tokens of prompts from providers' caches.")
    reasoning_tokens: int = Field(description="Reasoning tokens.")
    cost_micro_usd: int = Field(description="Cost in micro-dollars.")
    credits_micro_usd: int = Field(description="What credits were charged, in micro-dollars.")
    errors: int = Field(description="Answers that failed or were interrupted.")
    first_token_ms_p50: int | None = Field(
        description="Median milliseconds to the first text, accurate to 5%; null without answers."
    )
    first_token_ms_p95: int | None = Field(description="The 95th percentile of the same.")


class UsageItem(Totals):
    """One day, model, provider, key or member; fields are null for usage without one."""

    day: str | None = Field(default=None, description="The day in `tz`; with `group_by=day` only.")
    model: str | None = Field(default=None, description="The model that answered; with `group_by=model` only.")
    provider: str | None = Field(default=None, description="The provider that ran it; with `group_by=provider` only.")
    key: UUID | None = Field(default=None, description="The API key that was used; with `group_by=key` only.")
    member: UUID | None = Field(
        default=None, description="The user who asked, of a team also a former member; with `group_by=member` only."
    )


class UsageReport(BaseModel):
    """The usage in a date range."""

    since: datetime = Field(serialization_alias="from", description="The beginning.")
    until: datetime = Field(serialization_alias="to", description="The end (exclusive).")
    tz: str = Field(description="The time zone of the days.")
    totals: Totals = Field(description="The sums.")
    items: list[UsageItem] = Field(
        description="The figures by `group_by`; except for percentiles they add up to the totals."
    )


@dataclass
class UsageRow:
    """Totals of one group and one bucket of first-token times."""

    part: str
    first_token_bucket: int
    messages: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cost_micro_usd: int
    credits_micro_usd: int
    errors: int


async def report(
    principal: Principal, date_range: DateRange, group_by: GroupBy | None, api_key_id: UUID | None = None
) -> UsageReport:
    """Current usage, of one API key or of all usage: the rollups, and the events that are not rolled up yet.

    Usage by member needs the right `manage`: raises RoleInsufficient without it.
    """
    rows = await _select(principal, date_range, group_by, api_key_id)
    return UsageReport(
        since=date_range.since,
        until=date_range.until,
        tz=date_range.tz,
        totals=_sum(rows),
        items=[_item(group_by, part, list(of_part)) for part, of_part in groupby(rows, lambda row: row.part)]
        if group_by
        else [],
    )


def _item(group_by: GroupBy, part: str, rows: list[UsageRow]) -> UsageItem:
    return UsageItem.model_validate({**_sum(rows).model_dump(), group_by: _group_value(group_by, part)})


def _group_value(group_by: GroupBy, part: str) -> str | UUID | None:
    if group_by in ("key", "member"):
        return UUID(part) if UUID(part).int else None
    return part or None


def _sum(rows: list[UsageRow]) -> Totals:
    counts: Counter[int] = Counter()
    for row in rows:
        if row.first_token_bucket >= 0:
            counts[row.first_token_bucket] += row.messages
    return Totals(
        messages=sum(row.messages for row in rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
        reasoning_tokens=sum(row.reasoning_tokens for row in rows),
        cost_micro_usd=sum(row.cost_micro_usd for row in rows),
        credits_micro_usd=sum(row.credits_micro_usd for row in rows),
        errors=sum(row.errors for row in rows),
        first_token_ms_p50=percentile(counts, 50),
        first_token_ms_p95=percentile(counts, 95),
    )


def percentile(counts: Counter[int], percent: int) -> int | None:
    """The nearest-rank percentile of bucketed milliseconds, as the middle of its bucket."""
    rank = ceil(counts.total() * percent / 100)
    for bucket in sorted(counts):
        rank -= counts[bucket]
        if rank <= 0:
            return int(BUCKET_BASE ** (bucket + 0.5) + 0.5)
    return None


async def _select(
    principal: Principal, date_range: DateRange, group_by: GroupBy | None, api_key_id: UUID | None
) -> list[UsageRow]:
    usage = Query(
        """
        select case %s when 'day' then to_char(u.quarter_hour at time zone %s, 'YYYY-MM-DD') when 'model' then u.model
            when 'provider' then u.provider when 'key' then u.api_key_id::text
            when 'member' then u.user_id::text else '' end as part,
          u.first_token_bucket, coalesce(sum(u.messages) filter (where u.purpose = 'answer'), 0)::bigint as messages,
          sum(u.prompt_tokens)::bigint as prompt_tokens, sum(u.completion_tokens)::bigint as completion_tokens,
          sum(u.cached_tokens)::bigint as cached_tokens,
          sum(u.reasoning_tokens)::bigint as reasoning_tokens, sum(u.cost_micro_usd)::bigint as cost_micro_usd,
          sum(u.credits_micro_usd)::bigint as credits_micro_usd,
          coalesce(sum(u.errors) filter (where u.purpose = 'answer'), 0)::bigint as errors
        from (
          select * from oneai.usage_rollups where workspace_id = %s and quarter_hour >= %s and quarter_hour < %s
          union all
          select (oneai.to_rollup_row(e)).* from oneai.usage_events as e
          where e.workspace_id = %s and not e.rolled_up and e.created_at >= %s and e.created_at < %s
        ) as u
        where (u.paid_by <> 'plan' or not oneai.is_paid_by_operator(u.purpose))
          and (%s::uuid is null or u.api_key_id = %s)
        group by 1, 2 order by 1, 2
        """,
        [
            group_by,
            date_range.tz,
            *[principal.workspace_id, date_range.since, date_range.until] * 2,
            api_key_id,
            api_key_id,
        ],
        UsageRow,
    )
    if group_by != "member":
        return await db.read_as(principal, usage.text, usage.params, usage.row)
    right = Query("select oneai.require_my_right(%s, 'manage') as role", [principal.workspace_id], dict)
    _, rows = await db.read_all_as(principal, right, usage)
    return rows
