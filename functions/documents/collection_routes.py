"""Routes for collections of documents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai import documents
from oneai.documents import Collection, CollectionChanges, CollectionFields, CollectionPage
from oneai.http.fastapi_app import Cursor, DocumentReader, DocumentWriter, Limit

CollectionId = Annotated[UUID, Path(description="The collection's id.")]

router = APIRouter(tags=["Documents"])


@router.get("/collections", summary="List collections")
async def list_collections(user: DocumentReader, limit: Limit = 50, cursor: Cursor = None) -> CollectionPage:
    """Lists your collections by name."""
    return await documents.list_collections(user, limit, cursor)


@router.post("/collections", summary="Create a collection", status_code=201)
async def create_collection(user: DocumentWriter, new: CollectionFields) -> Collection:
    """Creates an empty collection."""
    return await documents.create_collection(user, new)


@router.patch("/collections/{id}", summary="Change a collection")
async def change_collection(user: DocumentWriter, id: CollectionId, changes: CollectionChanges) -> Collection:
    """Renames a collection, or changes who sees it."""
    return await documents.change_collection(user, id, changes)


@router.delete("/collections/{id}", summary="Delete a collection", status_code=204)
async def delete_collection(user: DocumentWriter, id: CollectionId) -> None:
    """Deletes the collection; its documents remain, without a collection."""
    await documents.delete_collection(user, id)
