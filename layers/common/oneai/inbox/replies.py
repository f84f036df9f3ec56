"""Canned replies: texts that members send often, with variables such as `{{visitor.name}}`."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from oneai.field_errors import InvalidValue
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_line, clean_lines, is_blank, one_line

VARIABLES = ("visitor.name", "visitor.email", "member.name", "chatbot.name", "workspace.name")
_VARIABLE = re.compile(r"\{\{([^{}|]*)(?:\|([^{}]*))?\}\}")
# What Markdown takes for more than a letter: a visitor's name must not become a link or an image.
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~!&:]|(?<=www)\.", re.IGNORECASE)


def _known_variables(text: str) -> str:
    content = clean_lines(text)
    if is_blank(content):
        raise InvalidValue("empty", "A reply needs text.")
    for found in _VARIABLE.finditer(content):
        if found[1].strip() not in VARIABLES:
            known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)
            raise InvalidValue("unknown_variable", f"This has an unknown variable. The variables are {known}.")
    return content


def _short_name(text: str) -> str:
    return one_line(text).removeprefix("/").strip() or one_line("")


ReplyName = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_short_name)]
ReplyText = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_known_variables)]
Prefix = Annotated[str, Field(max_length=40), AfterValidator(clean_line)]


class NewReply(Fields):
    """The body of `POST /api/inbox/replies`."""

    name: ReplyName = Field(description="The short name by which it is found, unique in the workspace, in any case.")
    content: ReplyText = Field(
        description="The text, in Markdown, with variables: `{{visitor.name}}`, or `{{visitor.name|there}}` with what "
        "stands there without a name. Others are `visitor.email`, `member.name`, `chatbot.name`, `workspace.name`."
    )


class ReplyChanges(Fields):
    """The body of `PATCH /api/inbox/replies/{id}`. Absent and null fields remain unchanged."""

    name: ReplyName | None = Field(default=None, description="Its short name.")
    content: ReplyText | None = Field(default=None, description="Its text.")


class CannedReply(BaseModel):
    """A text that members send often."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="The short name by which it is found.")
    content: str = Field(description="The text, with its variables.")
    filled: str | None = Field(
        default=None, description="The text for the conversation that was named, in Markdown; null: none was."
    )
    created_at: datetime = Field(description="When it was saved.")
    updated_at: datetime = Field(description="When it was last changed.")


class CannedReplyList(BaseModel):
    """The canned replies of a workspace."""

    items: list[CannedReply] = Field(description="By name.")


def fill(text: str, values: dict[str, str | None]) -> str:
    """The text with its variables replaced. A value is plain text: what Markdown would take for more is escaped, and a
    variable in a value is none."""

    def value_of(found: re.Match[str]) -> str:
        value = clean_line(values.get(found[1].strip()) or "")
        return _MARKUP.sub(r"\\\g<0>", value) if value else (found[2] or "").strip()

    return _VARIABLE.sub(value_of, text)


async def list_replies(principal: Principal, prefix: str, conversation_id: UUID | None) -> CannedReplyList:
    """Returns the replies whose names begin with the prefix, filled in for the conversation if one is named. Raises
    WorkspaceNotFound, RoleInsufficient, and NotFound for the conversation."""
    (found,) = await db.call("select oneai.list_replies(%s, %s, %s)", [principal.user_id, prefix, conversation_id])
    items = [CannedReply.model_validate(row) for row in found["items"]]
    if found["values"] is not None:
        for item in items:
            item.filled = fill(item.content, found["values"])
    return CannedReplyList(items=items)


async def add(principal: Principal, reply: NewReply) -> CannedReply:
    """Saves a reply. Raises WorkspaceNotFound, RoleInsufficient, and InvalidRequest for a name that another one has,
    and if there are two hundred already."""
    (added,) = await db.call(
        "select oneai.save_reply(%s, null, %s, %s)", [principal.user_id, reply.name, reply.content]
    )
    return CannedReply.model_validate(added)


async def change(principal: Principal, reply_id: UUID, changes: ReplyChanges) -> CannedReply:
    """Changes a reply. Raises NotFound, RoleInsufficient, and InvalidRequest for a name that another one has."""
    (changed,) = await db.call(
        "select oneai.save_reply(%s, %s, %s, %s)",
        [principal.user_id, reply_id, changes.name, changes.content],
        idempotent=True,
    )
    return CannedReply.model_validate(changed)


async def delete(principal: Principal, reply_id: UUID) -> None:
    """Deletes a reply. Raises NotFound, RoleInsufficient."""
    await db.call("select oneai.delete_reply(%s, %s)", [principal.user_id, reply_id])
