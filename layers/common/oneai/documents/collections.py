"""Collections, which group documents."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import cursors
from oneai.conversations.conversation import Author, Visibility
from oneai.documents.document import CollectionName
from oneai.errors import InvalidRequest, NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.authors import with_authors
from oneai.postgres.db import Principal

# The limit of collections per owner.
MAX_COLLECTIONS = 1000


class CollectionFields(BaseModel):
    """The body of `POST /api/collections`."""

    model_config = ConfigDict(extra="forbid")

    name: CollectionName = Field(description="Its name, unique in the workspace, or among your private ones.")
    visibility: Visibility = Field(
        default="workspace", description="`private`: only its author sees it, and its documents are private."
    )


class CollectionChanges(BaseModel):
    """The body of `PATCH /api/collections/{id}`. Absent fields remain unchanged."""

    model_config = ConfigDict(extra="forbid")

    # Factories, because a plain default would appear in OpenAPI.
    name: CollectionName = Field(
        default_factory=str, description="Its name, unique among those of the workspace, or among your private ones."
    )
    visibility: Visibility = Field(
        default_factory=lambda: "workspace",
        description="Only its author sets it, for the collection and their documents in it. Documents of other members "
        "leave a collection that becomes private.",
    )


class Collection(BaseModel):
    """One collection."""

    id: UUID = Field(description="The collection's id.")
    workspace_id: UUID = Field(description="The workspace that it belongs to.")
    visibility: Visibility = Field(description="`workspace`: all members see it. `private`: only its author does.")
    author: Author = Field(description="Who created it.")
    name: str = Field(description="The author's name for the collection.")
    documents: int = Field(description="The number of its documents.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was last changed.")


class CollectionPage(BaseModel):
    """A page of collections."""

    items: list[Collection] = Field(description="The collections, by name.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


_LISTED_COLUMNS: LiteralString = """
  k.id, k.workspace_id, k.visibility, k.name, k.created_at, k.updated_at, (
    select count(*) from oneai.documents as d
    where d.workspace_id = k.workspace_id and d.collection_id = k.id) as documents
"""
_COLUMNS: LiteralString = f"{_LISTED_COLUMNS}, oneai.author_of(k.user_id, k.workspace_id) as author"


async def list_collections(principal: Principal, limit: int, cursor: str | None) -> CollectionPage:
    """Returns the owner's collections by name. Raises InvalidRequest for an invalid cursor."""
    after = None if cursor is None else cursors.decode(cursor, str)[0]
    rows = await db.read_as(
        principal,
        with_authors(
            f"""
            select {_LISTED_COLUMNS}, k.user_id as author_id from oneai.collections as k
            where k.workspace_id = %s and (%s::text is null or lower(k.name) > lower(%s))
            order by lower(k.name) limit %s
            """,
            "lower(page.name)",
        ),
        [principal.workspace_id, after, after, limit + 1],
        Collection,
    )
    items = rows[:limit]
    return CollectionPage(items=items, next_cursor=cursors.encode(items[-1].name) if len(rows) > limit else None)


async def create_collection(principal: Principal, new: CollectionFields) -> Collection:
    """Creates an empty collection. Raises InvalidRequest if the name is taken, RateLimited if there are a thousand."""
    return await _save(principal, None, new.name, new.visibility)


async def change_collection(principal: Principal, collection_id: UUID, changes: CollectionChanges) -> Collection:
    """Changes the given fields. Raises NotFound, InvalidRequest if the name is taken, RoleInsufficient for a collection
    that only its author and admins change, and Forbidden for the visibility of another author's."""
    fields = changes.model_dump(exclude_unset=True)
    return await _save(principal, collection_id, fields.get("name"), fields.get("visibility"))


async def delete_collection(principal: Principal, collection_id: UUID) -> None:
    """Deletes a collection; its documents remain, without a collection. Raises NotFound."""
    rows = await db.as_service(
        "delete from oneai.collections as k "
        "where k.id = %s and oneai.may_change(%s, k.user_id, k.workspace_id, k.visibility) returning k.id",
        [collection_id, principal.user_id],
        dict,
    )
    if not rows:
        await db.call("select oneai.require_collection_change(%s, %s)", [principal.user_id, collection_id])
        raise NotFound


async def _save(
    principal: Principal, collection_id: UUID | None, name: str | None, visibility: Visibility | None
) -> Collection:
    (saved,) = await db.call(
        "select oneai.save_collection(%s, %s, %s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, collection_id, name, visibility, MAX_COLLECTIONS],
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
