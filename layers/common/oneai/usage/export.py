"""Exports usage events as CSV, or as one JSON object per line."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import IO, Literal
from uuid import UUID

from oneai.conversations.archive import DownloadInfo, ExportAccepted, ExportJob, ExportWriters, Owner
from oneai.csv_file import csv_lines
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.usage.date_range import DateRange

type UsageFormat = Literal["csv", "jsonl"]
MEDIA_TYPES: dict[UsageFormat, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
# Part of Lambda's 6 MB, because JSON within JSON doubles quotes and line ends.
DIRECT_BYTES = 4_500_000
# Rows per statement; the last row's id is the cursor of the next page.
PAGE = 5_000


@dataclass
class UsageEvent:
    """One line: an answer, embeddings of a program, pages that a model read, a document's summary (`purpose`), or the
    correction of an answer's cost. Times are ISO 8601 in UTC, cost is in micro-dollars. A chatbot's answer
    to a visitor has no `user_id`; with one it is that of a preview."""

    id: int
    created_at: datetime
    purpose: str
    outcome: str
    conversation_id: UUID | None
    message_id: UUID | None
    model_asked: str
    model_served: str | None
    provider: str | None
    quota_key: str | None
    charged: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int
    estimated: bool
    price_version: str
    web_search_requests: int
    web_searches_charged: int
    web_search_micro_usd: int
    user_id: UUID | None
    chatbot_id: UUID | None
    paid_by: str
    charged_micro_usd: int


COLUMNS = tuple(field.name for field in fields(UsageEvent))
_values = attrgetter(*COLUMNS)


@dataclass(frozen=True)
class UsageFile:
    """A usage file small enough for one response."""

    body: bytes
    media_type: str
    name: str


async def export(principal: Principal, date_range: DateRange, format: UsageFormat) -> UsageFile | ExportAccepted:
    """Returns the events of the range, oldest first, or a queued export if they are too many. In a team they are the
    user's own, and those of all members for owners and admins."""
    output = b""
    async for piece in export_pieces(principal, date_range.since, date_range.until, format):
        output += piece
        if len(output) > DIRECT_BYTES:
            (export_id,) = await db.call(
                "select oneai.request_usage_export(%s, %s, %s, %s, %s)",
                [principal.user_id, principal.workspace_id, f"usage_{format}", date_range.since, date_range.until],
                idempotent=True,
            )
            return ExportAccepted(export_id=export_id)
    return UsageFile(output, MEDIA_TYPES[format], _name(date_range.since, format))


async def _write(format: UsageFormat, work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    """Writes an export of usage for the job."""
    since, until = work.since or work.created_at, work.until or work.created_at
    # A role that has risen since the request does not add others' lines to a file that needs the right `read` alone.
    only = None if work.needed_right == "manage" else work.user_id
    async for piece in export_pieces(Owner(work.user_id, work.workspace_id), since, until, format, only):
        file.write(piece)
    return DownloadInfo(_name(since, format), MEDIA_TYPES[format])


WRITERS: ExportWriters = {"usage_csv": partial(_write, "csv"), "usage_jsonl": partial(_write, "jsonl")}


def _name(since: datetime, format: UsageFormat) -> str:
    return f"usage-{since:%Y-%m-%d}.{format}"


async def export_pieces(
    principal: Principal, since: datetime, until: datetime, format: UsageFormat, only: UUID | None = None
) -> AsyncIterator[bytes]:
    """The file with the events of a range, one page of events at a time; `only` those of this user."""
    if format == "csv":
        yield csv_lines([COLUMNS]).encode()
    last = 0
    while events := await _select(principal, since, until, last, only):
        yield _lines(events, format)
        last = events[-1].id


def _lines(events: list[UsageEvent], format: UsageFormat) -> bytes:
    rows = [[_json_value(value) for value in _values(event)] for event in events]
    if format == "csv":
        return csv_lines(rows).encode()
    return "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows).encode()


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


async def _select(
    principal: Principal, since: datetime, until: datetime, after: int, only: UUID | None
) -> list[UsageEvent]:
    return await db.read_as(
        principal,
        """
        select id, created_at, purpose, outcome, conversation_id, message_id, model_asked, model_served, provider,
          quota_key, charged, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd,
          estimated, price_version, web_search_requests, web_searches_charged, web_search_micro_usd, user_id,
          chatbot_id, paid_by, oneai.charged_part(e) as charged_micro_usd
        from oneai.usage_events as e
        where workspace_id = %s and created_at >= %s and created_at < %s and id > %s
          and (paid_by <> 'plan' or not oneai.is_paid_by_operator(purpose)) and (%s::uuid is null or user_id = %s)
        order by id limit %s
        """,
        [principal.workspace_id, since, until, after, only, only, PAGE],
        UsageEvent,
    )
