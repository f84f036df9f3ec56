"""Lists the visible branch of a conversation, page by page from either end."""

from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.conversations import conversation
from oneai.conversations.message_filters import MessageFilters, conditions
from oneai.conversations.messages import MAX_SEQUENCE_NUMBER, Message, MessageRow, load_messages
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal


class BranchRequest(MessageFilters):
    """Which messages of the visible branch to list, and from which end."""

    direction: Literal["older", "newer"] = Field(
        default="older", description="`older`: from the newest page back; `newer`: from the start."
    )
    starting_after: UUID | None = Field(
        default=None,
        description="A message of the visible branch, after which the page starts in that direction, instead of at an "
        "end. If both are sent, `cursor` takes precedence.",
    )


class MessagePage(BaseModel):
    """A page of messages."""

    items: list[Message] = Field(description="The messages, in the order of the conversation.")
    compared: list[Message] = Field(
        description="Answers that were asked together with the last message of the conversation, to be shown beside "
        "it; "
        "empty once the user chooses one or asks on, and on pages without that message."
    )
    next_cursor: str | None = Field(description="The cursor of the next page in that direction; null at the end.")
    summarised_until: UUID | None = Field(
        description="The last message in whose place models may read a summary; null: there is none, or the page is "
        "empty."
    )


class ConversationDetail(conversation.ConversationWithCost):
    """A conversation with the newest page of its messages."""

    messages: MessagePage = Field(description="The newest page of its messages.")


NEWEST_PAGE = BranchRequest()


async def get_conversation(principal: Principal, conversation_id: UUID) -> ConversationDetail:
    """Returns the conversation with its cost and newest messages. Raises NotFound."""
    messages = await list_messages(principal, conversation_id)
    summary = await conversation.get(principal, conversation_id)
    if summary is None:
        raise NotFound
    return ConversationDetail(**summary.model_dump(), messages=messages)


async def list_messages(
    principal: Principal, conversation_id: UUID, request: BranchRequest = NEWEST_PAGE
) -> MessagePage:
    """Returns the newest page of the messages that match the filters, or the oldest for `newer`, or the next one.

    Raises NotFound, also if `starting_after` is not on the visible branch, InvalidRequest for an invalid cursor, and
    RateLimited for a search by `q` while the user runs four others.
    """
    beyond = await _position(principal, conversation_id, request)
    rows = await _select(principal, conversation_id, request, beyond)
    if not rows and not await conversation.exists(principal, conversation_id):
        raise NotFound
    last = rows[-1].sequence_number if rows and rows[0].row_count > len(rows) else None
    rows.sort(key=lambda row: (row.sequence_number, row.revision_number))
    return MessagePage(
        items=[Message.model_validate(row.model_dump()) for row in rows if row.is_latest],
        compared=[Message.model_validate(row.model_dump()) for row in rows if not row.is_latest],
        next_cursor=None if last is None else cursors.encode(last),
        summarised_until=rows[0].summarised_until if rows else None,
    )


async def _position(principal: Principal, conversation_id: UUID, request: BranchRequest) -> int:
    """The sequence number after which the page starts."""
    if request.cursor is not None:
        number: int = cursors.decode(request.cursor, int)[0]
        return max(0, min(number, MAX_SEQUENCE_NUMBER))
    if request.starting_after is not None:
        return await _sequence_number(principal, conversation_id, request.starting_after)
    return MAX_SEQUENCE_NUMBER if request.direction == "older" else 0


async def _sequence_number(principal: Principal, conversation_id: UUID, message_id: UUID) -> int:
    """The sequence number of a message on the visible branch. Raises NotFound."""
    rows = await db.read_as(
        principal,
        f"select m.sequence_number from oneai.chat_messages as m where {_ACCESSIBLE} and m.id = %s",
        [conversation_id, message_id],
        dict,
    )
    if not rows:
        raise NotFound
    return int(rows[0]["sequence_number"])


async def _select(principal: Principal, conversation_id: UUID, request: BranchRequest, beyond: int) -> list[MessageRow]:
    """Filters are applied while the branch is read by its index, so at most one whole conversation is read."""
    fitting = conditions(request, conversation_id)
    if fitting is None:
        return []
    selection = _older(fitting.sql) if request.direction == "older" else _newer(fitting.sql)
    params: list[Any] = [
        conversation_id,
        *fitting.params,
        beyond,
        request.limit + 1,
        conversation_id,
    ]
    return await load_messages(principal, selection, params, request.limit)


_ACCESSIBLE: LiteralString = f"""
    m.is_latest and m.conversation_id = (
      select c.id from oneai.conversations as c where c.id = %s and {conversation.NOT_EXPIRED})
"""


def _older(fitting: LiteralString) -> LiteralString:
    return _with_compared(f"""
      select o.*, row_number() over (order by o.sequence_number desc) as place from (
        select m.* from oneai.chat_messages as m where {_ACCESSIBLE} {fitting} and m.sequence_number < %s
        order by m.sequence_number desc limit %s
      ) as o
    """)


def _newer(fitting: LiteralString) -> LiteralString:
    return _with_compared(f"""
      select n.*, row_number() over (order by n.sequence_number) as place from (
        select m.* from oneai.chat_messages as m where {_ACCESSIBLE} {fitting} and m.sequence_number > %s
        order by m.sequence_number limit %s
      ) as n
    """)


def _with_compared(branch: LiteralString) -> LiteralString:
    """A part of the branch, and in the place of its last message the answers that are compared with it."""
    return f"""
      with branch as ({branch})
      select * from branch
      union all
      select a.*, b.place from oneai.compared_answers(%s) as a
      join branch as b on b.sequence_number = a.sequence_number
    """
