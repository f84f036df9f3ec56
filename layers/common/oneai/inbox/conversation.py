"""One conversation of the inbox: reads, changes and deletes it, with its notes."""

import json
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from oneai.chatbots.conversations import ChatbotConversationDetail, InboxNote
from oneai.conversations.fields import Tags
from oneai.field_errors import InvalidValue
from oneai.fields import Fields
from oneai.inbox.handoff import InboxStatus
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_lines
from oneai.times import Moment

NoteText = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(clean_lines)]


class _Changes(Fields):
    status: InboxStatus | None = Field(
        default=None, description="Who speaks from now on. A resolved conversation cannot be snoozed."
    )
    snoozed_until: Moment | None = Field(
        default=None, description="With `snoozed`: when it returns to the status before; null: when the visitor writes."
    )
    spam: bool | None = Field(default=None, description="Whether it is spam.")
    tags: Tags | None = Field(default=None, description="Replaces all tags.")
    assignee_id: UUID | None = Field(
        default=None, description="A member of the workspace who is no viewer; null: no one."
    )
    member_rating: Annotated[int, Field(ge=1, le=5)] | None = Field(
        default=None, description="What members think of it, from 1 to 5; null: nothing."
    )

    @model_validator(mode="after")
    def _a_time_only_for_snoozed(self) -> Self:
        if self.snoozed_until is not None and self.status != "snoozed":
            raise InvalidValue("mismatch", "`snoozed_until` needs the status `snoozed`.")
        return self


class InboxConversationChanges(_Changes):
    """The body of `PATCH /api/inbox/conversations/{id}`. Absent fields remain unchanged."""

    notes: NoteText | None = Field(default=None, description="A note to add, which only the team reads.")

    def to_request(self) -> dict[str, Any]:
        """The changes as `oneai.change_inbox_conversation` takes them: null clears `assignee_id` and `member_rating`,
        and leaves the others as they are."""
        sent = self.model_dump(mode="json", exclude_unset=True)
        cleared = {"assignee_id", "member_rating"}
        changes = {name: value for name, value in sent.items() if value is not None or name in cleared}
        if "notes" in changes:
            changes["note"] = changes.pop("notes")
        return changes


class InboxConversationState(_Changes):
    """The body of `PUT /api/inbox/conversations/{id}`: all that members set. Absent fields get their defaults."""

    status: InboxStatus = Field(description="Who speaks from now on. A resolved conversation cannot be snoozed.")
    spam: bool = Field(default=False, description="Whether it is spam.")
    tags: Tags = Field(default=[], description="All its tags.")

    def to_request(self) -> dict[str, Any]:
        """The state as `oneai.change_inbox_conversation` takes it."""
        return self.model_dump(mode="json")


class NewNote(Fields):
    """The body of `POST /api/inbox/conversations/{id}/notes`, and of a change of a note."""

    content: NoteText = Field(description="The note, which only the team reads.")


async def read(principal: Principal, conversation_id: UUID) -> ChatbotConversationDetail:
    """Returns a conversation with its messages and notes. Raises NotFound, RoleInsufficient for viewers."""
    (found,) = await db.call("select oneai.read_inbox_conversation(%s, %s)", [principal.user_id, conversation_id])
    return ChatbotConversationDetail.model_validate(found)


async def read_of_chatbot(principal: Principal, chatbot_id: UUID, conversation_id: UUID) -> ChatbotConversationDetail:
    """The same of one of the chatbot's visitors. Raises ChatbotNotFound, NotFound for any other, and RoleInsufficient
    for viewers."""
    (found,) = await db.call(
        "select oneai.read_inbox_conversation(%s, %s, %s)", [principal.user_id, conversation_id, chatbot_id]
    )
    return ChatbotConversationDetail.model_validate(found)


async def change(
    principal: Principal, conversation_id: UUID, changes: InboxConversationChanges | InboxConversationState
) -> ChatbotConversationDetail:
    """Changes what members set, and returns the conversation. Raises NotFound, RoleInsufficient, and InvalidRequest for
    an assignee who is no member, a change of status that is not allowed, and one note too many."""
    (changed,) = await db.call(
        "select oneai.change_inbox_conversation(%s, %s, %s)",
        [principal.user_id, conversation_id, json.dumps(changes.to_request(), ensure_ascii=False)],
    )
    return ChatbotConversationDetail.model_validate(changed)


async def delete(principal: Principal, conversation_id: UUID) -> None:
    """Deletes a conversation with its messages. Raises NotFound, RoleInsufficient for viewers."""
    await db.call("select oneai.delete_inbox_conversation(%s, %s)", [principal.user_id, conversation_id])


async def add_note(principal: Principal, conversation_id: UUID, note: NewNote) -> InboxNote:
    """Adds a note. Raises NotFound, RoleInsufficient, and InvalidRequest for one more than 200."""
    (added,) = await db.call("select oneai.add_note(%s, %s, %s)", [principal.user_id, conversation_id, note.content])
    return InboxNote.model_validate(added)


async def change_note(principal: Principal, conversation_id: UUID, note_id: UUID, note: NewNote) -> InboxNote:
    """Changes a note of one's own, or as a manager of the workspace any. Raises NotFound, RoleInsufficient."""
    (changed,) = await db.call(
        "select oneai.change_note(%s, %s, %s, %s)", [principal.user_id, conversation_id, note_id, note.content]
    )
    return InboxNote.model_validate(changed)


async def delete_note(principal: Principal, conversation_id: UUID, note_id: UUID) -> None:
    """Deletes a note of one's own, or as a manager of the workspace any. Raises NotFound, RoleInsufficient."""
    await db.call("select oneai.change_note(%s, %s, %s, null)", [principal.user_id, conversation_id, note_id])
