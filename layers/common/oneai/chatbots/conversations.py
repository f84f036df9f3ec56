"""Visitors' conversations, as lists and pages of their team have them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.visitor_conversations import ConversationMessage, MessageSource


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
    of: Literal["bot", "member"] = Field(description="Who had spoken until then: the chatbot alone, or a member too.")


class Ratings(BaseModel):
    """How many answers visitors rated."""

    good: int = Field(description="Answers that were rated good.")
    bad: int = Field(description="Answers that were rated bad.")


class InboxMember(BaseModel):
    """A member of the workspace."""

    user_id: UUID = Field(description="The user's id.")
    name: str = Field(description="Their name.")


class FoundText(BaseModel):
    """The newest message that a search found in a conversation."""

    message_id: UUID = Field(description="The message.")
    snippet: str = Field(description="The text around the first matches, as plain text.")
    highlights: list[list[int]] = Field(
        description="The matches in `snippet`: pairs of start and end in code points, the end exclusive."
    )


class _Conversation(BaseModel):
    """What a list and a conversation have."""

    id: UUID = Field(description="Its id.")
    chatbot_id: UUID = Field(description="The chatbot that was asked.")
    title: str | None = Field(description="The first words of its first question.")
    status: Literal["bot", "open", "snoozed", "resolved"] = Field(
        description="Who speaks. `bot`: the chatbot; `open`: a person is wanted or writes; `snoozed`: until a time or "
        "until the visitor writes; `resolved`."
    )
    snoozed_until: datetime | None = Field(description="When it returns to the status before; null: at no time.")
    spam: bool = Field(description="Whether a member marked it as spam.")
    assignee: InboxMember | None = Field(description="Who answers it; null: no one.")
    tags: list[str] = Field(description="What members call it.")
    member_rating: int | None = Field(description="What members think of it, from 1 to 5; null: nothing.")
    csat: ConversationCsat | None = Field(description="How the visitor scored it; null: not at all.")
    ratings: Ratings = Field(description="How the visitor rated its answers.")
    messages: int = Field(description="How many questions and answers it has.")
    last_outcome: Outcome | None = Field(description="How its last answer turned out; null: it has no verdict.")
    unanswered: int = Field(description="How many answers in a row found nothing, up to 100.")
    language: str | None = Field(description="The visitor's language, as BCP 47 writes it; null: it is not known.")
    page: str | None = Field(description="The page on which they asked last, without its query; null: not known.")
    device: Literal["phone", "tablet", "desktop"] | None = Field(description="On what; null: it is not known.")
    cost_micro_usd: int = Field(description="What the models cost for its answers, in micro-dollars.")
    charged_micro_usd: int = Field(
        description="What the workspace is charged: the cost that units of its plan pay, or the price in credits, in "
        "micro-dollars."
    )
    created_at: datetime = Field(description="When it began.")
    last_message_at: datetime = Field(description="When its last message came.")


class ChatbotConversation(_Conversation):
    """A visitor's conversation in a list."""

    visitor: ConversationVisitor = Field(description="Who asks in it.")
    found: FoundText | None = Field(default=None, description="What a search found in it; null: nothing was searched.")


class ChatbotConversationPage(BaseModel):
    """A page of visitors' conversations."""

    items: list[ChatbotConversation] = Field(description="The conversations, in the order that was asked for.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ChatbotMessageSource(MessageSource):
    """A passage that an answer to a visitor rests on."""

    document_id: UUID | None = Field(default=None, description="The document.")


class ChatbotMessage(ConversationMessage):
    """A message of a visitor's conversation, for the team."""

    sources: list[ChatbotMessageSource] = Field(description="Its sources, as they were shown to the visitor.")


class EarlierConversation(BaseModel):
    """Another conversation of the same visitor."""

    id: UUID = Field(description="Its id.")
    title: str | None = Field(description="The first words of its first question.")
    status: Literal["bot", "open", "snoozed", "resolved"] = Field(description="Who speaks in it.")
    messages: int = Field(description="How many questions and answers it has.")
    last_message_at: datetime = Field(description="When its last message came.")


class VisitorPanel(ConversationVisitor):
    """Who asks in a conversation, with what the team sees beside it."""

    first_seen_at: datetime = Field(description="When they first asked the chatbot.")
    last_seen_at: datetime = Field(description="When they last did.")
    language: str | None = Field(description="Their language, as BCP 47 writes it; null: it is not known.")
    device: Literal["phone", "tablet", "desktop"] | None = Field(description="On what; null: it is not known.")
    referrer: str | None = Field(description="The website that they came from; null: it is not known.")
    pages: list[str] = Field(description="The pages on which they asked here, the last first, at most twenty.")
    conversations: list[EarlierConversation] = Field(description="Their ten last other conversations.")


class InboxNote(BaseModel):
    """A note of a member, which no visitor reads."""

    id: UUID = Field(description="Its id.")
    author: InboxMember | None = Field(description="Who wrote it; null: a user who was deleted.")
    content: str = Field(description="The note, as plain text.")
    created_at: datetime = Field(description="When it was written.")
    updated_at: datetime = Field(description="When it was last changed.")


class InboxEvent(BaseModel):
    """What happened in a conversation between its messages."""

    kind: Literal["handed_off", "claimed", "unassigned", "released", "returned", "resolved"] = Field(
        description="`handed_off`: a person was asked for; `claimed`: a member took over; `unassigned`: it has no "
        "member again; `released`: the chatbot answers again; `returned`: the same, because no member took over; "
        "`resolved`."
    )
    after_number: int = Field(description="The number of the last message before it.")
    member: InboxMember | None = Field(description="The member who did it; null: the visitor or a rule did.")
    cause: str | None = Field(description="Of `handed_off`: why; null for the others.")
    created_at: datetime = Field(description="When it happened.")


class ChatbotConversationDetail(_Conversation):
    """A visitor's conversation with its messages and the team's notes."""

    visitor: VisitorPanel = Field(description="Who asks in it.")
    handed_off_at: datetime | None = Field(description="When a person was first asked for; null: never.")
    claimed_at: datetime | None = Field(description="When a member first took it; null: never.")
    resolved_at: datetime | None = Field(description="When it was resolved; null: it is not.")
    notes: list[InboxNote] = Field(description="The team's notes, in their order.")
    events: list[InboxEvent] = Field(description="What happened between the messages, in its order.")
    items: list[ChatbotMessage] = Field(description="Its messages, in their order.")
