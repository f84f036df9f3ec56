"""A document as the API returns it, in lists and alone; its editable fields, and the limits of single ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, LiteralString, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from oneai import files
from oneai.conversations.conversation import Author, Visibility
from oneai.text import clean_lines, one_line

Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(one_line)]
CollectionName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
Description = Annotated[str, Field(max_length=2000), AfterValidator(clean_lines)]

Status = Literal["waiting", "scanning", "extracting", "embedding", "ready", "failed"]
ProblemCode = Literal["failed", "pages_not_read", "text_incomplete"]
WordsOnly = Literal["credits_exhausted", "service_paused", "unavailable"]
# Below this share of a file's letters, the read text is called incomplete.
COMPLETE_SHARE = 0.98

TEXT_INCOMPLETE = (
    "About {percent}% of the text of this file was read. Compare it with the file, or upload it in another format."
)
PICTURE_PAGES = "{pages:,} pages are images and were not read. A model with vision can read them."
PICTURE_PAGE = "One page is an image and was not read. A model with vision can read it."


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """`document_pages`: how long one document may be; `ingest_function` names the Lambda function that reads files;
    `require_confirmed_email` refuses to read pages for who has not confirmed their address."""

    document_pages: int = 5_000
    ingest_function: str = "IngestDocumentFunction"
    require_confirmed_email: bool = False


class Document(BaseModel):
    """One document, and the progress of its processing."""

    id: UUID = Field(description="The document's id.")
    workspace_id: UUID = Field(description="The workspace that it belongs to, which pays for it.")
    visibility: Visibility = Field(
        description="`workspace`: all members of its workspace read it and ask about it. `private`: only its author "
        "does. A file that is attached to a conversation is as visible as that."
    )
    author: Author = Field(description="Who uploaded it. Its author changes and deletes it, and so do a team's admins.")
    name: str = Field(description="The author's name for the document; at first the file's name.")
    type: str = Field(description="The media type.")
    size: int = Field(description="Bytes.")
    status: Status = Field(
        description="`waiting` for its file, `scanning` for viruses, `extracting` its text, `embedding` it for search "
        "(its words are found already), `ready`, or `failed`."
    )
    progress: float = Field(description="The progress of processing, from 0 to 1.")
    problem: str | None = Field(
        default=None,
        description="Why it failed, or which text is missing, as a sentence; null if nothing is wrong.",
    )
    problem_code: ProblemCode | None = Field(
        default=None,
        description="What `problem` is about: `failed`; `text_incomplete`, with the share in `text_share`; or "
        "`pages_not_read`, when pages are images, or a model has not read all pages. Null: nothing is wrong.",
    )
    text_share: float | None = Field(
        default=None,
        description="The share of the file's letters that were read, from 0 to 1; below 0.98 the text is incomplete. "
        "Null: not known, as for formats whose letters are not counted.",
    )
    picture_pages: int = Field(
        default=0, description="Pages that are images with few words or none, which no model has read."
    )
    words_only: WordsOnly | None = Field(
        default=None,
        description="Why it is found by its words alone, and not by meaning. `credits_exhausted`: credits or a limit "
        "of them did not cover its search index; process it again when they do. `service_paused` (the operator's "
        "limit of the day is reached) and `unavailable` (the model did not answer): it is `embedding`, and tried "
        "again. Null: it is found by both, or soon will be.",
    )
    pages: int | None = Field(description="Pages of the file; null: not known yet, or a type without pages.")
    tags: list[str] = Field(description="The author's labels.")
    collection_id: UUID | None = Field(description="Its collection; null: none.")
    chunks: int = Field(description="The chunks of its text so far.")
    description: str = Field(description="The author's description; may be empty.")
    created_at: datetime = Field(description="When its upload was requested.")

    @model_validator(mode="after")
    def _name_the_problem(self) -> Self:
        """Describes missing text of a document that was read; a stored problem takes precedence."""
        if self.status == "failed":
            self.problem_code = "failed"
        elif self.problem is not None:
            self.problem_code = self.problem_code or "pages_not_read"
        elif self.text_share is not None and self.text_share < COMPLETE_SHARE:
            self.problem_code = "text_incomplete"
            self.problem = TEXT_INCOMPLETE.format(percent=int(self.text_share * 100))
        elif self.picture_pages > 0 and self.status in ("embedding", "ready"):
            self.problem_code = "pages_not_read"
            self.problem = PICTURE_PAGE if self.picture_pages == 1 else PICTURE_PAGES.format(pages=self.picture_pages)
        return self


class Chunk(BaseModel):
    """A part of a document's text, as it is searched and quoted."""

    ordinal: int = Field(description="Its position in the document, from 1.")
    page: int | None = Field(description="The page on which it starts, from 1; null if the type has no pages.")
    heading: str | None = Field(description="The heading above it; null: none.")
    content: str = Field(description="The text.")
    tokens: int = Field(description="Tokens, estimated.")


# The columns of a `Document` without its author, from `oneai.documents as d`.
LISTED_COLUMNS: LiteralString = """
  d.id, d.workspace_id, d.visibility, d.name,
  d.media_type as type, d.size, d.status, d.progress, d.problem, d.text_share, d.words_only,
  oneai.count_pages(d.picture_pages - d.pages_read) as picture_pages, d.pages, d.tags, d.collection_id, d.chunks,
  d.description, d.created_at
"""
COLUMNS: LiteralString = f"{LISTED_COLUMNS}, oneai.author_of(d.user_id, d.workspace_id) as author"
# The columns of a `Chunk`, from `oneai.document_chunks as c`.
CHUNK_COLUMNS: LiteralString = "c.ordinal, c.page, c.heading, c.content, c.tokens"


def object_key(workspace_id: UUID, document_id: UUID) -> str:
    """The storage key of the document's file."""
    return files.document_key(workspace_id, document_id)
