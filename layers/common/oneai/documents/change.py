"""Changes, deletes and reprocesses documents, one or many."""

import json
from typing import Annotated, Any, Literal, LiteralString, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oneai.conversations.conversation import Visibility
from oneai.conversations.fields import TAGS, Tags
from oneai.documents import page_reading
from oneai.documents.document import COLUMNS, Description, Document, Name
from oneai.errors import Forbidden, NotFound
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal

# Chunks and vectors of this many documents are deleted with them in one statement.
DELETE_AT_ONCE = 20
DELETE_SECONDS = 25


class DocumentChanges(BaseModel):
    """The body of `PUT` and `PATCH /api/documents/{id}`. Absent fields remain unchanged; null removes a value."""

    model_config = ConfigDict(extra="forbid")

    # Factories, because a plain default would appear in OpenAPI, but absent fields remain unchanged.
    name: Name = Field(default_factory=str, description="The owner's name for the document.")
    tags: Tags | None = Field(default=None, description="Replaces all tags.")
    description: Description | None = Field(default=None, description="The owner's description.")
    collection_id: UUID | None = Field(
        default=None,
        description="The collection for the document. Null: none. A private one is for its author's documents, which "
        "become private.",
    )
    visibility: Visibility = Field(
        default_factory=lambda: "workspace",
        description="`private`: only its author reads it, and only they may set it. `workspace` shows it to the "
        "workspace, and takes it out of a private collection.",
    )

    def columns(self) -> dict[str, Any]:
        """The columns to change, by name."""
        fields = self.model_dump(mode="json", exclude_unset=True)
        empty: dict[str, Any] = {"tags": [], "description": ""}
        return {name: empty.get(name) if value is None else value for name, value in fields.items()}


class Reprocessing(BaseModel):
    """The body of `POST /api/documents/{id}/reprocess`; optional."""

    model_config = ConfigDict(extra="forbid")

    read_pages: bool = Field(
        default=False,
        description="Instead of reprocessing the file, a model with vision reads its pages without text, for a unit "
        "of the "
        "model's quota for each.",
    )
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="The model for `read_pages`. Absent: the default if it has vision, else a small one."
    )

    @model_validator(mode="after")
    def _model_where_it_reads(self) -> Self:
        if self.model is not None and not self.read_pages:
            raise InvalidValue("mismatch", "`model` requires `read_pages`.")
        return self


class DocumentIds(BaseModel):
    """The body of `DELETE /api/documents/bulk-delete` and `POST /api/documents/bulk-reprocess`."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] = Field(description="The documents.")


class DocumentBulkRequest(DocumentIds):
    """The body of `POST /api/documents/bulk`."""

    action: Literal["delete", "reprocess", "tag"] = Field(description="The action for each document.")
    tags: Tags | None = Field(default=None, description="For `tag`: the tags to add to each document.")

    @model_validator(mode="after")
    def _tags_where_they_are_needed(self) -> Self:
        if (self.action == "tag") != bool(self.tags):
            raise InvalidValue("mismatch", "`tags` is required for `tag` and not allowed otherwise.")
        return self


class DocumentBulkResult(BaseModel):
    """The result for one document."""

    id: UUID = Field(description="The document.")
    status: Literal["ok", "not_found"] = Field(description="`not_found`: the document does not exist.")


class DocumentBulkResults(BaseModel):
    """The results in the order of the request, one for each document."""

    results: list[DocumentBulkResult] = Field(
        description="The results in the order of the request, one for each document."
    )


class _Id(BaseModel):
    id: UUID


# Of `oneai.documents as d`; its parameter is the user.
_MAY_CHANGE: LiteralString = "oneai.may_change(%s, d.user_id, d.workspace_id, d.visibility)"


async def update(principal: Principal, document_id: UUID, changes: DocumentChanges) -> Document:
    """Updates the given fields. Raises NotFound, also for an unknown collection and for an attached file,
    RoleInsufficient for a document that only its author and admins change, and Forbidden for the visibility of another
    author's."""
    rows = await db.as_service(
        f"""
        update oneai.documents as d set
          name = coalesce(change ->> 'name', d.name),
          description = coalesce(change ->> 'description', d.description),
          tags = case when not change ? 'tags' then d.tags
            else array(select jsonb_array_elements_text(change -> 'tags')) end,
          collection_id = case when change ? 'collection_id' then (change ->> 'collection_id')::uuid
            else d.collection_id end,
          visibility = coalesce(change ->> 'visibility', d.visibility),
          updated_at = case when change = '{{}}' then d.updated_at else oneai.now() end
        from cast(%s as jsonb) as change
        where d.id = %s and not d.attached and {_MAY_CHANGE}
          and (d.user_id = %s or coalesce(change ->> 'visibility', d.visibility) = d.visibility)
          and (change ->> 'collection_id' is null or exists (
          select from oneai.collections as k
          where k.workspace_id = d.workspace_id and k.id = (change ->> 'collection_id')::uuid
            and (k.user_id = %s or k.visibility = 'workspace') for key share))
        returning {COLUMNS}
        """,
        [json.dumps(changes.columns(), ensure_ascii=False), document_id, *[principal.user_id] * 3],
        Document,
    )
    if not rows:
        await _require(principal, document_id)
        if "visibility" in changes.model_fields_set:
            await _require_author(principal, document_id)
        raise NotFound
    return rows[0]


