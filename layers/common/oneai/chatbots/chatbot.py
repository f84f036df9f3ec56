"""Chatbots as their team sees them, and what it sends to make and change them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.conversations import ChatbotConversation, Ratings
from oneai.chatbots.fields import (
    PROVIDER,
    RETENTION_DAYS,
    ChatbotStatus,
    Configuration,
    Description,
    Domains,
    HandoffRules,
    Knowledge,
    Limits,
    ModelName,
    ModelProvider,
    Name,
    ProofOfWork,
    RetentionDays,
    UseCase,
    Widget,
)
from oneai.fields import Fields


class WidgetWithDomains(Widget):
    """How a chatbot looks, where it may be shown, and what protects it from scripts."""

    domains: Domains = Field(
        default=[],
        description="The websites that may show it, such as `example.com`; `*.` stands for subdomains. Empty: only its "
        "preview. They take effect at once.",
    )
    proof_of_work: ProofOfWork = Field(
        default="auto",
        description="Whether a browser has to compute for a second before a session: `auto` while many sessions of "
        "unknown visitors begin, `always`, or `never`. It takes effect at once.",
    )


class NewChatbot(Configuration):
    """The body of `POST /api/chatbots`."""

    name: Name = Field(description="Its name, for the team.")
    description: Description = Field(default="", description="What it is for, for the team.")
    use_case: UseCase | None = Field(default=None, description="Which prompt template it began with.")
    widget: WidgetWithDomains = Field(default=WidgetWithDomains(), description="How it looks, and where.")
    limits: Limits = Field(default=Limits(), description="What it may answer and cost.")
    retention_days: RetentionDays = RETENTION_DAYS


class ChatbotChanges(Fields):
    """The body of `PUT` and `PATCH /api/chatbots/{id}`. Absent fields remain unchanged; an object replaces only the
    fields that it has."""

    name: Name | None = Field(default=None, description="Its name.")
    description: Description | None = Field(default=None, description="What it is for.")
    use_case: UseCase | None = Field(default=None, description="Which prompt template it began with.")
    provider: ModelProvider | None = Field(default=None, description=PROVIDER)
    model: ModelName | None = Field(default=None, description="The model that answers.")
    fallbacks: list[ModelName] | None = Field(
        default=None, max_length=3, description="Models that answer in its place."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="Null: the model's own.")
    max_tokens: int | None = Field(default=None, ge=50, le=16_000, description="The longest answer, in tokens.")
    system_prompt: str | None = Field(default=None, max_length=20_000, description="What the chatbot is and does.")
    knowledge: Knowledge | None = Field(default=None, description="What it answers from.")
    widget: WidgetWithDomains | None = Field(default=None, description="How it looks, and where.")
    handoff: HandoffRules | None = Field(default=None, description="When people answer instead of the chatbot.")
    limits: Limits | None = Field(default=None, description="What it may answer and cost.")
    retention_days: RetentionDays | None = Field(
        default=None, description="For how many days after its last message a visitor's conversation is kept; at once."
    )


class Satisfaction(BaseModel):
    """How visitors scored conversations."""

    score: float | None = Field(description="The average of 1 to 5; null: nobody scored one.")
    votes: int = Field(description="How many conversations were scored.")


class ChatbotStats(BaseModel):
    """The figures of a chatbot."""

    since: datetime = Field(description="From when they count.")
    answers: int = Field(description="Answers, without failed ones.")
    outcomes: dict[Outcome, int] = Field(description="Answers by how they turned out.")
    visitors: int = Field(description="Visitors who asked something.")
    conversations: int = Field(description="Their conversations.")
    leads: int = Field(description="How many visitors left an address.")
    ratings: Ratings = Field(description="How they rated answers.")
    csat: Satisfaction = Field(description="How satisfied they are.")
    cost_micro_usd: int = Field(description="What the models cost, in micro-dollars.")
    charged_micro_usd: int = Field(
        description="The part that the workspace pays, with units of its plan or with its own keys, in micro-dollars."
    )
    units: int = Field(description="The units of the plan that were charged.")


class ChatbotDay(BaseModel):
    """A day of a chatbot."""

    day: date = Field(description="The day, in the workspace's time zone.")
    answers: int = Field(description="Answers, without failed ones.")
    cost_micro_usd: int = Field(description="What the models cost, in micro-dollars.")
    charged_micro_usd: int = Field(description="The part that the workspace pays, in micro-dollars.")


class UnansweredQuestion(BaseModel):
    """A question to which the documents had no answer."""

    question: str = Field(description="The question as it was last asked, cut after 500 characters.")
    times: int = Field(description="How often it was asked; upper case and spaces make no other question.")
    last_asked_at: datetime = Field(description="When it was last asked.")
    conversation_id: UUID = Field(description="The visitor's conversation in which it was last asked.")


class ChatbotFigures(ChatbotStats):
    """The figures of a chatbot, its days, and what it could not answer in them."""

    days: list[ChatbotDay] = Field(description="The last days on which something was asked, newest first.")
    not_found: list[UnansweredQuestion] = Field(
        description="The questions of these days without an answer, the most frequent first, at most 20; empty for "
        "viewers of the workspace."
    )


class Chatbot(BaseModel):
    """A chatbot."""

    id: UUID = Field(description="Its id.")
    public_id: str = Field(description="Its id in the pages that show it.")
    workspace_id: UUID = Field(description="The workspace that pays for its answers.")
    name: str = Field(description="Its name, for the team.")
    description: str = Field(description="What it is for.")
    use_case: UseCase | None = Field(description="Which prompt template it began with.")
    status: ChatbotStatus = Field(description="`draft`: never published; `published`; `paused`: it is away.")
    paused_by_plan: bool = Field(
        description="Whether it is paused because the plan has fewer; with a larger plan it answers again."
    )
    version: int | None = Field(description="The published version; null: it was never published.")
    draft: Configuration = Field(description="What is edited.")
    published: Configuration | None = Field(description="What visitors get; null: it was never published.")
    published_at: datetime | None = Field(description="When that version was published.")
    domains: list[str] = Field(description="The origins of the websites that may show it.")
    proof_of_work: ProofOfWork = Field(description="When a browser has to compute before a session.")
    limits: Limits = Field(description="What it may answer and cost.")
    retention_days: RetentionDays
    documents: int = Field(description="How many documents the draft is asked from, with those of its collections.")
    stats: ChatbotStats = Field(description="Its figures.")
    suspended_at: datetime | None = Field(
        description="Since when operators have suspended it; visitors do not find it. Null: it is not."
    )
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")
    deletes_at: datetime | None = Field(description="When it will be erased; null: it is not deleted.")


class LinkedKnowledge(BaseModel):
    """A document or collection that a chatbot names."""

    id: UUID = Field(description="Its id.")
    kind: Literal["document", "collection"] = Field(description="What it is.")
    name: str | None = Field(description="Its name; null if you do not read it.")
    state: Literal["ready", "processing", "failed", "private", "gone"] = Field(
        description="`private`: it was made private or its author has left, so the chatbot is not asked from it; "
        "`gone`: it was deleted, or stayed in the workspace before. Otherwise the state of its text."
    )
    in_draft: bool = Field(description="Whether the draft names it.")
    in_published: bool = Field(description="Whether the published version names it.")


class ChatbotDetail(Chatbot):
    """A chatbot with what it is asked from, and who asked."""

    knowledge: list[LinkedKnowledge] = Field(
        description="What the draft and the published version name. What is left out says so in its `state`."
    )
    recent_conversations: list[ChatbotConversation] = Field(
        description="The five newest of its visitors; empty for viewers of the workspace."
    )


class ChatbotPage(BaseModel):
    """A page of chatbots."""

    items: list[Chatbot] = Field(description="The chatbots, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ChatbotVersion(BaseModel):
    """A version that was published."""

    version: int = Field(description="Its number, from 1.")
    configuration: Configuration = Field(description="What was published.")
    published_by: UUID | None = Field(description="Who published it; null: a deleted user.")
    published_at: datetime = Field(description="When.")


class ChatbotVersionPage(BaseModel):
    """A page of versions."""

    items: list[ChatbotVersion] = Field(description="The versions, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")
