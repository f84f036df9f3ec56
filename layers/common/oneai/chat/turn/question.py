"""A question: the body of `POST /api/chat/stream`."""

import hashlib
import json
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from oneai.chat.attachments.schema import Attachments
from oneai.chat.turn.adjust import Adjustment
from oneai.field_errors import InvalidValue
from oneai.text import message_text

ModelId = Annotated[str, Field(min_length=1, max_length=200)]
# Documents and collections together.
MAX_DOCUMENTS = 20


class Reasoning(BaseModel):
    """How much a model may reason before it answers; reasoning counts as answer tokens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = Field(
        default=None, description="How much to reason, as a level. Each model supports some of the levels."
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(default=None, description="How much to reason, in tokens.")
    exclude: bool | None = Field(
        default=None, description="The model reasons, but the stream has no `reasoning` events."
    )
    enabled: bool | None = Field(default=None, description="`false` turns reasoning off if the model allows it.")


class Question(BaseModel):
    """One question, or one answer to regenerate.

    Other fields are refused, because most other fields of OpenRouter cost the operator money.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    conversation_id: UUID | None = Field(
        default=None,
        description="Absent: that of the message from which it branches, else the question starts a new conversation.",
    )
    edit_of: UUID | None = Field(default=None, description="One of your questions, which `message` replaces.")
    regenerate_of: UUID | None = Field(
        default=None,
        description="An answer to regenerate; `message` must be absent. Excludes `edit_of`.",
    )
    adjust: Adjustment | None = Field(
        default=None,
        description="How to change the answer that is regenerated, instead of answering again. Only with "
        "`regenerate_of`; excludes `compare`.",
    )
    message: (
        Annotated[str, AfterValidator(message_text), Field(json_schema_extra={"minLength": 1, "pattern": r"\S"})] | None
    ) = Field(default=None, validate_default=True, description="Required, except with `regenerate_of`.")
    attachments: Attachments | None = Field(
        default=None, description="Attachments of `message`. Absent in an edit: those of the edited question."
    )
    documents: list[UUID] | None = Field(
        default=None,
        description=(
            "Documents to answer from. Absent, as `collections` is: those of the question before, or of the one that is"
            " edited; `[]` ends it."
        ),
    )
    collections: list[UUID] | None = Field(
        default=None, description="Collections to answer from; at most 20 together with `documents`."
    )
    model: ModelId | None = Field(
        default=None,
        description="Absent: that of the regenerated answer, else the conversation's, else the operator's default.",
    )
    models: Annotated[list[ModelId], Field(max_length=3)] = Field(
        default_factory=list,
        description="Fallbacks in order, tried if `model` cannot answer. Without `model`, the first one takes its "
        "place.",
    )
    compare: Annotated[list[ModelId], Field(min_length=2, max_length=4)] | None = Field(
        default=None, description="Different models that answer side by side. Excludes `model` and `models`."
    )
    temporary: bool = Field(
        default=False,
        description="The new conversation is in no list and no search, and is deleted ten minutes after its last "
        "answer.",
    )
    web_search: bool | None = Field(
        default=None,
        description="Whether the model may search the web before it answers, which costs one unit of `web_searches` if "
        "it does. Absent: as the conversation has it. A question that has it changes the conversation; a regenerated "
        "answer does not.",
    )
    message_id: UUID | None = Field(
        default=None,
        description="The answer's id, chosen by the client. The same id and question is asked and charged only once.",
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="The sampling temperature, from 0 to 2. Absent: the model's default."
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="The maximum tokens of the answer, including reasoning. Plan and model have their own limits.",
    )
    reasoning: Reasoning | None = Field(
        default=None, description="How much the model reasons. Absent: the model's default."
    )

    @field_validator("regenerate_of")
    @classmethod
    def _one_branch(cls, answer: UUID | None, info: ValidationInfo) -> UUID | None:
        if answer is not None and info.data.get("edit_of") is not None:
            raise InvalidValue("excluded", "edit_of and regenerate_of exclude each other.")
        return answer

    @field_validator("adjust")
    @classmethod
    def _adjusts_an_answer(cls, adjustment: Adjustment | None, info: ValidationInfo) -> Adjustment | None:
        if adjustment is not None and info.data.get("regenerate_of", "invalid") is None:
            raise InvalidValue("excluded", "Only an answer can be adjusted. Send regenerate_of too.")
        return adjustment

    @field_validator("message")
    @classmethod
    def _message_or_regeneration(cls, message: str | None, info: ValidationInfo) -> str | None:
        regenerates = info.data.get("regenerate_of") is not None
        if regenerates and message is not None:
            raise InvalidValue(
                "excluded", "A regenerated answer keeps its question. Send edit_of to change the question."
            )
        if message is None and not regenerates and "regenerate_of" in info.data:
            raise InvalidValue("required", "A question needs a message.")
        return message

    @field_validator("documents", "collections")
    @classmethod
    def _few_documents(cls, ids: list[UUID] | None, info: ValidationInfo) -> list[UUID] | None:
        if ids is None:
            return None
        if info.data.get("regenerate_of") is not None:
            raise InvalidValue("excluded", "A regenerated answer uses the documents of its question.")
        if len(ids) + len(info.data.get("documents") or ()) > MAX_DOCUMENTS:
            raise InvalidValue("too_many", f"A question may name at most {MAX_DOCUMENTS} documents and collections.")
        return ids

    @field_validator("web_search")
    @classmethod
    def _searches_for_new_answers(cls, searches: bool | None, info: ValidationInfo) -> bool | None:
        if searches and info.data.get("adjust") is not None:
            raise InvalidValue("excluded", "An adjusted answer does not search the web.")
        return searches

    @field_validator("compare")
    @classmethod
    def _distinct_models(cls, models: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if models is not None and len(set(models)) < len(models):
            raise InvalidValue("repeated", "Each model may occur once.")
        if models is not None and (info.data.get("model") or info.data.get("models")):
            raise InvalidValue("excluded", "compare excludes model and models.")
        if models is not None and info.data.get("adjust") is not None:
            raise InvalidValue("excluded", "compare excludes adjust.")
        return models

    def fingerprint(self) -> str:
        """Equal if the same question is sent again, whether or not it then names the conversation."""
        fields = self.model_dump(mode="json", exclude={"message_id", "conversation_id"}, exclude_none=True)
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def answer_id_from_key(user_id: UUID, key: str) -> UUID:
    """The answer's id for an `Idempotency-Key` header."""
    return uuid5(user_id, key)
