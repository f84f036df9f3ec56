"""Queues of jobs, and their failed work: mail, exports and imports. Admins can retry mail and exports."""

from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.errors import NotFound
from oneai.postgres import db

type LetterKind = Literal["mail", "export", "import"]


class JobQueue(BaseModel):
    """The work that waits for one job."""

    name: str = Field(description="Such as `mail`, `provider_operations` or `usage_roll_up`.")
    waiting: int = Field(description="The number of due items, up to 10,000.")
    oldest_at: datetime | None = Field(description="When the oldest item became due.")
    failed: int = Field(description="The number of failed items, up to 10,000.")


class JobQueueList(BaseModel):
    """All queues."""

    items: list[JobQueue] = Field(description="Queues, sorted by name.")


class DeadLetter(BaseModel):
    """An item on which a job gave up."""

    kind: LetterKind = Field(
        description="The kind of item. Imports cannot be retried; their owner imports the file again."
    )
    id: UUID = Field(description="Its id.")
    user_id: UUID | None = Field(description="The owner; null for mail to operators.")
    what: str = Field(description="The kind of mail, or the format of an export.")
    problem: str | None = Field(description="Why it failed.")
    attempts: int = Field(description="The number of attempts.")
    created_at: datetime = Field(description="When it was requested.")


class DeadLetterPage(BaseModel):
    """A page of failed items."""

    items: list[DeadLetter] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


# Each query counts part of an index and at most 10,000 rows.
QUEUES: LiteralString = """
    select 'mail' as name, (select count(*) from (select from oneai.outbox
        where state = 'waiting' and due_at <= oneai.now() limit 10000) as w) as waiting,
      (select min(due_at) from oneai.outbox where state = 'waiting' and due_at <= oneai.now()) as oldest_at,
      (select count(*) from (select from oneai.outbox where state = 'failed' limit 10000) as f) as failed
    union all
    -- Started jobs, including those that ask the provider or the storage again, and due jobs.
    select 'account_deletions', (select count(*) from (
        (select deletes_at from oneai.account_deletions)
        union all
        (select u.deletes_at from oneai.users as u where u.deletes_at <= oneai.now()
          and not exists (select from oneai.account_deletions as d where d.user_id = u.id))
        limit 10000) as w),
      least((select min(deletes_at) from oneai.account_deletions),
        (select min(deletes_at) from oneai.users where deletes_at <= oneai.now())), 0
    union all
    select 'workspace_deletions', (select count(*) from (
        (select deletes_at from oneai.workspace_deletions)
        union all
        (select w.deletes_at from oneai.workspaces as w where w.deletes_at <= oneai.now()
          and not exists (select from oneai.workspace_deletions as d where d.workspace_id = w.id))
        limit 10000) as w),
      least((select min(deletes_at) from oneai.workspace_deletions),
        (select min(deletes_at) from oneai.workspaces where deletes_at <= oneai.now())), 0
    union all
    select 'exports', (select count(*) from (select from oneai.exports
        where state in ('queued', 'running') limit 10000) as w),
      (select min(created_at) from oneai.exports where state in ('queued', 'running')),
      (select count(*) from (select from oneai.exports where state = 'failed' limit 10000) as f)
    union all
    select 'imports', (select count(*) from (select from oneai.imports
        where state in ('queued', 'running') limit 10000) as w),
      (select min(created_at) from oneai.imports where state in ('queued', 'running')),
      (select count(*) from (select from oneai.imports where state = 'failed' limit 10000) as f)
    union all
    select 'provider_events', (select count(*) from (select from oneai.provider_events
        where state = 'pending' limit 10000) as w),
      (select min(received_at) from oneai.provider_events where state = 'pending'), 0
    union all
    select 'provider_operations', (select count(*) from (select from oneai.provider_operations
        where state = 'pending' and due_at <= oneai.now() limit 10000) as w),
      (select min(due_at) from oneai.provider_operations where state = 'pending' and due_at <= oneai.now()),
      (select count(*) from (select from oneai.provider_operations where state = 'failed' limit 10000) as f)
    union all
    select 'subscription_syncs', (select count(*) from (select from oneai.subscriptions
        where next_sync_at <= oneai.now() limit 10000) as w),
      (select min(next_sync_at) from oneai.subscriptions where next_sync_at <= oneai.now()), 0
    union all
    select 'expired_answers', (select count(*) from (select from oneai.reservations
        where settled_at is null and held_until <= oneai.now() limit 10000) as w),
      (select min(held_until) from oneai.reservations where settled_at is null and held_until <= oneai.now()), 0
    union all
    select 'search_index', (select count(*) from (select from oneai.search_queue limit 10000) as w),
      (select min(queued_at) from oneai.search_queue), 0
    union all
    select 'usage_roll_up', (select count(*) from (select from oneai.usage_events
        where not rolled_up limit 10000) as w),
      (select created_at from oneai.usage_events where not rolled_up order by id limit 1), 0
    order by name
"""


async def list_queues() -> JobQueueList:
    """Returns the queue of every job."""
    return JobQueueList(items=await db.as_admin(QUEUES, [], JobQueue))


async def list_dead_letters(cursor: str | None, limit: int) -> DeadLetterPage:
    """Returns a page of failed items."""
    at, last = pages.after_time(cursor)
    rows = await db.as_admin(
        """
        select * from (
          (select 'mail' as kind, id, user_id, kind as what, problem, attempts, created_at from oneai.outbox
            where state = 'failed' and (%s::timestamptz is null or (created_at, id) < (%s, %s))
            order by created_at desc, id desc limit %s)
          union all
          (select 'export', id, user_id, format, error, attempts, created_at from oneai.exports
            where state = 'failed' and (%s::timestamptz is null or (created_at, id) < (%s, %s))
            order by created_at desc, id desc limit %s)
          union all
          (select 'import', id, user_id, 'conversations', error, attempts, created_at from oneai.imports
            where state = 'failed' and (%s::timestamptz is null or (created_at, id) < (%s, %s))
            order by created_at desc, id desc limit %s)
        ) as letters order by created_at desc, id desc limit %s
        """,
        [*[at, at, last, limit + 1] * 3, limit + 1],
        DeadLetter,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return DeadLetterPage(items=items, next_cursor=following)


async def retry(actor: Actor, kind: Literal["mail", "export"], letter_id: UUID, reason: str) -> None:
    """Makes the job retry an item within a minute, with all its attempts. Raises NotFound for an item that has not
    failed."""
    query: LiteralString = (
        """
        update oneai.outbox
        set state = 'waiting', attempts = 0, due_at = oneai.now(), waiting_since = oneai.now(), settled_at = null
        where id = %s and state = 'failed' returning user_id
        """
        if kind == "mail"
        else """
        update oneai.exports as e set state = 'queued', attempts = 0, error = null
        where id = %s and state = 'failed' returning user_id
        """
    )
    async with act(actor, reason) as running:
        row = await running.call(query, [letter_id])
        if row is None:
            raise NotFound
        await running.record("job.retry", user_id=row[0], target=(kind, letter_id))
