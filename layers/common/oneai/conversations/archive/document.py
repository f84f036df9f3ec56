"""The versioned JSON document of a conversation: every message of its tree, including all branches.

These models are the format: they write exports, validate imports, and generate `docs/export.schema.json`. The version
changes only if a reader of the current one would misunderstand the new one; fields may be added without it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.conversations.adjustments import Adjusted

FORMAT = "oneai.conversation"
# A count within the range of Postgres's integers.
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]

type MessageState = Literal["streaming", "complete", "stopped", "truncated", "failed"]
type FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "cancelled", "budget"]


class ExportedAttachment(BaseModel):
    """An attachment of a question, by name; `text` if it was read as text, `url` if it was stored elsewhere."""

    type: str | None = None
    name: str | None = None
    media_type: str | None = None
    size: Count | None = Field(default=None, description="Bytes.")
    text: str | None = None
    url: str | None = None


class ExportedUsage(BaseModel):
    """The usage of an answer; cost in whole micro-dollars."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    reasoning_tokens: Count = 0
    cached_tokens: Count = 0
    cost_micro_usd: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    estimated: bool = True


class ExportedFeedback(BaseModel):
    """The user's rating of an answer."""

    rating: Literal[1, -1]
    note: str | None = None


class ExportedSource(BaseModel):
    """A source of an answer: a passage of a document, or a web page (`url`) that it cites, with the number in the
    answer."""

    n: Count
    name: str
    url: str | None = None
    page: Count | None = None
    heading: str | None = None
    snippet: str = ""


class ExportedMessage(BaseModel):
    """One message. Siblings have the same parent and role; `is_chosen` marks the one that is shown below the parent.

    `is_latest`: it and all its ancestors are chosen, so it is on the visible branch. `revision_number` counts within
    its `sequence_number`. `model` was requested, `model_served` answered. `turn_id` connects answers that were asked
    together; none of them has `chosen_at` until the user has chosen one. `reasoning_length` is longer than `reasoning`
    where only the start of the thoughts was stored.
    """

    id: UUID
    parent_message_id: UUID | None
    role: Literal["user", "assistant"]
    content: str
    reasoning: str | None = Field(default=None, description="The thoughts of the model.")
    reasoning_length: Count | None = Field(default=None, description="The code points that it wrote of them.")
    state: MessageState = "complete"
    sequence_number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    revision_number: Count
    revision_type: Literal["user_edit", "regeneration"] | None = None
    adjust: Adjusted | None = Field(default=None, description="How it changes another version of the answer.")
    edited: bool = Field(default=False, description="Whether a user has edited the answer by hand.")
    original_message_id: UUID | None = None
    turn_id: UUID | None = None
    is_chosen: bool
    is_latest: bool
    chosen_at: datetime | None = None
    first_token_ms: Count | None = Field(default=None, description="Milliseconds until the first word.")
    model: str | None = None
    model_served: str | None = None
    provider: str | None = None
    finish_reason: FinishReason | None = None
    error_code: str | None = None
    usage: ExportedUsage | None = None
    attachments: list[ExportedAttachment] = Field(default_factory=list)
    images: Count = Field(
        default=0, description="The number of images in the answer; they are not part of the document."
    )
    sources: list[ExportedSource] = Field(default_factory=list, description="The sources of the answer.")
    summary: str | None = Field(
        default=None, description="The summary that models read in place of the conversation up to this message."
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
    """A conversation for export and import; messages are sorted by sequence and revision number."""

    messages: list[ExportedMessage]


class ArchiveEntry(BaseModel):
    """One conversation in an archive, and its files."""

    id: UUID
    title: str | None
    created_at: datetime
    last_message_at: datetime
    json_file: str
    markdown_file: str


def schema() -> dict[str, Any]:
    """The JSON Schema of the export, which is stored in `docs/export.schema.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(mode="serialization"),
    }
