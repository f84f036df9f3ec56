"""One visitor: exports all that a workspace stores about them, and erases it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.chatbots.conversations import ChatbotConversationDetail, ConversationVisitor
from oneai.conversations.archive import ExportAccepted
from oneai.postgres import db
from oneai.postgres.db import Principal

# The text of conversations in a direct answer; Lambda's JSON around it may take as much again.
DIRECT_BYTES = 1_500_000


class StoredVisitor(ConversationVisitor):
    """A visitor at one chatbot."""

    chatbot_id: UUID = Field(description="The chatbot that was asked.")
    first_seen_at: datetime = Field(description="When they first asked it.")
    last_seen_at: datetime = Field(description="When they last did.")


class StoredLead(BaseModel):
    """What a visitor left to be called back."""

    id: UUID = Field(description="Its id.")
    chatbot_id: UUID = Field(description="The chatbot at which it was left.")
    name: str | None = Field(description="Their name; null: not given.")
    email: str = Field(description="Their address.")
    message: str | None = Field(description="What they want to say; null: nothing.")
    created_at: datetime = Field(description="When it was left.")


class StoredMailAddress(BaseModel):
    """Where a visitor wants people's messages by email."""

    conversation_id: UUID = Field(description="The conversation for which it was left.")
    email: str = Field(description="The address.")
    asked_at: datetime = Field(description="When it was left.")
    confirmed_at: datetime | None = Field(
        description="When its owner pressed the link in the email; null: they did not."
    )


class VisitorExport(BaseModel):
    """All that a workspace stores about a visitor."""

    visitors: list[StoredVisitor] = Field(description="Who they are, at each chatbot, with what they agreed to.")
    leads: list[StoredLead] = Field(description="What they left to be called back, oldest first.")
    mail_addresses: list[StoredMailAddress] = Field(
        description="Where they want people's messages by email, oldest first."
    )
    conversations: list[ChatbotConversationDetail] = Field(
        description="Their conversations, oldest first, with the team's notes, tags and ratings."
    )


async def export(principal: Principal, visitor_id: UUID) -> VisitorExport | ExportAccepted:
    """Returns all that is stored about a visitor, or the export that a job writes if it is large. Raises NotFound,
    RoleInsufficient, RateLimited."""
    (found,) = await db.call(
        "select oneai.visitor_to_export(%s, %s, %s)", [principal.user_id, visitor_id, DIRECT_BYTES]
    )
    if found["conversations"] is not None:
        return VisitorExport.model_validate(found)
    (export_id,) = await db.call(
        "select oneai.request_visitor_export(%s, %s)", [principal.user_id, visitor_id], idempotent=True
    )
    return ExportAccepted(export_id=export_id)


async def erase(principal: Principal, visitor_id: UUID) -> None:
    """Erases a visitor. Raises NotFound, RoleInsufficient."""
    await db.call("select oneai.erase_visitor(%s, %s)", [principal.user_id, visitor_id])
