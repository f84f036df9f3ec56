"""What a visitor says about answers and conversations, and how the workspace can reach them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from oneai.chatbots.introduction import Introduction, VisitorAddress, VisitorName
from oneai.chatbots.visitor import Visitor
from oneai.fields import Fields
from oneai.postgres import db
from oneai.text import clean_lines

# From one network at one chatbot in a day. Carriers share addresses.
LEADS_PER_DAY = 20


class VisitorRating(Fields):
    """The body of `POST /api/widget/{public_id}/messages/{id}/feedback`."""

    rating: Literal[1, -1] = Field(description="1: good; -1: bad.")


class ConversationScore(Fields):
    """The body of `POST /api/widget/{public_id}/conversations/{id}/csat`."""

    score: int = Field(ge=1, le=5, description="From 1, not satisfied, to 5.")
    note: Annotated[str, Field(max_length=1000), AfterValidator(clean_lines)] | None = Field(
        default=None, description="Why."
    )


class NewLead(Fields):
    """The body of `POST /api/widget/{public_id}/leads`."""

    email: VisitorAddress = Field(description="The visitor's address.")
    name: VisitorName | None = Field(default=None, description="Their name.")
    message: Annotated[str, Field(max_length=2000), AfterValidator(clean_lines)] | None = Field(
        default=None, description="What they want to say."
    )
    introduction: Introduction | None = Field(
        default=None,
        description="What the visitor filled into the form before the first message, if no question with it was "
        "admitted, as while the chatbot does not answer. It is stored with the visitor.",
    )


class Lead(BaseModel):
    """A stored lead."""

    id: UUID = Field(description="Its id.")


async def rate(visitor: Visitor, message_id: UUID, rating: Literal[1, -1]) -> None:
    """Stores the rating of an answer. Raises ChatbotNotFound, and NotFound for a message that is no answer to them."""
    await db.call(
        "select oneai.rate_as_visitor(%s, %s, %s, %s)",
        [visitor.public_id, visitor.visitor_id, message_id, rating],
        idempotent=True,
    )


async def score(visitor: Visitor, conversation_id: UUID, given: ConversationScore) -> None:
    """Stores the score of a conversation. Raises ChatbotNotFound, and NotFound for another visitor's."""
    await db.call(
        "select oneai.score_as_visitor(%s, %s, %s, %s, %s)",
        [visitor.public_id, visitor.visitor_id, conversation_id, given.score, given.note or None],
        idempotent=True,
    )


async def leave_lead(visitor: Visitor, lead: NewLead, network: bytes) -> Lead:
    """Stores a lead. `network` is a hash of the client's (`visitor.network_hash`). Raises ChatbotNotFound; AddressLimit
    after LEADS_PER_DAY of the network."""
    (id_,) = await db.call(
        "select oneai.leave_lead(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(visitor.public_id, visitor.visitor_id, visitor.identity_json, network, LEADS_PER_DAY),
            *(lead.name or None, lead.email, lead.message or None),
            lead.introduction and lead.introduction.model_dump_json(),
        ],
    )
    return Lead(id=id_)
