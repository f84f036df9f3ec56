"""The address at which a visitor gets people's messages by mail, once its owner has confirmed it."""

from uuid import UUID

from pydantic import BaseModel, Field

from oneai.chatbots.introduction import VisitorAddress
from oneai.chatbots.visitor import Visitor
from oneai.chatbots.visitor_conversations import MAIL_STATE, MailState
from oneai.fields import Fields
from oneai.postgres import db

# From one network at one chatbot in a day.
ADDRESSES_PER_DAY = 5
# What one run of the job queues at most.
AT_ONCE = 500


class MailAddress(Fields):
    """The body of `POST /api/widget/{public_id}/conversations/{id}/mail`."""

    email: VisitorAddress = Field(description="Where the messages go. It gets an email with a link first.")


class MailStatus(BaseModel):
    """Whether people's messages also come by email."""

    mail: MailState = Field(description=MAIL_STATE)


async def leave_address(visitor: Visitor, conversation_id: UUID, asked: MailAddress, network: bytes) -> MailStatus:
    """Stores the address, and queues the mail that confirms it. `network` is a hash of the client's. The result is the
    same for an address that gets no mail. Raises ChatbotNotFound, NotFound; AddressLimit after ADDRESSES_PER_DAY."""
    (state,) = await db.call(
        "select oneai.leave_mail_address(%s, %s, %s, %s, %s, %s)",
        [
            *(visitor.public_id, visitor.visitor_id, conversation_id),
            *(network, ADDRESSES_PER_DAY, asked.email),
        ],
    )
    return MailStatus.model_validate(state)


async def enqueue_due() -> int:
    """Queues the mails with messages that their visitors have not read in time; how many conversations it looked at.
    Each is a transaction of its own, because each locks a workspace and an address."""
    for looked in range(AT_ONCE):
        (more,) = await db.call("select oneai.enqueue_due_visitor_mail()", [])
        if not more:
            return looked
    return AT_ONCE
