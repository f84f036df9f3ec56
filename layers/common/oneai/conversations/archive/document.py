"""The versioned JSON document of a conversation: every message of its tree, those of other branches included.

These models are the format: they write exports, check what is imported, and make `docs/export.schema.json`. A new
version is made when a reader of this one would misunderstand it; fields may be added to it without.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

FORMAT = "oneai.conversation"
# A count that Postgres's integers hold.
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]

type MessageState = Literal["streaming", "complete", "stopped", "truncated", "failed"]
type FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "cancelled", "budget"]


class ExportedAttachment(BaseModel):
    """What was sent along with a question, by name; `text` where it was read as text, `url` where it was elsewhere."""

    type: str | None = None
    name: str | None = None
    media_type: str | None = None
    size: Count | None = Field(default=None, description="Bytes.")
    text: str | None = None
    url: str | None = None


class ExportedUsage(BaseModel):
    """What an answer took; money in whole micro-dollars."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    reasoning_tokens: Count = 0
    cached_tokens: Count = 0
    cost_micro_usd: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    estimated: bool = True


class ExportedFeedback(BaseModel):
    """What the person thought of an answer."""

    rating: Literal[1, -1]
    note: str | None = None


class ExportedSource(BaseModel):
    """A passage of a document that an answer is from, or a page of the web (`url`) that it cites, by the number that
    the answer names it with."""

    n: Count
    name: str
    url: str | None = None
    page: Count | None = None
    heading: str | None = None
    snippet: str = ""


class ExportedMessage(BaseModel):
    """One message. Siblings have the same parent and role; `is_chosen` is the one of them that one sees under it.

    `is_latest`: it and all its ancestors are chosen, it is in the branch one sees. `revision_number` runs per
    `sequence_number`. `model` was asked, `model_served` answered. `turn_id`: answers that were asked for together.
    """

    id: UUID
    parent_message_id: UUID | None
    role: Literal["user", "assistant"]
    content: str
    state: MessageState = "complete"
    sequence_number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    revision_number: Count
    revision_type: Literal["user_edit", "regeneration"] | None = None
    original_message_id: UUID | None = None
    turn_id: UUID | None = None
    is_chosen: bool
    is_latest: bool
    model: str | None = None
    model_served: str | None = None
    provider: str | None = None
    finish_reason: FinishReason | None = None
    error_code: str | None = None
    usage: ExportedUsage | None = None
    attachments: list[ExportedAttachment] = Field(default_factory=list)
    images: Count = Field(default=0, description="How many pictures the answer had; they are not part of the document.")
    sources: list[ExportedSource] = Field(default_factory=list, description="What the answer is from.")
    summary: str | None = Field(
        default=None, description="What models read in place of the conversation up to this message."
    )
    feedback: ExportedFeedback | None = None
    created_at: datetime
    ended_at: datetime | None = None


class ExportedConversation(BaseModel):
    """The conversation itself."""

    id: UUID
    title: str | None = None
    title_source: Literal["auto", "person"] = "auto"
    model: str | None = None
    system_prompt: str | None = None
    tags: list[str] = Field(default_factory=list)
    folder: str | None = None
    pinned: bool = False
    archived: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict)
    total_cost_micro_usd: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime


class ExportHeader(BaseModel):
    """A document without its messages, which are written one by one."""

    format: Literal["oneai.conversation"] = "oneai.conversation"
    version: Literal[1] = 1
    exported_at: datetime
    conversation: ExportedConversation


class Document(ExportHeader):
    """A conversation as it is exported, and as it can be imported again; messages by sequence and revision number."""

    messages: list[ExportedMessage]


class ArchiveEntry(BaseModel):
    """One conversation in an archive, and the files that hold it."""

    id: UUID
    title: str | None
    created_at: datetime
    last_message_at: datetime
    json_file: str
    markdown_file: str


def schema() -> dict[str, Any]:
    """The JSON Schema of what we write, which `docs/export.schema.json` holds."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(mode="serialization"),
    }
