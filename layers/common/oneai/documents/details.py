"""One document: its details, its chunks, and a link to its file."""

from datetime import datetime, timedelta
from typing import Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.clients import s3
from oneai.conversations import pages
from oneai.documents.document import CHUNK_COLUMNS, COLUMNS, Chunk, Document, object_key
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal, Query

FIRST_CHUNKS = 3
LINK_SECONDS = 900


class DocumentUse(BaseModel):
    """How often answers used it."""

    answers: int = Field(description="Answers that have it as a source.")
    last_used_at: datetime | None = Field(description="When the last of these answers was requested; null: never.")


class DocumentChatbot(BaseModel):
    """A chatbot that is asked from a document."""

    id: UUID = Field(description="The chatbot.")
    name: str = Field(description="Its name.")


class DocumentMetadata(BaseModel):
    """The results of its processing."""

    pages_without_text: int = Field(description="Pages on which no text was found, such as scanned ones.")
    unread_pages: int = Field(description="Pages among them that a model can still read, such as all pages of a scan.")
    arrived_at: datetime | None = Field(description="When its file was uploaded; null: not yet.")
    ready_at: datetime | None = Field(description="When all of it became searchable; null: not yet.")
    updated_at: datetime = Field(description="When it last changed.")


class DocumentSummary(BaseModel):
    """The last request of a summary."""

    state: Literal["waiting", "ready", "failed"] = Field(description="`waiting` while a model writes it.")
    problem: str | None = Field(description="Why it failed, as a sentence; null if it did not.")
    model: str | None = Field(description="The model that wrote `summary`; null: there is none yet.")
    written_at: datetime | None = Field(description="When `summary` was written; null: there is none yet.")
    units: int = Field(description="Units of the model's quota for the last request.")
    progress: float = Field(description="The share of the text that the last request has covered so far, from 0 to 1.")


class SummaryFigures(DocumentSummary):
    """The last request of a summary, and its usage."""

    prompt_tokens: int = Field(description="Prompt tokens of the last request so far.")
    completion_tokens: int = Field(description="Tokens that the model has written so far.")


class DocumentDetail(Document):
    """One document, with the start of its text."""

    summary: str | None = Field(description="The summary that a model wrote; null: none was written.")
    summary_request: DocumentSummary | None = Field(description="The last request of a summary; null: there was none.")

    first_chunks: list[Chunk] = Field(description="Its first chunks; `GET /documents/{id}/chunks` has all.")
    use: DocumentUse = Field(description="Answers that used it.")
    chatbots: list[DocumentChatbot] = Field(
        description="The chatbots that are asked from it. They lose it when it is deleted or made private."
    )
    metadata: DocumentMetadata = Field(description="Details of its file and its processing.")


class DocumentFigures(BaseModel):
    """The figures of one document."""

    id: UUID = Field(description="The document.")
    chunks: int = Field(description="Chunks of its text.")
    tokens: int = Field(description="Tokens of all of them, estimated.")
    pages: int | None = Field(description="Pages of the file; null: not known yet, or a type without pages.")
    pages_without_text: int = Field(description="Pages on which no text was found, such as scanned ones.")
    read_pages: int = Field(description="Pages that a model has read.")
    counted_pages: int = Field(description="The pages counted for it in the month in which it was read.")
    answers: int = Field(description="Answers that have it as a source.")
    last_used_at: datetime | None = Field(description="When the last of these answers was requested; null: never.")
    summary: SummaryFigures | None = Field(description="The last request of a summary; null: there was none.")


