"""Lists documents: filtered, in one of three orders, page by page."""

from datetime import datetime
from typing import Literal, LiteralString, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.conversations import pages
from oneai.documents.document import LISTED_COLUMNS, Document, Status
from oneai.plans.limits_and_prices import WorkspaceKind, granted, plan_of
from oneai.postgres import db
from oneai.postgres.authors import with_authors
from oneai.postgres.db import Principal, Query
from oneai.text import clean_line

Sort = Literal["date", "size", "status"]
Order = Literal["asc", "desc"]
# The statuses that `processing` stands for in a filter.
PROCESSING: tuple[Status, ...] = ("waiting", "scanning", "extracting", "embedding")


class DocumentStats(BaseModel):
    """The storage of all documents, and the plan's limits."""

    total_bytes: int = Field(description="Bytes of all documents that you may read.")
    limit_bytes: int = Field(description="Your plan's storage, which conversations use too.")
    pages_this_month: int = Field(description="Pages that were read this month (UTC).")
    limit_pages: int = Field(description="The pages per month of your plan.")


class DocumentPage(BaseModel):
    """A page of documents."""

    items: list[Document] = Field(description="The documents, in the requested order.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")
    stats: DocumentStats = Field(description="Figures of all your documents, not only of this page.")


class DocumentFilters(pages.PageRequest):
    """Which documents to list, and in what order."""

    sort: Sort = Field(default="date", description="The sort key; `date` is the time of the upload.")
    order: Order | None = Field(default=None, description="Absent: newest or largest first; `status` from A.")
    collection_id: UUID | None = Field(default=None, description="Only documents in this collection.")
    chatbot_id: UUID | None = Field(
        default=None,
        description="Only documents that this chatbot's draft or published version is asked from. `chatbotId` is "
        "accepted too.",
    )
    status: Literal[Status, "processing"] | None = Field(
        default=None, description="Only documents with this status; `processing` is every one but `ready` and `failed`."
    )
    tag: str | None = Field(default=None, max_length=50, description="Only documents with this tag.")
    q: str | None = Field(default=None, max_length=200, description="A part of the name, ignoring case.")


class _SortKey(NamedTuple):
    """A sort key. The expressions match the indexes'."""

    column: LiteralString
    kind: LiteralString
    usual: Order


_SORT_KEYS: dict[Sort, _SortKey] = {
    "date": _SortKey("d.created_at", "timestamptz", "desc"),
    "size": _SortKey("d.size", "bigint", "desc"),
    "status": _SortKey("d.status", "text", "asc"),
}


class _Row(Document):
    sort_key: datetime | int | str


class _StatsRow(BaseModel):
    total_bytes: int
    pages_this_month: int
    tier: str | None
    kind: WorkspaceKind | None
    plan_limits: dict[str, int] | None


_STATS: LiteralString = """
    select
      coalesce((select sum(d.size) from oneai.documents as d where d.workspace_id = %s), 0) as total_bytes,
      coalesce((
        select p.pages from oneai.document_page_counts as p
        where p.workspace_id = %s and p.month = oneai.document_page_month()), 0) as pages_this_month,
      w.subscription_tier as tier, w.kind, w.plan_limits
    from (select) as nothing left join oneai.workspaces as w on w.id = %s
    """


async def list_documents(principal: Principal, filters: DocumentFilters) -> DocumentPage:
    """The matching documents, but those of conversations. Raises InvalidRequest for an invalid cursor, or one of
    another order."""
    key = _SORT_KEYS[filters.sort]
    order: Order = filters.order or key.usual
    position = [] if filters.cursor is None else _position(filters.cursor, filters.sort, order)
    name, tag = filters.q and clean_line(filters.q), filters.tag and clean_line(filters.tag)
    workspace = principal.workspace_id
    status = list(PROCESSING) if filters.status == "processing" else filters.status and [filters.status]
    rows, (stats,) = await db.read_all_as(
        principal,
        Query(
            _query(key, order, first=not position),
            [
                *(
                    workspace,
                    filters.collection_id,
                    filters.collection_id,
                    filters.chatbot_id,
                    filters.chatbot_id,
                    status,
                    status,
                    tag,
                    tag,
                ),
                *(name or None, name or None, *position, filters.limit + 1),
            ],
            _Row,
        ),
        Query(_STATS, [workspace, workspace, workspace], _StatsRow),
    )
    items = rows[: pages.count_fitting(rows[: filters.limit])]
    last = items[-1] if items and len(items) < len(rows) else None
    return DocumentPage(
        items=[Document.model_validate(row.model_dump()) for row in items],
        next_cursor=cursors.encode(filters.sort, order, _key_text(last.sort_key), str(last.id)) if last else None,
        stats=_stats(stats),
    )


def _query(key: _SortKey, order: Order, *, first: bool) -> LiteralString:
    direction: LiteralString = "desc" if order == "desc" else "asc"
    comparison: LiteralString = "<" if order == "desc" else ">"
    position: LiteralString = "" if first else f"and ({key.column}, d.id) {comparison} (%s::{key.kind}, %s)"
    rows: LiteralString = f"""
        select {LISTED_COLUMNS}, d.user_id as author_id, {key.column} as sort_key
        from oneai.documents as d
        where d.workspace_id = %s and not d.attached
          and (%s::uuid is null or d.collection_id = %s)
          and (%s::uuid is null or d.id in (select oneai.documents_linked_to(%s)))
          and (%s::text[] is null or d.status = any(%s))
          and (%s::text is null or d.tags @> array[%s])
          and (%s::text is null or strpos(lower(d.name), lower(%s)) > 0)
          {position}
        order by {key.column} {direction}, d.id {direction} limit %s
        """
    return with_authors(rows, f"page.sort_key {direction}, page.id {direction}")


def _stats(row: _StatsRow) -> DocumentStats:
    plan = plan_of(row.tier, row.kind or "personal")
    return DocumentStats(
        total_bytes=row.total_bytes,
        limit_bytes=granted(row.plan_limits, "storage_bytes", plan.storage_bytes),
        pages_this_month=row.pages_this_month,
        limit_pages=granted(row.plan_limits, "document_pages", plan.document_pages),
    )


def _key_text(key: datetime | int | str) -> str:
    return key.isoformat() if isinstance(key, datetime) else str(key)


def _position(cursor: str, sort: Sort, order: Order) -> list[datetime | int | str | UUID]:
    by, direction, key, last = cursors.decode(cursor, str, str, str, str)
    if (by, direction) != (sort, order):
        raise cursors.invalid_cursor()
    place: datetime | int | str = key
    if sort == "date":
        place = cursors.parse_time(key)
    elif sort == "size":
        place = cursors.parse(_bigint, key)
    return [place, cursors.parse(UUID, last)]


def _bigint(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError("no size")
    return number
