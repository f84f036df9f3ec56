"""A document as the API returns it, in the list and by itself."""

from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import files

Status = Literal["waiting", "scanning", "extracting", "embedding", "ready", "failed"]


class Document(BaseModel):
    """One document, and how far its processing is."""

    id: UUID = Field(description="The document's id.")
    name: str = Field(description="What its owner calls it; at first the file's name.")
    type: str = Field(description="The media type.")
    size: int = Field(description="Bytes.")
    status: Status = Field(
        description="`waiting` for its file, `scanning` for viruses, `extracting` its text, `embedding` it for search "
        "(its words are found already), `ready`, or `failed`."
    )
    progress: float = Field(description="How much of the processing is done, from 0 to 1.")
    problem: str | None = Field(description="Why it failed, for people; null: it did not.")
    pages: int | None = Field(description="Pages of the file; null: not known yet, or a type without pages.")
    tags: list[str] = Field(description="The owner's own labels.")
    collection_id: UUID | None = Field(description="The collection that it is in; null: in none.")
    chunks: int = Field(description="Chunks that its text was cut into so far.")
    description: str = Field(description="What its owner says of it; may be empty.")
    created_at: datetime = Field(description="When its upload was opened.")


class Chunk(BaseModel):
    """A part of a document's text, as it is searched and quoted."""

    ordinal: int = Field(description="Its place in the document, from 1.")
    page: int | None = Field(description="The page that it begins on, from 1; null: the type has no pages.")
    heading: str | None = Field(description="The heading that it stands under; null: none.")
    content: str = Field(description="The text.")
    tokens: int = Field(description="Tokens, estimated.")


# The columns of a `Document`, from `oneai.documents as d`.
COLUMNS: LiteralString = """
  d.id, d.name, d.media_type as type, d.size, d.status, d.progress, d.problem, d.pages, d.tags, d.collection_id,
  d.chunks, d.description, d.created_at
"""
# Of a `Chunk`, from `oneai.document_chunks as c`.
CHUNK_COLUMNS: LiteralString = "c.ordinal, c.page, c.heading, c.content, c.tokens"


def object_key(owner_id: UUID, document_id: UUID) -> str:
    """Where the document's file is stored."""
    return files.document_key(owner_id, document_id)