class ChunkPage(BaseModel):
    """A page of chunks."""

    items: list[Chunk] = Field(description="The chunks, in the document's order.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class DocumentLink(BaseModel):
    """A link to a document's file."""

    url: str = Field(description="The address of the file; browsers save it under its name.")
    expires_at: datetime = Field(description="Until when.")


class _Row(Document):
    summary: str | None
    summary_request: DocumentSummary | None
    pages_without_text: int
    unread_pages: int
    arrived_at: datetime | None
    ready_at: datetime | None
    updated_at: datetime
    answers: int
    last_used_at: datetime | None
    chatbots: list[DocumentChatbot]


class _FileRow(BaseModel):
    stored_in: UUID
    name: str
    now: datetime


_CHUNKS: LiteralString = f"""
    select {CHUNK_COLUMNS} from oneai.document_chunks as c
    where c.document_id = %s and c.ordinal > %s order by c.ordinal limit %s
    """
_SUMMARY: LiteralString = """
    json_build_object('state', s.state, 'problem', s.problem, 'model', s.model, 'written_at', s.written_at,
      'units', s.units, 'prompt_tokens', s.prompt_tokens, 'completion_tokens', s.completion_tokens,
      'progress', case s.state when 'ready' then 1 else least(s.covered::real / greatest(d.chunks, 1), 1) end)
    """
_EXISTS: LiteralString = "select d.id from oneai.documents as d where d.id = %s"


class _Id(BaseModel):
    id: UUID


async def get_document(principal: Principal, document_id: UUID) -> DocumentDetail:
    """Returns the document, also if it is attached to a conversation. Raises NotFound."""
    rows, chunks = await db.read_all_as(
        principal,
        Query(
            f"""
            select {COLUMNS}, d.pages_without_text, d.arrived_at, d.ready_at, d.updated_at, d.answers, d.last_used_at,
              oneai.count_pages(oneai.unread_pages(d)) as unread_pages, s.content as summary,
              case when s.document_id is not null then {_SUMMARY} end as summary_request,
              (select coalesce(json_agg(b), '[]') from oneai.chatbots_of_document(d.id) as b) as chatbots
            from oneai.documents as d left join oneai.document_summaries as s on s.document_id = d.id
            where d.id = %s
            """,
            [document_id],
            _Row,
        ),
        Query(_CHUNKS, [document_id, 0, FIRST_CHUNKS], Chunk),
    )
    if not rows:
        raise NotFound
    fields = rows[0].model_dump()
    return DocumentDetail(**fields, first_chunks=chunks, use=DocumentUse(**fields), metadata=DocumentMetadata(**fields))


async def list_chunks(principal: Principal, document_id: UUID, limit: int, cursor: str | None) -> ChunkPage:
    """Returns the document's chunks so far. Raises NotFound, InvalidRequest for an invalid cursor."""
    after = 0 if cursor is None else _after(cursor)
    found, rows = await db.read_all_as(
        principal,
        Query(_EXISTS, [document_id], _Id),
        Query(_CHUNKS, [document_id, after, limit + 1], Chunk),
    )
    if not found:
        raise NotFound
    items = rows[: pages.count_fitting(rows[:limit])]
    return ChunkPage(items=items, next_cursor=cursors.encode(items[-1].ordinal) if len(items) < len(rows) else None)


def _after(cursor: str) -> int:
    (ordinal,) = cursors.decode(cursor, int)
    if not 0 <= ordinal < 2**31:
        raise cursors.invalid_cursor()
    return int(ordinal)


async def get_figures(principal: Principal, document_id: UUID) -> DocumentFigures:
    """Returns the document's figures. Raises NotFound."""
    rows = await db.read_as(
        principal,
        f"""
        select d.id, d.chunks, d.pages, d.pages_without_text, d.counted_pages, d.answers, d.last_used_at,
          oneai.count_pages(d.pages_read) as read_pages,
          coalesce((select sum(c.tokens) from oneai.document_chunks as c where c.document_id = d.id), 0) as tokens,
          case when s.document_id is not null then {_SUMMARY} end as summary
        from oneai.documents as d left join oneai.document_summaries as s on s.document_id = d.id
        where d.id = %s
        """,
        [document_id],
        DocumentFigures,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def link_to_file(principal: Principal, document_id: UUID) -> DocumentLink:
    """Returns a link to the document's file, valid for 15 minutes. Raises NotFound, also before the file was
    uploaded."""
    rows = await db.read_as(
        principal,
        """
        select coalesce(d.stored_in, d.workspace_id) as stored_in, d.name, oneai.now() as now from oneai.documents as d
        where d.id = %s and d.arrived_at is not null
        """,
        [document_id],
        _FileRow,
    )
    if not rows:
        raise NotFound
    file = rows[0]
    url = await s3.download_url(
        object_key(file.stored_in, document_id), now=file.now, seconds=LINK_SECONDS, download_as=file.name
    )
    return DocumentLink(url=url, expires_at=file.now + timedelta(seconds=LINK_SECONDS))
