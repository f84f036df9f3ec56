"""Lists of visitors' conversations: of a workspace's inbox, and of one chatbot."""

import json
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.chatbots.conversations import ChatbotConversation, ChatbotConversationPage, FoundText
from oneai.conversations.search_query import Term
from oneai.conversations.snippets import make_snippet
from oneai.inbox.filters import ConversationFilter, InboxFilter, InboxSort
from oneai.postgres import db
from oneai.postgres.db import Principal


class InboxCounts(BaseModel):
    """How many conversations each view has, without spam. Each is counted up to 1,000, which stands for more too."""

    mine: int = Field(description="Open, with you as the assignee.")
    unassigned: int = Field(description="Open, with no assignee.")
    open: int = Field(description="Open.")
    bot: int = Field(description="The chatbot speaks.")
    snoozed: int = Field(description="Snoozed.")
    resolved: int = Field(description="Resolved.")
    spam: int = Field(description="Marked as spam.")


class InboxPage(ChatbotConversationPage):
    """A page of the inbox, and how many conversations each view has."""

    counts: InboxCounts = Field(description="Of the workspace, or of the chatbot that the filter names.")


async def list_inbox(principal: Principal, asked: InboxFilter) -> InboxPage:
    """Returns a page of the inbox of the request's workspace. Raises WorkspaceNotFound, RoleInsufficient for viewers,
    and InvalidRequest for an invalid cursor."""
    nothing = asked.q is not None and not asked.terms
    (found,) = await db.call(
        "select oneai.list_inbox(%s, %s, %s, %s, %s, true)",
        [
            *(principal.user_id, json.dumps(asked.to_request(), ensure_ascii=False), asked.sort),
            *(_position(asked.cursor, asked.sort), 0 if nothing else asked.limit + 1),
        ],
    )
    page = _page(found["items"], asked)
    return InboxPage(items=page.items, next_cursor=page.next_cursor, counts=InboxCounts(**found["counts"]))


async def list_of_chatbot(principal: Principal, chatbot_id: UUID, asked: ConversationFilter) -> ChatbotConversationPage:
    """Returns a page of the chatbot's conversations. Raises ChatbotNotFound, RoleInsufficient for viewers, and
    InvalidRequest for an invalid cursor."""
    nothing = asked.q is not None and not asked.terms
    (rows,) = await db.call(
        "select oneai.list_chatbot_conversations(%s, %s, %s, %s, %s, %s)",
        [
            *(principal.user_id, chatbot_id, json.dumps(asked.to_request(), ensure_ascii=False), asked.sort),
            *(_position(asked.cursor, asked.sort), 0 if nothing else asked.limit + 1),
        ],
    )
    return _page(rows, asked)


def _position(cursor: str | None, sort: InboxSort) -> str | None:
    """The place after which a page begins, as JSON. Raises InvalidRequest."""
    if cursor is None:
        return None
    value, last = cursors.decode(cursor, int if sort == "charged" else str, str)
    if sort != "charged":
        value = cursors.parse_time(value).isoformat()
    return json.dumps([value, str(cursors.parse(UUID, last))])


def _page(rows: list[dict[str, Any]], asked: ConversationFilter) -> ChatbotConversationPage:
    items = [_item(row, asked.terms) for row in rows[: asked.limit]]
    last = items[-1] if len(rows) > asked.limit else None
    if last is None:
        return ChatbotConversationPage(items=items, next_cursor=None)
    value = last.charged_micro_usd if asked.sort == "charged" else last.last_message_at.isoformat()
    return ChatbotConversationPage(items=items, next_cursor=cursors.encode(value, str(last.id)))


def _item(row: dict[str, Any], terms: list[Term]) -> ChatbotConversation:
    found = row.pop("found", None)
    item = ChatbotConversation.model_validate(row)
    if found is not None:
        item.found = FoundText(message_id=found["message_id"], **make_snippet(found["content"], terms)._asdict())
    return item