async def delete(principal: Principal, document_id: UUID) -> None:
    """Deletes a document with its text; its file is removed later. Raises NotFound."""
    if not await _delete(principal, [document_id]):
        await _require(principal, document_id)
        raise NotFound


async def reprocess(principal: Principal, document_id: UUID, how: Reprocessing) -> None:
    """Starts to read the document again, or its pages with a model; a missing file is waited for first.

    Raises NotFound, and what `page_reading.begin` does.
    """
    if how.read_pages:
        await page_reading.begin(principal, document_id, how.model)
    elif not await _reprocess(principal, [document_id]):
        await _require(principal, document_id)
        raise NotFound


async def bulk(principal: Principal, request: DocumentBulkRequest) -> DocumentBulkResults:
    """Applies one action to many documents; those that the user may not change are `not_found`."""
    ids = list(dict.fromkeys(request.ids))
    if request.action == "delete":
        matched: set[UUID] = set()
        for at in range(0, len(ids), DELETE_AT_ONCE):
            matched |= await _delete(principal, ids[at : at + DELETE_AT_ONCE])
    elif request.action == "reprocess":
        matched = await _reprocess(principal, ids)
    else:
        matched = await _tag(principal, ids, request.tags or [])
    results = [DocumentBulkResult(id=each, status="ok" if each in matched else "not_found") for each in ids]
    return DocumentBulkResults(results=results)


async def _require(principal: Principal, document_id: UUID) -> None:
    """Raises why the user may not change the document: NotFound, or RoleInsufficient in its workspace."""
    await db.call("select oneai.require_document_change(%s, %s)", [principal.user_id, document_id], idempotent=True)


async def _require_author(principal: Principal, document_id: UUID) -> None:
    """Raises Forbidden if the document is another user's, whose choice it is who reads it."""
    rows = await db.read_as(
        principal,
        "select d.id from oneai.documents as d where d.id = %s and d.user_id is distinct from %s",
        [document_id, principal.user_id],
        _Id,
    )
    if rows:
        raise Forbidden("Only its author decides who reads a document.")


async def _delete(principal: Principal, ids: list[UUID]) -> set[UUID]:
    """Locks rows in id order, so that concurrent deletions do not deadlock."""
    rows = await db.as_service(
        f"""
        with found as (
          select d.id from oneai.documents as d where d.id = any (%s) and {_MAY_CHANGE} order by d.id for update
        )
        delete from oneai.documents as d using found where d.id = found.id returning d.id
        """,
        [ids, principal.user_id],
        _Id,
        seconds=DELETE_SECONDS,
    )
    return {each.id for each in rows}


async def _reprocess(principal: Principal, ids: list[UUID]) -> set[UUID]:
    (found,) = await db.call_long(
        "select array(select oneai.reprocess_documents(%s, %s))", [principal.user_id, ids], seconds=DELETE_SECONDS
    )
    return set(found)


async def _tag(principal: Principal, ids: list[UUID], tags: list[str]) -> set[UUID]:
    """Adds the tags that a document does not have, up to the limit of its tags."""
    rows = await db.as_service(
        f"""
        with found as (
          select d.id from oneai.documents as d
          where d.id = any (%s) and {_MAY_CHANGE} and not d.attached order by d.id for update
        )
        update oneai.documents as d set updated_at = oneai.now(), tags = (array(
          select t.tag from unnest(d.tags || %s::text[]) with ordinality as t (tag, n)
          group by t.tag order by min(t.n)))[:%s]
        from found where d.id = found.id returning d.id
        """,
        [ids, principal.user_id, tags, TAGS],
        _Id,
    )
    return {each.id for each in rows}
