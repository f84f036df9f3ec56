"""What a visitor reads of their conversations with a chatbot, and how they are forgotten."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.chatbots.published import published_chatbot
from oneai.chatbots.visitor import Visitor
from oneai.postgres import db

MailState = Literal["none", "offered", "unconfirmed", "confirmed"]
MAIL_STATE = (
    "Whether people's messages also come by email. `offered`: an address can be left; `unconfirmed`: the link in the "
    "email that went there was not pressed yet; `confirmed`: they do; `none`: they do not."
)


class VisitorConversation(BaseModel):
    """A conversation of a visitor."""

    id: UUID = Field(description="Its id.")
    title: str | None = Field(description="The first words of its first question.")
    created_at: datetime = Field(description="When it began.")
    last_message_at: datetime = Field(description="When its last message came.")


class VisitorConversationList(BaseModel):
    """The newest conversations of a visitor."""

    items: list[VisitorConversation] = Field(description="At most fifty, newest first.")


class MessageSource(BaseModel):
    """A passage that an answer rests on."""

    n: int = Field(description="Its number, as in `[1]`.")
    name: str | None = Field(default=None, description="The document's name.")
    page: int | None = Field(default=None, description="The page on which the passage starts.")
    heading: str | None = Field(default=None, description="The heading above it.")
    snippet: str | None = Field(default=None, description="The start of the passage.")


class MessageAuthor(BaseModel):
    """Who wrote a message."""

    kind: Literal["bot", "member", "visitor"] = Field(description="`member`: a person of the chatbot's team.")
    name: str | None = Field(description="The chatbot's name, the person's or else their team's; null: not known.")


class ConversationMessage(BaseModel):
    """What each reader of a visitor's conversation gets of a message."""

    id: UUID = Field(description="Its id.")
    role: Literal["user", "assistant"] = Field(description="`user`: the visitor's question; `assistant`: an answer.")
    author: MessageAuthor = Field(description="Who wrote it.")
    content: str = Field(description="Its text; of an answer that is being written, nothing yet.")
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"] = Field(description="How it ended.")
    outcome: str | None = Field(description="How the answer turned out; null for a question.")
    rating: Literal[1, -1] | None = Field(description="How the visitor rated the answer; null: not at all.")
    number: int = Field(description="Its place, from 1; for `after`.")
    created_at: datetime = Field(description="When it was stored.")


class VisitorMessage(ConversationMessage):
    """A message of a visitor's conversation."""

    sources: list[MessageSource] = Field(description="What the answer rests on; empty if the chatbot shows none.")


class VisitorEvent(BaseModel):
    """What happened between two messages of a visitor's conversation."""

    kind: Literal["handed_off", "claimed", "unassigned", "released", "returned", "resolved"] = Field(
        description="`handed_off`: a person was asked for; `claimed`: one took over; `unassigned`: another one must; "
        "`released`: the chatbot answers again; `returned`: it does because no person took over."
    )
    name: str | None = Field(description="The person's name, as in `person`; null: there is none.")
    after: int = Field(description="The number of the message before it.")
    created_at: datetime = Field(description="When it happened.")


class VisitorMessageList(BaseModel):
    """The messages of a visitor's conversation, and who answers in it."""

    items: list[VisitorMessage] = Field(description="In their order.")
    status: Literal["bot", "open", "snoozed", "resolved"] = Field(
        description="`bot`: the chatbot answers; `open`: people answer."
    )
    person: str | None = Field(
        description="The name of the person who answers, or of their team if they have none; null if no person "
        "answers, or neither has a name."
    )
    typing: bool = Field(description="Whether a person is writing to the visitor now.")
    back_at: datetime | None = Field(
        description="When people answer again, if they are asked for and do not answer at this hour; else null."
    )
    events: list[VisitorEvent] = Field(description="What happened after the first of these messages, in its order.")
    mail: MailState = Field(description=MAIL_STATE)


async def list_conversations(visitor: Visitor) -> VisitorConversationList:
    """Returns the visitor's newest conversations. Raises ChatbotNotFound."""
    (rows,) = await db.call(
        "select oneai.visitor_conversations(%s, %s)", [visitor.public_id, visitor.visitor_id], idempotent=True
    )
    return VisitorConversationList.model_validate({"items": rows})


async def list_messages(
    visitor: Visitor, conversation_id: UUID, after: int, *, hidden: bool = False
) -> VisitorMessageList:
    """Returns the messages after the number `after`, which the visitor has read then, unless the page is `hidden`.
    Raises ChatbotNotFound, and NotFound for another visitor's."""
    (found,) = await db.call(
        "select oneai.visitor_messages(%s, %s, %s, %s, %s)",
        [visitor.public_id, visitor.visitor_id, conversation_id, after, hidden],
        idempotent=True,
    )
    chatbot = await published_chatbot(visitor.public_id)
    shown: list[dict[str, Any]] = found["items"]
    if not chatbot.configuration.widget.sources_shown:
        shown = [{**row, "sources": []} for row in shown]
    return VisitorMessageList.model_validate(found | {"items": shown})


async def forget(visitor: Visitor) -> None:
    """Deletes the visitor with their conversations. Does nothing if they asked nothing. Raises ChatbotNotFound."""
    await db.call("select oneai.forget_visitor(%s, %s)", [visitor.public_id, visitor.visitor_id], idempotent=True)
