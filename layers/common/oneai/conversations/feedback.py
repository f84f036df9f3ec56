"""Ratings of answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from oneai.conversations.conversation import NOT_EXPIRED, require_author
from oneai.errors import NotFound
from oneai.field_errors import InvalidValue, invalid
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_lines


def _require_integer(value: Any) -> Any:
    if type(value) is not int:
        raise InvalidValue("not_a_choice", "This must be 1 (thumbs up) or -1 (thumbs down).")
    return value


class Feedback(BaseModel):
    """Thumbs up or down, and a note: the body of `PUT …/feedback`, and part of a message."""

    model_config = ConfigDict(extra="forbid")

    rating: Annotated[Literal[1, -1], BeforeValidator(_require_integer)] = Field(
        description="1 is thumbs up, -1 thumbs down."
    )
    note: Annotated[str, Field(max_length=2000), AfterValidator(clean_lines)] | None = Field(
        default=None, description="The user's note."
    )


class _FeedbackRow(BaseModel):
    role: str
    rating: int | None
    note: str | None


async def rate_answer(principal: Principal, conversation_id: UUID, message_id: UUID, feedback: Feedback) -> Feedback:
    """Stores the rating and replaces the previous one. It counts for the model if the answer was given here.

    Raises NotFound, InvalidRequest for a question.
    """
    rows = await db.as_service(
        f"""
        with message as (
          select m.id, m.user_id, m.role,
            case when e.id is not null or m.state = 'streaming' then coalesce(e.model_served, m.model_id) end as model,
            case when e.id is not null or m.state = 'streaming'
              then (coalesce(e.created_at, m.created_at) at time zone 'UTC')::date end as day
          from oneai.chat_messages as m
          join oneai.conversations as c on c.id = m.conversation_id
          left join oneai.usage_events as e on e.message_id = m.id and e.purpose = 'answer'
          where m.id = %s and m.conversation_id = %s and m.user_id = %s
            and oneai.may_write(%s, c.workspace_id) and {NOT_EXPIRED}
        ), kept as (
          insert into oneai.message_feedback as f (message_id, user_id, rating, note, answer_model, answered_on)
          select m.id, m.user_id, %s, %s, m.model, m.day from message as m where m.role = 'assistant'
          on conflict (message_id) do update
          set rating = excluded.rating, note = excluded.note, updated_at = oneai.now()
          returning f.rating, f.note
        )
        select m.role, k.rating, k.note from message as m left join kept as k on true
        """,
        [message_id, conversation_id, principal.user_id, principal.user_id, feedback.rating, feedback.note],
        _FeedbackRow,
    )
    if not rows:
        await require_author(principal, conversation_id)
        raise NotFound
    if rows[0].role != "assistant":
        raise invalid("mid", "not_an_answer", "Only answers can be rated.")
    return feedback
