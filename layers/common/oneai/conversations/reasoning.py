"""The thoughts of an answer: what its model wrote before and between its text, stored with it."""

from uuid import UUID

from pydantic import BaseModel, Field

from oneai.conversations import conversation
from oneai.errors import NotFound
from oneai.models.outcome import MAX_REASONING
from oneai.postgres import db
from oneai.postgres.db import Principal


class Thoughts(BaseModel):
    """What a model thought."""

    text: str | None = Field(
        description="The thoughts; null in a page where they are long: "
        "`GET /conversations/{id}/messages/{mid}/reasoning` returns them."
    )
    length: int = Field(description="The code points that the model wrote.")
    is_cut: bool = Field(description="Whether only the first 200,000 of them are stored.")


class StoredThoughts(BaseModel):
    """All that is stored of a model's thoughts."""

    text: str = Field(description="The thoughts; of a running answer, those that are stored so far.")
    length: int = Field(description="The code points that the model wrote.")
    is_cut: bool = Field(description="Whether only the first 200,000 of them are stored.")


async def get_reasoning(principal: Principal, conversation_id: UUID, message_id: UUID) -> StoredThoughts:
    """Returns an answer's thoughts. Raises NotFound, also where it has none."""
    rows = await db.read_as(
        principal,
        f"""
        select r.text, coalesce(m.reasoning_length, length(r.text)) as length,
          coalesce(m.reasoning_length > %s, false) as is_cut
        from oneai.chat_messages as m
        join oneai.conversations as c on c.id = m.conversation_id and {conversation.NOT_EXPIRED}
        cross join lateral (
          select case m.state when 'streaming' then (
            select left(string_agg(p.text, '' order by p.at), %s) from oneai.answer_pieces as p
            where p.message_id = m.id and p.kind = 'reasoning') else m.reasoning end as text
        ) as r
        where m.conversation_id = %s and m.id = %s and r.text <> ''
        """,
        [MAX_REASONING, MAX_REASONING, conversation_id, message_id],
        StoredThoughts,
    )
    if not rows:
        raise NotFound
    return rows[0]
