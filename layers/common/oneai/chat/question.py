"""What a person asks: the body of `POST /api/chat/stream`."""

import hashlib
import json
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.text import as_message

ModelId = Annotated[str, Field(min_length=1, max_length=200)]


class Reasoning(BaseModel):
    """How much a model may think before it answers; thinking counts as answer tokens."""

    model_config = ConfigDict(extra="forbid", strict=True)

    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    exclude: bool | None = None
    enabled: bool | None = None


class Question(BaseModel):
    """One question. Fields that are not here are refused: most of what else OpenRouter takes costs the house money."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: Annotated[str, AfterValidator(as_message), Field(json_schema_extra={"minLength": 1, "pattern": r"\S"})]
    conversation_id: UUID | None = Field(None, description="Absent: the question begins a new conversation.")
    model: ModelId | None = Field(None, description="Absent: the operator's default model.")
    models: Annotated[list[ModelId], Field(max_length=3)] = Field(
        default_factory=list,
        description="Fallbacks in order, tried when `model` cannot answer; without `model` the first of them is it.",
    )
    message_id: UUID | None = Field(
        None, description="The answer's id, chosen by the client: the same id and question is asked and charged once."
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    reasoning: Reasoning | None = None

    def fingerprint(self) -> str:
        """Equal for the same question asked again, wherever the conversation's id was already known."""
        said = self.model_dump(mode="json", exclude={"message_id", "conversation_id"}, exclude_none=True)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def id_from_key(user_id: UUID, key: str) -> UUID:
    """The answer's id that an `Idempotency-Key` header stands for."""
    return uuid5(user_id, key)
