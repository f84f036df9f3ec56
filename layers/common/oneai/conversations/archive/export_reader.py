"""Reads a conversation for export: page by page under its owner's row-level security, rendered in a format."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, LiteralString
from uuid import UUID

from oneai.conversations.archive import render
from oneai.conversations.archive.document import ExportedConversation, ExportedMessage, ExportHeader
from oneai.conversations.archive.render import ExportFormat
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

type FormatName = Literal["json", "markdown", "html", "txt"]

# Bytes of messages per page; a single message may be larger.
PAGE_BYTES = 4_000_000
PAGE_MESSAGES = 500

FORMATS: dict[str, ExportFormat] = {
    "json": ExportFormat(
        extension="json",
        media_type="application/json",
        whole_tree=True,
        begin=lambda head: head.model_dump_json()[:-1] + ',"messages":[\n',
        each=lambda message: message.model_dump_json(),
        between=",\n",
        end="\n]}\n",
    ),
    "markdown": render.MARKDOWN,
    "html": render.HTML,
    "txt": render.TEXT,
}


@dataclass(frozen=True)
class Owner:
    """The owner of an export: the job reads as that user, under row-level security. `chosen` is the workspace that the
    export is of; None: the personal one.

    With `departure_id` it reads what waits for the user in a team that they left, which row-level security hides: as
    the service, by the user's id.
    """

    user_id: UUID
    chosen: UUID | None = None
    departure_id: UUID | None = None

    @property
    def claims(self) -> str:
        """The same claims as in an access token."""
        return json.dumps({"sub": str(self.user_id), "role": "authenticated"})

    @property
    def workspace_id(self) -> UUID:
        """The workspace that the export is of. The personal one has the user's id."""
        return self.chosen or self.user_id


async def read_as_owner[T](principal: Principal, query: LiteralString, params: Sequence[Any], row: type[T]) -> list[T]:
    """Returns the rows of a `select` that names the user, as the owner of the export may read them."""
    if isinstance(principal, Owner) and principal.departure_id is not None:
        return await db.as_service(query, params, row)
    return await db.read_as(principal, query, params, row)


@dataclass
class _Size:
    characters: int


async def load_header(principal: Principal, conversation_id: UUID) -> ExportHeader:
    """The conversation without its messages. Raises NotFound, also for temporary ones."""
    rows = await read_as_owner(
        principal,
        """
        select oneai.now() as exported_at, to_jsonb(c) as conversation from oneai.conversations as c
        where c.id = %s and c.user_id = %s and not c.temporary
        """,
        [conversation_id, principal.user_id],
        ExportHeader,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def min_bytes(principal: Principal, conversation_id: UUID, file_format: ExportFormat) -> int:
    """The size of the conversation's texts, without markup."""
    rows = await read_as_owner(
        principal,
        """
        select coalesce(sum(octet_length(content) + coalesce(octet_length(reasoning), 0)), 0)::bigint as characters
        from oneai.chat_messages
        where conversation_id = %s and user_id = %s and (%s or is_latest)
        """,
        [conversation_id, principal.user_id, file_format.whole_tree],
        _Size,
    )
    return rows[0].characters


async def render_pieces(principal: Principal, header: ExportHeader, file_format: ExportFormat) -> AsyncIterator[str]:
    """The rendered conversation, piece by piece. Concurrent messages may or may not be included."""
    yield file_format.begin(header)
    between = ""
    sequence, revision = 0, 0
    while rows := await _messages(principal, header.conversation, file_format, sequence, revision):
        for message in rows:
            yield between + file_format.each(message)
            between = file_format.between
        sequence, revision = rows[-1].sequence_number, rows[-1].revision_number
    yield file_format.end


async def _messages(
    principal: Principal, conversation: ExportedConversation, file_format: ExportFormat, sequence: int, revision: int
) -> list[ExportedMessage]:
    """The page of messages after this one."""
    return await read_as_owner(
        principal,
        """
        with page as (
          select m.*, row_number() over (order by m.sequence_number, m.revision_number) as place,
            sum(octet_length(m.content) + coalesce(octet_length(m.reasoning), 0)
              + octet_length(coalesce(m.metadata ->> 'attachments', '')))
              over (order by m.sequence_number, m.revision_number) as bytes
          from (
            select * from oneai.chat_messages
            where conversation_id = %s and user_id = %s
              and (%s or is_latest or id in (select a.id from oneai.compared_answers(%s) as a))
              and (sequence_number, revision_number) > (%s, %s)
            order by sequence_number, revision_number limit %s
          ) as m
        )
        select m.id, m.parent_message_id, m.role, m.state, m.sequence_number, m.revision_number, m.revision_type,
          m.original_message_id, m.turn_id, m.is_chosen, m.is_latest, m.chosen_at,
          m.first_token_ms, m.reasoning_length, m.model_id as model, m.model_served, m.provider,
          m.finish_reason, m.error_code, m.usage, m.created_at, m.ended_at,
          case m.state when 'streaming' then (
            select coalesce(string_agg(p.text, '' order by p.at), '') from oneai.answer_pieces as p
            where p.message_id = m.id and p.kind = 'text') else m.content end as content,
          case m.state when 'streaming' then (
            select string_agg(p.text, '' order by p.at) from oneai.answer_pieces as p
            where p.message_id = m.id and p.kind = 'reasoning') else m.reasoning end as reasoning,
          made.how -> 'adjust' as adjust, coalesce(made.how ? 'edited', false) as edited,
          coalesce(m.metadata -> 'attachments', '[]') as attachments,
          case jsonb_typeof(m.metadata -> 'images') when 'array' then jsonb_array_length(m.metadata -> 'images')
            else coalesce((m.metadata ->> 'images_left_out')::integer, 0) end as images,
          coalesce(m.metadata -> 'sources', '[]') as sources,
          (select u.content from oneai.conversation_summaries as u where u.message_id = m.id) as summary,
          case when f.message_id is not null
            then jsonb_build_object('rating', f.rating, 'note', f.note) end as feedback
        from page as m left join oneai.message_feedback as f on f.message_id = m.id
        cross join lateral (select oneai.version_made(m.role, m.revision_type, m.metadata) as how) as made
        where m.place = 1 or m.bytes <= %s
        order by m.sequence_number, m.revision_number
        """,
        [
            *(conversation.id, principal.user_id, file_format.whole_tree, conversation.id, sequence, revision),
            *(PAGE_MESSAGES, PAGE_BYTES),
        ],
        ExportedMessage,
    )
