"""A page of passages as clients receive them: their place, and the text around the matches."""

from uuid import UUID

from pydantic import BaseModel, Field

from oneai.conversations.search import Query
from oneai.documents.search import search
from oneai.postgres.db import Principal


class DocumentSearchRequest(BaseModel):
    """A search in documents."""

    q: Query = Field(description="A question or words; passages match by their words and by their meaning.")
    collection_id: UUID | None = Field(default=None, description="Only in the documents of this collection.")
    document_id: UUID | None = Field(
        default=None, description="Only in this document; a collection adds its documents."
    )
    limit: int = Field(default=20, ge=1, le=50, description="The maximum number of passages.")
    cursor: str | None = Field(default=None, max_length=2000, description="`next_cursor` of the previous page.")


class DocumentHit(BaseModel):
    """A passage that matches."""

    document_id: UUID = Field(description="Its document.")
    name: str = Field(description="That document's name.")
    page: int | None = Field(description="The page on which it starts; null if the format has no pages.")
    heading: str | None = Field(description="The heading above it; null if there is none.")
    snippet: str = Field(description="The text around the matches, or its start, as plain text.")


class DocumentSearchPage(BaseModel):
    """A page of passages."""

    items: list[DocumentHit] = Field(description="The passages, best first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def search_page(principal: Principal, request: DocumentSearchRequest) -> DocumentSearchPage:
    """Returns the requested page. Raises what `search` raises."""
    named = request.document_id is not None or request.collection_id is not None
    found = await search(
        principal,
        request.q,
        documents=[request.document_id] if request.document_id else [] if named else None,
        collections=[request.collection_id] if request.collection_id else [] if named else None,
        limit=request.limit,
        cursor=request.cursor,
    )
    items = [
        DocumentHit.model_validate(passage.model_dump(include=set(DocumentHit.model_fields))) for passage in found.items
    ]
    return DocumentSearchPage(items=items, next_cursor=found.next_cursor)
