"""The summary that models read in place of the oldest messages of a long conversation."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.conversations.conversation import NOT_EXPIRED
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal


class ConversationSummary(BaseModel):
    """A summary of the visible branch up to a message."""

    until: UUID = Field(description="The last message it covers.")
    content: str = Field(description="The text, which a model wrote for other models.")
    model: str = Field(description="The model that wrote it.")
    created_at: datetime = Field(description="When it was written.")


async def get_summary(principal: Principal, conversation_id: UUID) -> ConversationSummary:
    """The summary that covers most of the visible branch. Raises NotFound, also if there is none."""
    rows = await db.read_as(
        principal,
        f"""
        select s.message_id as until, s.content, s.model, s.created_at
        from oneai.conversations as c join oneai.conversation_summaries as s on s.conversation_id = c.id
        join oneai.chat_messages as m on m.id = s.message_id and m.is_latest
        where c.id = %s and {NOT_EXPIRED}
        order by m.sequence_number desc limit 1
        """,
        [conversation_id],
        ConversationSummary,
    )
    if not rows:
        raise NotFound
    return rows[0]
