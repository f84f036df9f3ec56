"""Collections, which group documents."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import cursors
from oneai.documents.document import CollectionName
from oneai.errors import InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal

# The limit of collections per owner.
MAX_COLLECTIONS = 1000


class CollectionFields(BaseModel):
    """The body of `POST /api/collections` and `PATCH /api/collections/{id}`."""

    model_config = ConfigDict(extra="forbid")

    name: CollectionName = Field(description="Its name, unique among your collections.")


class Collection(BaseModel):
    """One collection."""

    id: UUID = Field(description="The collection's id.")
    name: str = Field(description="The owner's name for the collection.")
    documents: int = Field(description="The number of its documents.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was last renamed.")


class CollectionPage(BaseModel):
    """A page of collections."""

    items: list[Collection] = Field(description="The collections, by name.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


_COLUMNS: LiteralString = """
  k.id, k.name, k.created_at, k.updated_at, (
    select count(*) from oneai.documents as d
    where d.workspace_id = k.workspace_id and d.collection_id = k.id) as documents
"""


async def list_collections(principal: Principal, limit: int, cursor: str | None) -> CollectionPage:
    """Returns the owner's collections by name. Raises InvalidRequest for an invalid cursor."""
    after = None if cursor is None else cursors.decode(cursor, str)[0]
    rows = await db.read_as(
        principal,
        f"""
        select {_COLUMNS} from oneai.collections as k
        where k.workspace_id = %s and (%s::text is null or lower(k.name) > lower(%s)) order by lower(k.name) limit %s
        """,
        [principal.workspace_id, after, after, limit + 1],
        Collection,
    )
    items = rows[:limit]
    return CollectionPage(items=items, next_cursor=cursors.encode(items[-1].name) if len(rows) > limit else None)


async def create_collection(principal: Principal, new: CollectionFields) -> Collection:
    """Creates an empty collection. Raises InvalidRequest if the name is taken, RateLimited if there are a thousand."""
    return await _save(principal, None, new.name)


async def rename_collection(principal: Principal, collection_id: UUID, changes: CollectionFields) -> Collection:
    """Renames a collection. Raises NotFound, InvalidRequest if the name is taken."""
    return await _save(principal, collection_id, changes.name)


async def delete_collection(principal: Principal, collection_id: UUID) -> None:
    """Deletes a collection; its documents remain, without a collection. Raises NotFound."""
    rows = await db.as_service(
        "delete from oneai.collections "
        "where id = %s and workspace_id = any (array(select oneai.writable_workspaces(%s))) returning id",
        [collection_id, principal.user_id],
        dict,
    )
    if not rows:
        await db.call("select oneai.require_collection(%s, %s, 'write')", [principal.user_id, collection_id])
        raise NotFound


async def _save(principal: Principal, collection_id: UUID | None, name: str) -> Collection:
    (saved,) = await db.call(
        "select oneai.save_collection(%s, %s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, collection_id, name, MAX_COLLECTIONS],
    )
    if saved is None:
        raise _taken()
    rows = await db.read_as(
        principal, f"select {_COLUMNS} from oneai.collections as k where k.id = %s", [saved], Collection
    )
    if not rows:
        raise NotFound
    return rows[0]


def _taken() -> InvalidRequest:
    return invalid("name", "repeated", "You already have a collection with this name.")
