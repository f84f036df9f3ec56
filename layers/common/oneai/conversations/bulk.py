"""Applies one action to many conversations: deletes, archives, pins, moves or tags them."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oneai.conversations.fields import TAGS, Folder, Tags
from oneai.conversations.remove import delete_many
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal

Action = Literal["delete", "archive", "unarchive", "pin", "unpin", "move", "tag"]


class BulkRequest(BaseModel):
    """The body of `POST /api/conversations/bulk`."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=100)] = Field(description="The conversations.")
    action: Action = Field(description="The action for each conversation.")
    folder: Folder | None = Field(
        default=None, description="For `move`: the folder for each conversation. Null: in none."
    )
    tags: Tags | None = Field(default=None, description="For `tag`: the tags to add to each conversation.")

    @model_validator(mode="after")
    def _values_where_they_are_needed(self) -> Self:
        if (self.action == "tag") != bool(self.tags):
            raise InvalidValue("mismatch", "`tags` is required for `tag` and not allowed otherwise.")
        if (self.action == "move") != ("folder" in self.model_fields_set):
            raise InvalidValue("mismatch", "`folder` is required for `move` and not allowed otherwise.")
        return self


class BulkResult(BaseModel):
    """The result for one conversation."""

    id: UUID = Field(description="The conversation.")
    status: Literal["ok", "not_found"] = Field(description="`not_found`: the conversation does not exist.")


class BulkResults(BaseModel):
    """The results in the order of the request, one for each conversation."""

    results: list[BulkResult] = Field(description="The results in the order of the request, one for each conversation.")


class _Id(BaseModel):
    id: UUID


async def bulk(principal: Principal, request: BulkRequest) -> BulkResults:
    """Applies one action to many conversations; other users' conversations are `not_found`."""
    ids = list(dict.fromkeys(request.ids))
    if request.action == "delete":
        matched = await delete_many(principal, ids)
    else:
        matched = await _change(principal, ids, request)
    return BulkResults(results=[BulkResult(id=each, status="ok" if each in matched else "not_found") for each in ids])


async def _change(principal: Principal, ids: list[UUID], request: BulkRequest) -> set[UUID]:
    """Locks rows in id order. A conversation gets the tags that it lacks, up to the limit of its tags."""
    archived = {"archive": True, "unarchive": False}.get(request.action)
    pinned = {"pin": True, "unpin": False}.get(request.action)
    rows = await db.as_service(
        """
        with found as (
          select id, archived, pinned, folder, tags from oneai.conversations
          where user_id = %s and oneai.may_write(%s, workspace_id) and id = any (%s) order by id for update
        ), wanted as (
          select id, coalesce(%s, archived) as archived, coalesce(%s, pinned) as pinned,
            case when %s then %s::text else folder end as folder,
            case when %s::text[] is null then tags::text[] else (array(
              select t.tag from unnest(found.tags || %s::text[]) with ordinality as t (tag, n)
              group by t.tag order by min(t.n)))[:%s] end as tags
          from found
        )
        update oneai.conversations as c
        set archived = w.archived, pinned = w.pinned, folder = w.folder, tags = w.tags,
          updated_at = case
            when (c.archived, c.pinned, c.folder::text, c.tags::text[])
              is not distinct from (w.archived, w.pinned, w.folder, w.tags) then c.updated_at
            else oneai.now() end
        from wanted as w where c.id = w.id returning c.id
        """,
        [
            *(principal.user_id, principal.user_id, ids, archived, pinned, request.action == "move", request.folder),
            *(request.tags, request.tags, TAGS),
        ],
        _Id,
    )
    return {each.id for each in rows}
