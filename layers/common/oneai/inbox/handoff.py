"""People answer a visitor instead of the chatbot: who is asked for, who takes over, and what they write."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, Field

from oneai.chatbots.visitor import Visitor
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import message_text

InboxStatus = Literal["bot", "open", "snoozed", "resolved"]


class ConversationStatus(BaseModel):
    """Who answers in a visitor's conversation."""

    status: InboxStatus = Field(description="`bot`: the chatbot answers; `open`: people answer.")


class Assignee(BaseModel):
    """The member who answers a visitor."""

    user_id: UUID | None = Field(description="The member's id; null: a former member.")
    name: str = Field(description="Their name.")


class Handoff(BaseModel):
    """The state of a visitor's conversation."""

    id: UUID = Field(description="The conversation's id.")
    status: InboxStatus = Field(
        description="`bot`: the chatbot answers; `open`: people answer; `snoozed`: later; `resolved`."
    )
    assignee: Assignee | None = Field(description="Who answers; null: no one yet.")


class MemberMessage(Fields):
    """The body of `POST /api/inbox/conversations/{id}/messages`."""

    content: Annotated[
        str, Field(max_length=10_000), AfterValidator(message_text), Field(json_schema_extra={"minLength": 1})
    ] = Field(description="What the visitor reads.")
    message_id: UUID | None = Field(
        default=None, description="The message's id, chosen by the client. The same id and text is stored only once."
    )


class SentMessage(BaseModel):
    """A member's message that was stored."""

    id: UUID = Field(description="Its id.")
    number: int = Field(description="Its place in the conversation, from 1.")
    created_at: datetime = Field(description="When it was stored.")


async def ask_for_person(visitor: Visitor, conversation_id: UUID) -> ConversationStatus:
    """The visitor asks for a person. Again: nothing. Raises ChatbotNotFound, and NotFound for another visitor's."""
    (state,) = await db.call(
        "select oneai.ask_for_person(%s, %s, %s)",
        [visitor.public_id, visitor.visitor_id, conversation_id],
        idempotent=True,
    )
    return ConversationStatus.model_validate(state)


async def claim(principal: Principal, conversation_id: UUID) -> Handoff:
    """The member takes the conversation over. Raises NotFound, RoleInsufficient, and Claimed if another one has it."""
    (state,) = await db.call(
        "select oneai.claim_conversation(%s, %s)", [principal.user_id, conversation_id], idempotent=True
    )
    return Handoff.model_validate(state)


async def release(principal: Principal, conversation_id: UUID) -> Handoff:
    """Gives the conversation back to the chatbot. Again: nothing. Raises NotFound, RoleInsufficient."""
    return await _end(principal, conversation_id, "bot")


async def resolve(principal: Principal, conversation_id: UUID) -> Handoff:
    """Resolves the conversation. Again: nothing. Raises NotFound, RoleInsufficient."""
    return await _end(principal, conversation_id, "resolved")


async def _end(principal: Principal, conversation_id: UUID, status: InboxStatus) -> Handoff:
    (state,) = await db.call(
        "select oneai.end_handoff(%s, %s, %s)", [principal.user_id, conversation_id, status], idempotent=True
    )
    return Handoff.model_validate(state)


async def write(principal: Principal, conversation_id: UUID, message: MemberMessage) -> SentMessage:
    """Stores the member's message. It claims the conversation, and stops the answer that is being written.

    Raises NotFound, RoleInsufficient, Claimed if another member has it, and IdempotencyConflict.
    """
    (sent,) = await db.call(
        "select oneai.write_to_visitor(%s, %s, %s, %s)",
        [principal.user_id, conversation_id, message.message_id or uuid4(), message.content],
    )
    return SentMessage.model_validate(sent)
