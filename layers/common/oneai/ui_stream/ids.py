"""Converts the client's ids to ours. Ids of `useChat` are arbitrary text unless the page chooses others.

A UUID is used unchanged, so that the page finds the conversation in the rest of the API. Any other text is converted to
a UUID that only its user, or its conversation, can derive.
"""

import re
from uuid import UUID, uuid5

_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def conversation_id(user_id: UUID, chat_id: str) -> UUID:
    """The conversation's id for a chat of this user."""
    return _uuid(user_id, chat_id)


def message_id(conversation: UUID, client_id: str) -> UUID:
    """The id of a message in a conversation."""
    return _uuid(conversation, client_id)


def first_answer_id(question_id: UUID) -> UUID:
    """The id of the first answer to a question, so that asking again under the same id asks once."""
    return uuid5(question_id, "answer")


def _uuid(namespace: UUID, client_id: str) -> UUID:
    if _CANONICAL.fullmatch(client_id):
        return UUID(client_id)
    return uuid5(namespace, client_id.encode("utf-8", "replace").decode())
