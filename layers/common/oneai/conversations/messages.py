"""Messages in API form, as many as fit on a page."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import files, metrics
from oneai.conversations.feedback import Feedback
from oneai.conversations.reasoning import Thoughts
from oneai.models.outcome import MAX_REASONING
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.quota.paid_by import PaidBy

# The limit of a page, so that it fits into Lambda's 6 MB in the worst case: JSON within JSON takes seven bytes for a
# control character. A single message may be longer, up to the limit of `chat.Question`.
PAGE_BYTES = 850_000
# Longer thoughts are not part of a page; a client reads them when they are opened.
REASONING_BYTES = 4_000
# The size of a message's other fields.
OVERHEAD_BYTES = 700
# Larger images of a message are left out, because they would make the conversation unreadable.
IMAGE_BYTES = 4_500_000
MAX_SEQUENCE_NUMBER = 2**31 - 1


class MessageUsage(BaseModel):
    """The usage of an answer."""

    prompt_tokens: int = Field(description="Tokens of the prompt, including history.")
    completion_tokens: int = Field(description="Tokens of the answer, including reasoning.")
    reasoning_tokens: int = Field(description="The reasoning tokens among them.")
    cached_tokens: int = Field(description="Tokens of the prompt from the provider's cache.")
    cost_micro_usd: int = Field(description="The cost of the answer, in micro-dollars.")
    estimated: bool = Field(description="True until OpenRouter has reported the cost.")
    web_search_requests: int = Field(default=0, description="How often the web was searched, as far as reported.")
    charged_micro_usd: int = Field(
        default=0, description="What it was charged: its price in credits, or the part of its cost that the plan paid."
    )
    paid_by: PaidBy | None = Field(default_factory=lambda: None, description="What paid it; null: it is not known.")


class Message(BaseModel):
    """One message."""

    id: UUID = Field(description="The message's id.")
    role: Literal["user", "assistant"] = Field(description="`user` asked, `assistant` answered.")
    content: str = Field(description="The text.")
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"] = Field(
        description="`truncated`: the answer was interrupted and its text is stored; `failed`: it has none. "
        "Questions are "
        "`complete`."
    )
    sequence_number: int = Field(
        description="The message's position in its conversation, from 1; its versions share it."
    )
    revision_number: int = Field(description="The version, from 0, numbered within the position across all branches.")
    revision_count: int = Field(
        description="The number of versions to choose from: siblings with the same parent and role."
    )
    revision_position: int = Field(
        description="The number of this version among them, from 1: `2` with a `revision_count` of `3` is shown as 2 "
        "/ 3."
    )
    revision_type: Literal["user_edit", "regeneration"] | None = Field(
        description="`user_edit` for an edited question or a corrected answer, `regeneration` for an answer given "
        "again."
    )
    original_message_id: UUID | None = Field(
        description="The first version of this message; null if this is the first."
    )
    is_latest: bool = Field(description="Whether it is on the visible branch.")
    parent_message_id: UUID | None = Field(description="The message it follows; null for a first question.")
    requested_model: str | None = Field(description="The requested model; null for questions.")
    model: str | None = Field(
        description="The model that served the answer, or the requested one while none has; null for questions."
    )
    finish_reason: str | None = Field(
        description="Why the answer ended, such as `stop`, `length` or `budget`; null for questions and running "
        "answers."
    )
    error_code: str | None = Field(
        description="The code of the error that ended a `failed` or `truncated` answer; null for others."
    )
    usage: MessageUsage | None = Field(description="The usage of the answer; null for questions and running answers.")
    reasoning: Thoughts | None = Field(
        description="The thoughts of the model; null if there are none. Of a running answer, those before its text so "
        "far: the stream brings the others."
    )
    turn_id: UUID | None = Field(
        description="Answers that were asked together share it; null for questions and imported answers."
    )
    first_token_ms: int | None = Field(
        description="Milliseconds from the request to the first word; null for questions, running answers and answers "
        "without one."
    )
    feedback: Feedback | None = Field(description="The user's rating of the answer.")
    metadata: dict[str, Any] = Field(
        description="`attachments` of a question; `images` of an answer, and `images_left_out` for images too large "
        "to show; "
        "`documents` and `collections` of a question, `attached` for documents read from files of this or an earlier "
        "question, and `sources` of its answer; `adjust` (`kind`, `language`) of an answer that changes another "
        "version, and `edited` of a copy of one that was edited by hand."
    )
    created_at: datetime = Field(description="When it was written.")


class MessageRow(Message):
    """A message of a page, its conversation, and how many rows were selected."""

    conversation_id: UUID
    author_id: UUID | None
    title: str | None
    summarised_until: UUID | None
    expired: bool
    row_count: int


async def load_messages(
    principal: Principal, selection: LiteralString, params: list[Any], limit: int
) -> list[MessageRow]:
    """Messages in API form, in the order of their `place`: up to `limit`, and no more than fit on one page.

    `selection` selects rows of chat_messages with a `place` from 1. Expired answers are settled first.
    """
    rows = await _select(principal, selection, params, limit)
    expired_rows = [row for row in rows if row.expired]
    for row in expired_rows:
        (was_expired,) = await db.call("select oneai.expire_answer(%s)", [row.id], idempotent=True)
        if was_expired:
            metrics.count_expired_lease()
    rows = await _select(principal, selection, params, limit) if expired_rows else rows
    owned = [(row.author_id, row.metadata) for row in rows]
    for row, metadata in zip(rows, await files.with_links(owned), strict=True):
        row.metadata = metadata
    return rows


async def _select(principal: Principal, selection: LiteralString, params: list[Any], limit: int) -> list[MessageRow]:
    return await db.read_as(
        principal,
        f"""
        with chosen as ({selection}), sent as materialized (
          select m.*, case m.state when 'streaming' then (
              select coalesce(string_agg(p.text, '' order by p.at), '') from oneai.answer_pieces as p
              where p.message_id = m.id and p.kind = 'text') else m.content end as said,
            case m.state when 'streaming' then (
              select left(string_agg(r.text, '' order by r.at), 200000) from oneai.answer_pieces as r
              where r.message_id = m.id and r.kind = 'reasoning' and r.n < (
                select max(p.n) from oneai.answer_pieces as p where p.message_id = m.id and p.kind = 'text')
              ) else m.reasoning end as thoughts,
            case when m.metadata ? 'images' and octet_length(m.metadata::text) > %s
              then (m.metadata - 'images')
                || jsonb_build_object('images_left_out', jsonb_array_length(m.metadata -> 'images'))
              when m.user_id is distinct from (select auth.uid()) and m.metadata ? 'sources'
              then jsonb_set(m.metadata, '{{sources}}', oneai.shown_sources(m.metadata -> 'sources', m.user_id))
              else m.metadata end as details,
            (select jsonb_build_object('rating', f.rating, 'note', f.note) from oneai.message_feedback as f
              where f.message_id = m.id) as feedback
          from chosen as m
        ), measured as (
          select s.*, count(*) over () as row_count, t.shows_thoughts,
            sum(%s + case when t.shows_thoughts then coalesce(octet_length(s.thoughts), 0) else 0 end
            + octet_length(s.said) + octet_length(s.details::text) + coalesce(octet_length(s.usage::text), 0)
            + coalesce(octet_length(s.feedback::text), 0)
          ) over (order by s.place) as bytes
          from sent as s cross join lateral (
            select s.state = 'streaming' or octet_length(s.thoughts) <= %s as shows_thoughts) as t
        )
        select m.id, m.role, m.said as content, m.state, m.sequence_number, m.revision_number, m.revision_type,
          m.original_message_id, m.is_latest, m.parent_message_id, m.finish_reason, m.error_code,
          m.usage,
          case m.role when 'assistant' then m.model_id end as requested_model,
          case m.role when 'assistant' then coalesce(m.model_served, m.model_id) end as model,
          case when m.thoughts <> '' then jsonb_build_object(
            'text', case when m.shows_thoughts then m.thoughts end,
            'length', case m.state when 'streaming' then length(m.thoughts)
              else coalesce(m.reasoning_length, length(m.thoughts)) end,
            'is_cut', coalesce(m.reasoning_length > %s, false)) end as reasoning,
          case m.role when 'assistant' then m.turn_id end as turn_id, m.first_token_ms,
          m.feedback, m.details as metadata, m.created_at, s.revision_count, s.revision_position, m.row_count,
          m.conversation_id, m.user_id as author_id, c.title, (
            select u.message_id from oneai.conversation_summaries as u
            join oneai.chat_messages as l on l.id = u.message_id and l.is_latest
            where u.conversation_id = c.id order by l.sequence_number desc limit 1) as summarised_until,
          m.state = 'streaming' and not coalesce(
            c.answering_message_id = coalesce(m.turn_id, m.id) and c.answering_until > oneai.now(), false) as expired
        from measured as m
        join oneai.conversations as c on c.id = m.conversation_id
        cross join lateral (
          select count(*) as revision_count,
            count(*) filter (where r.revision_number <= m.revision_number) as revision_position
          from oneai.chat_messages as r
          where r.conversation_id = m.conversation_id and r.sequence_number = m.sequence_number and r.role = m.role
            and r.parent_message_id is not distinct from m.parent_message_id
        ) as s
        where m.place = 1 or (m.place <= %s and m.bytes <= %s)
        order by m.place
        """,
        [*params, IMAGE_BYTES, OVERHEAD_BYTES, REASONING_BYTES, MAX_REASONING, limit, PAGE_BYTES],
        MessageRow,
    )
