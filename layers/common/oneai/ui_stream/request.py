"""The body of `POST /chat/ui-stream`, as the AI SDK's `DefaultChatTransport` sends it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oneai.chat.turn.question import ModelId, Reasoning
from oneai.field_errors import from_pydantic
from oneai.ui_stream.message import UserMessage

ClientId = Annotated[str, Field(min_length=1, max_length=200)]


class UIStreamRequest(BaseModel):
    """A request of `useChat`. Other fields are ignored, because versions of the library and pages add their own."""

    model_config = ConfigDict(extra="ignore")

    id: ClientId = Field(
        description="The chat. A UUID is the conversation's id; any other text is mapped to one, which `start` returns."
    )
    messages: Annotated[list[dict[str, Any]], Field(min_length=1)] = Field(
        description="Only the last message is read, and must be the user's. Earlier ones come from the stored "
        "conversation."
    )
    trigger: Literal["submit-message", "regenerate-message"] = Field(
        default="submit-message", description="`regenerate-message` regenerates an answer."
    )
    message_id: ClientId | None = Field(
        default=None,
        alias="messageId",
        description="For `submit-message`: the question that the last message replaces. For `regenerate-message`: the "
        "answer to regenerate, or its question; absent: that of the last message.",
    )
    model: ModelId | None = Field(default=None, description="As in a question of `POST /chat/stream`.")
    models: Annotated[list[ModelId], Field(max_length=3)] = Field(
        default_factory=list, description="As in a question of `POST /chat/stream`."
    )
    temporary: bool = Field(default=False, description="As in a question of `POST /chat/stream`.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None, description="As in a question of `POST /chat/stream`."
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="As in a question of `POST /chat/stream`."
    )
    reasoning: Reasoning | None = Field(default=None, description="As in a question of `POST /chat/stream`.")
    web_search: bool | None = Field(default=None, description="As in a question of `POST /chat/stream`.")

    @property
    def last(self) -> int:
        """The index of the last message."""
        return len(self.messages) - 1

    def last_message(self) -> UserMessage:
        """The last message. Raises InvalidRequest with the invalid field."""
        try:
            return UserMessage.model_validate(self.messages[-1])
        except ValidationError as error:
            prefix = ("messages", self.last)
            raise from_pydantic([{**each, "loc": (*prefix, *each["loc"])} for each in error.errors()]) from None

    def options(self) -> dict[str, Any]:
        """The fields that belong to the question."""
        return {
            "model": self.model,
            "models": self.models,
            "temporary": self.temporary,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "reasoning": self.reasoning,
            "web_search": self.web_search,
        }
