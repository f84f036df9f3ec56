"""What a list of visitors' conversations is filtered and sorted by."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.visit import language_tag
from oneai.conversations import search_query
from oneai.conversations.fields import Tag
from oneai.conversations.pages import PageRequest
from oneai.conversations.search import Query
from oneai.conversations.search_query import Term
from oneai.field_errors import InvalidValue
from oneai.inbox.handoff import InboxStatus
from oneai.text import clean_line
from oneai.times import Since, TimeZone, Until

InboxSort = Literal["newest", "oldest", "charged"]

_BIGINT = 2**63 - 1


def _assignee(text: str) -> str:
    if text in ("me", "none"):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidValue("wrong_format", "This must be me, none, or the id of a member.") from None


def _language(text: str) -> str:
    tag = language_tag(text)
    if tag is None:
        raise InvalidValue("wrong_format", "This must be a language, such as hi or pt-BR.")
    return tag


class Conditions(BaseModel):
    """Which conversations."""

    status: InboxStatus | None = Field(
        default=None,
        description="Who speaks. `bot`: the chatbot; `open`: a person is wanted or writes; `snoozed`: until a time or "
        "until the visitor writes; `resolved`.",
    )
    spam: bool = Field(default=False, description="Only what members marked as spam; otherwise only the rest.")
    assignee: Annotated[str, Field(max_length=64), AfterValidator(_assignee)] | None = Field(
        default=None, description="`me`, `none`, or the id of a member."
    )
    tz: TimeZone = "UTC"
    since: Since | None = Field(
        default=None, alias="from", description="The last message came on this day or at this instant, or later."
    )
    before: Until | None = Field(
        default=None,
        alias="to",
        description="The last message came before the end of this day, or before this instant.",
    )
    tag: list[Tag] = Field(default=[], max_length=20, description="Has all these tags, in any case.")
    rating: int | None = Field(default=None, ge=1, le=5, description="The visitor's score, from 1 to 5.")
    language: Annotated[str, Field(max_length=64), AfterValidator(_language)] | None = Field(
        default=None,
        description="The visitor's language, as BCP 47 writes it. `pt` also finds `pt-BR`.",
        examples=["hi"],
    )
    page: Annotated[str, Field(max_length=500), AfterValidator(clean_line)] | None = Field(
        default=None, description="The address of the page on which the visitor asked last, without its query."
    )
    outcome: Outcome | None = Field(default=None, description="How the last answer turned out.")
    charged_above: int | None = Field(
        default=None, ge=0, le=_BIGINT, description="The workspace paid more than these micro-dollars."
    )
    q: Query | None = Field(
        default=None,
        description='Words that must all occur in a message; words "in quotes" match exactly; the last may be '
        "incomplete.",
    )

    @property
    def terms(self) -> list[Term]:
        """What `q` asks for; empty if it has no words."""
        return search_query.parse(self.q) if self.q is not None else []

    def to_request(self) -> dict[str, Any]:
        """The filter as `oneai.inbox_condition` takes it."""
        return {
            "spam": self.spam,
            "status": self.status,
            "assignee": self.assignee,
            "from": self.since.isoformat() if self.since else None,
            "to": self.before.isoformat() if self.before else None,
            "tags": self.tag,
            "rating": self.rating,
            "language": self.language,
            "page": self.page,
            "outcome": self.outcome,
            "charged_above": self.charged_above,
            "query": search_query.to_text(self.terms) if self.terms else None,
        }


class ConversationFilter(Conditions, PageRequest):
    """Which conversations, in which order."""

    sort: InboxSort = Field(
        default="newest", description="`newest` and `oldest`: by the last message; `charged`: what cost most first."
    )


class InboxConditions(Conditions):
    """The same over all chatbots of the workspace, or of one."""

    chatbot_id: UUID | None = Field(default=None, description="Only this chatbot's.")

    def to_request(self) -> dict[str, Any]:
        """As that of `Conditions`."""
        return super().to_request() | {"chatbot_id": str(self.chatbot_id) if self.chatbot_id else None}


class InboxFilter(InboxConditions, ConversationFilter):
    """Which conversations of the inbox, in which order."""


class InboxPeriod(BaseModel):
    """The conversations whose last message came in a period."""

    chatbot_id: UUID | None = Field(default=None, description="Only this chatbot's.")
    tz: TimeZone = "UTC"
    since: Since | None = Field(default=None, alias="from", description="On this day or at this instant, or later.")
    before: Until | None = Field(
        default=None, alias="to", description="Before the end of this day, or before this instant."
    )

    def to_request(self) -> dict[str, Any]:
        """The filter as `oneai.inbox_condition` takes it."""
        return {
            "chatbot_id": str(self.chatbot_id) if self.chatbot_id else None,
            "from": self.since.isoformat() if self.since else None,
            "to": self.before.isoformat() if self.before else None,
        }
