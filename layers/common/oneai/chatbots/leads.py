"""Leads of a chatbot as its team reads and deletes them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.chatbots.conversations import ConversationVisitor
from oneai.csv_file import csv_lines
from oneai.postgres import db
from oneai.postgres.db import Principal

# The most leads in one CSV file, about 25 MB if all have the longest message.
CSV_LEADS = 2_000


class ChatbotLead(BaseModel):
    """A visitor who wants to be called back."""

    id: UUID = Field(description="Its id.")
    name: str | None = Field(description="The visitor's name; null: not given.")
    email: str = Field(description="Their address.")
    message: str | None = Field(description="What they want to say; null: nothing.")
    visitor: ConversationVisitor = Field(description="Who it is, as in their conversations.")
    created_at: datetime = Field(description="When it was left.")


class ChatbotLeadPage(BaseModel):
    """A page of leads."""

    items: list[ChatbotLead] = Field(description="The leads, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def list_leads(principal: Principal, chatbot_id: UUID, *, limit: int, cursor: str | None) -> ChatbotLeadPage:
    """Returns the chatbot's leads, newest first. Raises ChatbotNotFound, RoleInsufficient for viewers, and
    InvalidRequest for an invalid cursor."""
    after, after_id = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    (rows,) = await db.call(
        "select oneai.list_chatbot_leads(%s, %s, %s, %s, %s)",
        [
            *(principal.user_id, chatbot_id),
            None if after is None else cursors.parse_time(after),
            None if after_id is None else cursors.parse(UUID, after_id),
            limit + 1,
        ],
    )
    items = [ChatbotLead.model_validate(row) for row in rows[:limit]]
    more = len(rows) > limit
    return ChatbotLeadPage(
        items=items, next_cursor=cursors.encode(items[-1].created_at.isoformat(), str(items[-1].id)) if more else None
    )


async def leads_csv(principal: Principal, chatbot_id: UUID, cursor: str | None) -> str:
    """Returns at most CSV_LEADS leads as CSV, newest first. Raises as `list_leads` does."""
    page = await list_leads(principal, chatbot_id, limit=CSV_LEADS, cursor=cursor)
    rows = [
        (each.created_at.isoformat(), each.name or "", each.email, each.message or "", each.visitor.external_id or "")
        for each in page.items
    ]
    return csv_lines([("created_at", "name", "email", "message", "external_id"), *rows])


async def delete_lead(principal: Principal, chatbot_id: UUID, lead_id: UUID) -> None:
    """Deletes a lead. Raises ChatbotNotFound, NotFound for another chatbot's, and RoleInsufficient for viewers."""
    await db.call("select oneai.delete_chatbot_lead(%s, %s, %s)", [principal.user_id, chatbot_id, lead_id])
