"""Visitors' conversations as the team of their chatbot reads them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.visitor_conversations import ConversationMessage, MessageSource
from oneai.postgres import db
from oneai.postgres.db import Principal


class VisitorIntroduction(BaseModel):
    """Who a visitor says they are, in the form before the first message. It is not verified."""

    name: str | None = Field(description="Their name; null: not given.")
    email: str | None = Field(description="Their address; null: not given.")
    consent: str | None = Field(description="The text that they agreed to; null: none.")
    consented_at: datetime | None = Field(description="When they agreed to this text first; null: to none.")


class ConversationVisitor(BaseModel):
    """Who asks in a conversation."""

    id: UUID = Field(description="The visitor's id, the same in all their conversations with the chatbot.")
    external_id: str | None = Field(description="Who it is, as the website says; null: it does not.")
    name: str | None = Field(description="Their name, as the website says.")
    email: str | None = Field(description="Their address, as the website says.")
    introduction: VisitorIntroduction | None = Field(
        description="What they say themselves, in the form before the first message; null: nothing."
    )


class ConversationCsat(BaseModel):
    """What a visitor thinks of a conversation."""

    score: int = Field(description="From 1, not satisfied, to 5.")
    note: str | None = Field(description="Why; null: they did not say.")


class Ratings(BaseModel):
    """How many answers visitors rated."""

    good: int = Field(description="Answers that were rated good.")
    bad: int = Field(description="Answers that were rated bad.")


class _Conversation(BaseModel):
    """What a list and a conversation have."""

    id: UUID = Field(description="Its id.")
    title: str | None = Field(description="The first words of its first question.")
    visitor: ConversationVisitor = Field(description="Who asks in it.")
    csat: ConversationCsat | None = Field(description="How the visitor scored it; null: not at all.")
    ratings: Ratings = Field(description="How the visitor rated its answers.")
    cost_micro_usd: int = Field(description="What the models cost for its answers, in micro-dollars.")
    charged_micro_usd: int = Field(
        description="The part that the workspace pays, with units of its plan or with its own keys, in micro-dollars."
    )
    created_at: datetime = Field(description="When it began.")
    last_message_at: datetime = Field(description="When its last message came.")


class ChatbotConversation(_Conversation):
    """A visitor's conversation in a list."""

    messages: int = Field(description="How many questions and answers it has.")
    last_outcome: Outcome | None = Field(description="How its last answer turned out; null: it has no verdict.")


class ChatbotConversationPage(BaseModel):
    """A page of visitors' conversations."""

    items: list[ChatbotConversation] = Field(description="The conversations, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ChatbotMessageSource(MessageSource):
    """A passage that an answer to a visitor rests on."""

    document_id: UUID | None = Field(default=None, description="The document.")


class ChatbotMessage(ConversationMessage):
    """A message of a visitor's conversation, for the team."""

    sources: list[ChatbotMessageSource] = Field(description="Its sources, as they were shown to the visitor.")


class ChatbotConversationDetail(_Conversation):
    """A visitor's conversation with its messages."""

    items: list[ChatbotMessage] = Field(description="Its messages, in their order.")


async def list_conversations(
    principal: Principal, chatbot_id: UUID, *, search: str | None = None, limit: int, cursor: str | None
) -> ChatbotConversationPage:
    """Returns the conversations of the chatbot's visitors, newest first; `search` is a part of a message. Raises
    ChatbotNotFound, RoleInsufficient for viewers, and InvalidRequest for an invalid cursor."""
    after, after_id = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    (rows,) = await db.call(
        "select oneai.list_chatbot_conversations(%s, %s, %s, %s, %s, %s)",
        [
            *(principal.user_id, chatbot_id, search),
            None if after is None else cursors.parse_time(after),
            None if after_id is None else cursors.parse(UUID, after_id),
            limit + 1,
        ],
    )
    items = [ChatbotConversation.model_validate(row) for row in rows[:limit]]
    more = len(rows) > limit
    return ChatbotConversationPage(
        items=items,
        next_cursor=cursors.encode(items[-1].last_message_at.isoformat(), str(items[-1].id)) if more else None,
    )


async def read_conversation(principal: Principal, chatbot_id: UUID, conversation_id: UUID) -> ChatbotConversationDetail:
    """Returns a conversation of one of the chatbot's visitors. Raises ChatbotNotFound, NotFound for any
    other, and RoleInsufficient for viewers."""
    (found,) = await db.call(
        "select oneai.read_chatbot_conversation(%s, %s, %s)", [principal.user_id, chatbot_id, conversation_id]
    )
    return ChatbotConversationDetail.model_validate(found)
