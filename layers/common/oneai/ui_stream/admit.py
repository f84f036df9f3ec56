"""Converts a request of `useChat` to a question of our tree: a new one, an edited one, or an answer to regenerate.

A message to edit or regenerate may be missing in the conversation, because its question was refused or never arrived.
It is then asked as a new one.
"""

from typing import Any
from uuid import UUID

from pydantic import ValidationError

from oneai import chat
from oneai.chat.turn.identified_question import IdentifiedQuestion
from oneai.errors import InvalidRequest
from oneai.field_errors import InvalidValue, from_pydantic, invalid
from oneai.postgres.db import Principal
from oneai.ui_stream import ids
from oneai.ui_stream.lookup import find_message
from oneai.ui_stream.message import UserMessage
from oneai.ui_stream.request import UIStreamRequest

# Our fields, by the client's names. Those of its last message are below.
FIELDS = {"conversation_id": "id", "edit_of": "messageId", "regenerate_of": "messageId"}


async def admit(principal: Principal, request: UIStreamRequest, key_id: UUID | None) -> list[chat.Turn] | chat.Replay:
    """Admits the question of a request; `key_id` is the answer's id for an idempotency key.

    Raises refusals with the client's field names.
    """
    message = request.last_message()
    conversation = ids.conversation_id(principal.user_id, request.id)
    place = await _place(principal, request, conversation, message)
    try:
        question = IdentifiedQuestion.model_validate(
            {**request.options(), "conversation_id": conversation, **_content(request, message, place), **place}
        )
        return await chat.admit(principal, question, key_id)
    except ValidationError as error:
        raise _renamed(from_pydantic(error.errors()), request, message) from None
    except InvalidRequest as error:
        raise _renamed(error, request, message) from None


async def _place(
    principal: Principal, request: UIStreamRequest, conversation: UUID, message: UserMessage
) -> dict[str, Any]:
    """The question's place in the tree. Only an edit or a regeneration needs a round trip."""
    last = ids.message_id(conversation, message.id)
    named = [] if request.message_id is None else [ids.message_id(conversation, request.message_id)]
    if request.trigger == "regenerate-message":
        stored = await find_message(principal, conversation, [*named, last])
        answer = stored and (stored.id if stored.role == "assistant" else stored.answer_id)
        if answer is not None:
            return {"regenerate_of": answer}
    elif named and (stored := await find_message(principal, conversation, named)) is not None:
        return {"edit_of": stored.id}
    return {"question_id": last, "message_id": ids.first_answer_id(last)}


def _content(request: UIStreamRequest, message: UserMessage, place: dict[str, Any]) -> dict[str, Any]:
    """The content of the question; empty if an answer is regenerated. An edit has only the files of its message."""
    if "regenerate_of" in place:
        return {}
    attachments = []
    for index, part in message.files().items():
        try:
            attachments.append(part.attachment())
        except InvalidValue as error:
            raise invalid(f"messages.{request.last}.parts.{index}", error.code, str(error)) from None
    return {"message": message.text(), "attachments": attachments if attachments or "edit_of" in place else None}


def _renamed(error: InvalidRequest, request: UIStreamRequest, message: UserMessage) -> InvalidRequest:
    """The refusal with the client's field names."""
    parts = f"messages.{request.last}.parts"
    files = list(message.files())

    def rename(field: str) -> str:
        first, _, rest = field.partition(".")
        index, _, rest = rest.partition(".")
        if first == "message":
            return parts
        if first == "attachments":
            return f"{parts}.{files[int(index)]}" if index.isdigit() and int(index) < len(files) else parts
        return FIELDS.get(first, field)

    details = [{**each, "field": rename(each["field"])} for each in error.extra.get("details", [])]
    return InvalidRequest(error.message, **{**error.extra, "details": details}) if details else error
