"""A question: the body of `POST /api/chat/stream`."""

import hashlib
import json
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from oneai.chat.attachments.schema import Attachments
from oneai.field_errors import InvalidValue
from oneai.text import message_text

ModelId = Annotated[str, Field(min_length=1, max_length=200)]
# Of documents and collections together.
MAX_DOCUMENTS = 20


class Reasoning(BaseModel):
    """How much a model may think before it answers; thinking counts as answer tokens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = Field(
        default=None, description="How much to think, in words; which of them a model knows is its own affair."
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(default=None, description="How much to think, in tokens.")
    exclude: bool | None = Field(
        default=None, description="The model thinks, and the stream has no `reasoning` events."
    )
    enabled: bool | None = Field(default=None, description="`false` turns thinking off where the model allows it.")


class Question(BaseModel):
    """One question, or one answer asked for anew.

    Fields that are not here are refused: most of what else OpenRouter takes costs the house money.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    conversation_id: UUID | None = Field(
        default=None,
        description="Absent: that of the message it branches off, else the question begins a new conversation.",
    )
    edit_of: UUID | None = Field(default=None, description="A question of yours: `message` is asked in its place.")
    regenerate_of: UUID | None = Field(
        default=None,
        description="An answer: its question is answered anew, and `message` is absent. Excludes `edit_of`.",
    )
    message: (
        Annotated[str, AfterValidator(message_text), Field(json_schema_extra={"minLength": 1, "pattern": r"\S"})] | None
    ) = Field(default=None, validate_default=True, description="Required, except with `regenerate_of`.")
    attachments: Attachments | None = Field(
        default=None, description="Sent along with `message`. Absent in an edit: what came with the question before."
    )
    documents: list[UUID] | None = Field(
        default=None,
        description=(
            "Documents to answer from. Absent, as `collections` is: those of the question before, or of the one that is"
            " edited; `[]` ends it."
        ),
    )
    collections: list[UUID] | None = Field(
        default=None, description="Collections to answer from; with `documents` 20 in all."
    )
    model: ModelId | None = Field(
        default=None,
        description="Absent: that of the answer given anew, else the conversation's, else the operator's default.",
    )
    models: Annotated[list[ModelId], Field(max_length=3)] = Field(
        default_factory=list,
        description="Fallbacks in order, tried when `model` cannot answer; without `model` the first of them is it.",
    )
    compare: Annotated[list[ModelId], Field(min_length=2, max_length=4)] | None = Field(
        default=None, description="Different models that answer side by side. Excludes `model` and `models`."
    )
    temporary: bool = Field(
        default=False,
        description="The new conversation is in no list and no search, and gone ten minutes after its last answer.",
    )
    message_id: UUID | None = Field(
        default=None,
        description="The answer's id, chosen by the client: the same id and question is asked and charged once.",
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="How varied the answer is, from 0 to 2. Absent: the model's default."
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="The most tokens of the answer, thinking included. Plan and model have a limit of their own.",
    )
    reasoning: Reasoning | None = Field(
        default=None, description="How much the model thinks. Absent: the model's default."
    )

    @field_validator("regenerate_of")
    @classmethod
    def _one_branch(cls, answer: UUID | None, info: ValidationInfo) -> UUID | None:
        if answer is not None and info.data.get("edit_of") is not None:
            raise InvalidValue("excluded", "Either a question is edited or an answer is given anew.")
        return answer

    @field_validator("message")
    @classmethod
    def _message_or_regeneration(cls, message: str | None, info: ValidationInfo) -> str | None:
        regenerates = info.data.get("regenerate_of") is not None
        if regenerates and message is not None:
            raise InvalidValue(
                "excluded", "An answer given anew is to the same question; send edit_of to change the question."
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
            raise InvalidValue("excluded", "An answer given anew is from the documents of its question.")
        if len(ids) + len(info.data.get("documents") or ()) > MAX_DOCUMENTS:
            raise InvalidValue("too_many", f"A question names {MAX_DOCUMENTS} documents and collections at most.")
        return ids

    @field_validator("compare")
    @classmethod
    def _distinct_models(cls, models: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if models is not None and len(set(models)) < len(models):
            raise InvalidValue("repeated", "Each model answers once.")
        if models is not None and (info.data.get("model") or info.data.get("models")):
            raise InvalidValue("excluded", "Either several models are compared or one is asked.")
        return models

    def fingerprint(self) -> str:
        """Equal when the same question is sent again, whether or not it names the conversation by then."""
        fields = self.model_dump(mode="json", exclude={"message_id", "conversation_id"}, exclude_none=True)
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def answer_id_from_key(user_id: UUID, key: str) -> UUID:
    """The answer's id that an `Idempotency-Key` header stands for."""
    return uuid5(user_id, key)
