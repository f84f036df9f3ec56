"""A question whose client has chosen the ids of its conversation and of itself."""

from uuid import UUID

from oneai.chat.turn.question import Question


class IdentifiedQuestion(Question, defer_build=True):
    """Begins the conversation of `conversation_id` where there is none; a conversation of another user is not found.

    `question_id` is the id under which the question is stored; of one that is edited or answered anew it is absent.
    """

    question_id: UUID | None = None
