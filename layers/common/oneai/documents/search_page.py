"""A page of passages as clients see them: where each stands and what it says around the words."""

from uuid import UUID

from pydantic import BaseModel, Field

from oneai.conversations.search import Query
from oneai.documents.search import search
from oneai.postgres.db import Person


class DocumentSearchRequest(BaseModel):
    """What is looked for, and in what."""

    q: Query = Field(description="A question or words: passages are found by what they say and by what they mean.")
    collection_id: UUID | None = Field(default=None, description="In the documents of this collection.")
    document_id: UUID | None = Field(default=None, description="In this document; beside a collection, in both.")
    limit: int = Field(default=20, ge=1, le=50, description="At most so many.")
    cursor: str | None = Field(default=None, max_length=2000, description="`next_cursor` of the page before.")


class DocumentHit(BaseModel):
    """A passage that fits."""

    document_id: UUID = Field(description="Its document.")
    name: str = Field(description="That document's name.")
    page: int | None = Field(description="The page on which it begins; null where the format has none.")
    heading: str | None = Field(description="The heading above it; null where there is none.")
    snippet: str = Field(description="The text around the words found, or its beginning, as plain text.")


class DocumentSearchPage(BaseModel):
    """A page of passages."""

    items: list[DocumentHit] = Field(description="What was found, the best first.")
    next_cursor: str | None = Field(description="Leads to the next page; null on the last one.")


async def search_page(person: Person, request: DocumentSearchRequest) -> DocumentSearchPage:
    """The page that was asked for. Raises what `search` does."""
    named = request.document_id is not None or request.collection_id is not None
    found = await search(
        person,
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
