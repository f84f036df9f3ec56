"""The ids of the client, as ours. Those of `useChat` are text of any form unless the page chooses others.

An id that is a UUID is kept, so that the page finds the conversation under it in the rest of the API. Any other stands
for a UUID that only its user, or its conversation, can arrive at.
"""

import re
from uuid import UUID, uuid5

_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def conversation_id(user_id: UUID, chat_id: str) -> UUID:
    """The conversation that a chat of this user stands for."""
    return _uuid(user_id, chat_id)


def message_id(conversation: UUID, client_id: str) -> UUID:
    """The message of a conversation."""
    return _uuid(conversation, client_id)


def first_answer_id(question_id: UUID) -> UUID:
    """The first answer to a question: asking it again under its id is asking once."""
    return uuid5(question_id, "answer")


def _uuid(namespace: UUID, client_id: str) -> UUID:
    if _CANONICAL.fullmatch(client_id):
        return UUID(client_id)
    return uuid5(namespace, client_id.encode("utf-8", "replace").decode())
