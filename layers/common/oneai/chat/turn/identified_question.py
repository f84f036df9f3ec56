"""A question whose client chose the ids of its conversation and of the question."""

from uuid import UUID

from oneai.chat.turn.question import Question


class IdentifiedQuestion(Question, defer_build=True):
    """Starts the conversation `conversation_id` if it does not exist; a conversation of another user is not found.

    `question_id` is the id of the stored question; it is absent if a question is edited or answered again.
    """

    question_id: UUID | None = None
