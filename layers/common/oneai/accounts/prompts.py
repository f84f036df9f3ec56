"""Prompts that a user saves to ask again: texts with a name, which may contain variables."""

import json
from datetime import datetime
from typing import Annotated, Literal, LiteralString
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai import cursors
from oneai.errors import NotFound
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_line, clean_lines, is_blank, one_line

# The limit of prompts per user. oneai.prompts limits names and contents as the fields below do.
MAX_PROMPTS = 5_000
# Prompts of one request. A page of as many of the largest prompts fits into a Lambda response.
MAX_AT_ONCE = 100


def _text(text: str) -> str:
    content = clean_lines(text)
    if is_blank(content):
        raise InvalidValue("empty", "A prompt needs text.")
    return content


PromptName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]
PromptContent = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_text)]
Search = Annotated[str, Field(max_length=200), AfterValidator(clean_line)]


class NewPrompt(BaseModel):
    """A prompt to store."""

    model_config = ConfigDict(extra="forbid")

    name: PromptName = Field(description="Its name, unique among your prompts, ignoring case.")
    content: PromptContent = Field(
        description="The text. A variable such as `{{city}}` is for clients to ask for; the API stores it as it is."
    )


class NewPrompts(BaseModel):
    """The body of `POST /api/user/prompts`."""

    model_config = ConfigDict(extra="forbid")

    prompts: list[NewPrompt] = Field(
        min_length=1, max_length=MAX_AT_ONCE, description="The prompts, with distinct names. All are stored, or none."
    )
    if_exists: Literal["refuse", "skip", "replace"] = Field(
        default="refuse",
        description="What happens to a prompt whose name you already use: the request is refused, the stored prompt "
        "remains, or it is replaced.",
    )


class PromptChanges(BaseModel):
    """The body of `PATCH /api/user/prompts/{id}`. Absent and null fields remain unchanged."""

    model_config = ConfigDict(extra="forbid")

    name: PromptName | None = Field(default=None, description="Its new name.")
    content: PromptContent | None = Field(default=None, description="Its new text.")


class Prompt(BaseModel):
    """One prompt."""

    id: UUID = Field(description="The prompt's id.")
    name: str = Field(description="The owner's name for the prompt.")
    content: str = Field(description="The text, with variables such as `{{city}}`.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was last changed.")


class StoredPrompts(BaseModel):
    """The prompts that a request stored."""

    items: list[Prompt] = Field(
        description="Those that were created or replaced, by name; not those that were skipped."
    )


class PromptPage(BaseModel):
    """A page of prompts."""

    items: list[Prompt] = Field(
        description="The prompts by name. In a search, those whose names start with the words come first."
    )
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class _Row(Prompt):
    rank: int
    sort_name: str


_COLUMNS: LiteralString = "p.id, p.name, p.content, p.created_at, p.updated_at"

# In the order of an index.
_ALL: LiteralString = f"""
  select {_COLUMNS}, 0 as rank, lower(p.name) as sort_name from oneai.prompts as p
  where p.user_id = %s and (%s::text is null or lower(p.name) > %s::text)
  order by lower(p.name) limit %s
"""
_MATCHING: LiteralString = f"""
  with found as (
    select {_COLUMNS}, lower(p.name) as sort_name,
      case when starts_with(lower(p.name), lower(%s)) then 0 else 1 end as rank
    from oneai.prompts as p
    where p.user_id = %s and not exists (
      select from unnest(%s::text[]) as w (word) where strpos(lower(p.name), lower(w.word)) = 0)
  )
  select * from found where %s::text is null or (rank, sort_name) > (%s, %s::text)
  order by rank, sort_name limit %s
"""


async def list_prompts(principal: Principal, search: str, limit: int, cursor: str | None) -> PromptPage:
    """Returns the user's prompts whose names contain every word of `search`, ignoring case. Raises InvalidRequest for
    an invalid cursor."""
    rank, name = (0, None) if cursor is None else cursors.decode(cursor, int, str)
    if search:
        position = [name, rank, name]
        params = [search, principal.user_id, search.split(), *position, limit + 1]
        rows = await db.read_as(principal, _MATCHING, params, _Row)
    else:
        rows = await db.read_as(principal, _ALL, [principal.user_id, name, name, limit + 1], _Row)
    items = rows[:limit]
    following = cursors.encode(items[-1].rank, items[-1].sort_name) if len(rows) > limit else None
    return PromptPage(items=[_public(row) for row in items], next_cursor=following)


async def create_prompts(principal: Principal, new: NewPrompts) -> StoredPrompts:
    """Stores prompts, all or none. Raises InvalidRequest for a name that is taken and beyond MAX_PROMPTS, StorageFull
    if they do not fit."""
    prompts = json.dumps([prompt.model_dump() for prompt in new.prompts], ensure_ascii=False)
    rows = await db.as_service(
        f"select {_COLUMNS} from oneai.save_prompts(%s, %s, %s, %s) as p",
        [principal.user_id, prompts, new.if_exists, MAX_PROMPTS],
        Prompt,
    )
    return StoredPrompts(items=rows)


async def update_prompt(principal: Principal, prompt_id: UUID, changes: PromptChanges) -> Prompt:
    """Changes the given fields. Raises NotFound, InvalidRequest for a name that is taken, StorageFull."""
    (row,) = await db.as_service(
        f"select {_COLUMNS} from oneai.update_prompt(%s, %s, %s) as p",
        [principal.user_id, prompt_id, changes.model_dump_json(exclude_none=True)],
        Prompt,
    )
    return row


async def delete_prompt(principal: Principal, prompt_id: UUID) -> None:
    """Deletes a prompt immediately. Raises NotFound."""
    rows = await db.as_service(
        "delete from oneai.prompts where user_id = %s and id = %s returning id", [principal.user_id, prompt_id], dict
    )
    if not rows:
        raise NotFound


def _public(row: _Row) -> Prompt:
    return Prompt.model_validate(row.model_dump(exclude={"rank", "sort_name"}))
