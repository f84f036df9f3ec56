"""The body of `POST /v1/chat/completions`, and the question that it asks."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationInfo, field_validator

from oneai.chat.turn.prompted_question import NO_TEXT, PromptedQuestion
from oneai.errors import InvalidRequest
from oneai.field_errors import InvalidValue
from oneai.openai_api.content import MAX_FUNCTION_NAME, MAX_MESSAGES, CacheControl, Message
from oneai.prompt_size import prompt_bytes, prompt_characters, serialised_bytes

type Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
# OpenAI's limit.
MAX_TOOLS = 128
MAX_BIASES = 1000
MAX_MODALITIES = 10
# Fields that are sent to the model unchanged.
PASSED_ON = (
    *("temperature", "top_p", "stop", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs"),
    *("top_logprobs", "tools", "tool_choice", "parallel_tool_calls", "response_format", "verbosity"),
)


class Function(BaseModel):
    """A function that the model may call; `parameters` is a JSON schema."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(BaseModel):
    """A tool of the client. Tools that run at the provider are refused, because they cost money."""

    model_config = ConfigDict(extra="ignore")

    type: str = "function"
    cache_control: CacheControl | None = None
    function: Function | None = Field(default=None, validate_default=True)

    @field_validator("type")
    @classmethod
    def _function(cls, kind: str) -> str:
        if kind != "function":
            raise InvalidValue("unsupported_type", "Only tools of type 'function' are supported.")
        return kind

    @field_validator("function")
    @classmethod
    def _present(cls, function: Function | None) -> Function:
        if function is None:
            raise InvalidValue("required", "A tool needs its function.")
        return function


class StreamOptions(BaseModel):
    """Options of a stream."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = Field(default=False, description="Adds a last chunk with `usage`.")


class WebSearchOptions(BaseModel):
    """OpenAI's options of a search of the web, as far as they can be honoured: a search has one size, and knows no
    place."""

    model_config = ConfigDict(extra="ignore")

    search_context_size: str | None = None
    user_location: Any = None

    @field_validator("search_context_size")
    @classmethod
    def _one_size(cls, size: str | None) -> str | None:
        if size not in (None, "medium"):
            raise InvalidValue("unsupported_type", "search_context_size must be medium.")
        return size

    @field_validator("user_location")
    @classmethod
    def _no_place(cls, place: Any) -> None:
        if place is not None:
            raise InvalidValue("unsupported_type", "user_location is not supported.")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def at_most(most: int) -> BeforeValidator:
    """Limits an object's number of fields before any of them is validated. Raises InvalidValue."""

    def check(value: Any) -> Any:
        if isinstance(value, dict) and len(value) > most:
            raise InvalidValue("too_many", f"At most {most} are allowed.")
        return value

    return BeforeValidator(check)


class ChatCompletionRequest(BaseModel):
    """The fields that have an effect; others are ignored, because libraries add fields freely."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    model: Annotated[str, Field(min_length=1, max_length=200, description="A model's id, such as `openai/gpt-4.1`.")]
    messages: Annotated[
        list[Message], Field(min_length=1, max_length=MAX_MESSAGES, description="The whole conversation.")
    ]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The older name of `max_completion_tokens`."
    )
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    stop: Annotated[Annotated[list[str], Field(max_length=4)] | None, BeforeValidator(_as_list)] = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    n: int | None = Field(default=None, description="1: a request has one choice.")
    logit_bias: Annotated[dict[str, float] | None, at_most(MAX_BIASES)] = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    tools: Annotated[list[Tool], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Any = Field(default=None, description="`none`, `auto`, `required`, or a function's name.")
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = Field(default=None, description="`text`, `json_object` or `json_schema`.")
    reasoning_effort: Effort | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    modalities: Annotated[list[str], Field(max_length=MAX_MODALITIES)] | None = Field(
        default=None, description="`text`, or `text` and `image` for a model that generates images."
    )
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    web_search_options: WebSearchOptions | None = Field(
        default=None, description="The model may search the web once, which costs a unit of `web_searches` if it does."
    )
    plugins: Any = Field(default=None, description="OpenRouter's plugin `web` is refused: use `web_search_options`.")
    functions: Any = Field(default=None, description="Refused: the older form of `tools`.")

    @field_validator("n")
    @classmethod
    def _one_choice(cls, n: int | None) -> int | None:
        if n not in (None, 1):
            raise InvalidValue("unsupported_type", "n must be 1.")
        return n

    @field_validator("modalities")
    @classmethod
    def _written(cls, modalities: list[str] | None) -> list[str] | None:
        if set(modalities or ()) - {"text", "image"}:
            raise InvalidValue("unsupported_type", "modalities must be text, or text and image.")
        return modalities

    @field_validator("functions")
    @classmethod
    def _no_functions(cls, functions: Any) -> None:
        if functions:
            raise InvalidValue("unsupported_type", "functions is not supported. Use tools.")

    @field_validator("plugins")
    @classmethod
    def _no_web_plugin(cls, plugins: Any) -> None:
        listed = plugins if isinstance(plugins, list) else []
        if any(isinstance(each, dict) and each.get("id") == "web" for each in listed):
            raise InvalidValue("unsupported_type", "The plugin web is not supported. Use web_search_options.")

    @field_validator("tool_choice")
    @classmethod
    def _tool_choice(cls, choice: Any) -> Any:
        if choice is None or choice in ("none", "auto", "required"):
            return choice
        function = choice.get("function") if isinstance(choice, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or len(name) > MAX_FUNCTION_NAME:
            raise InvalidValue("not_a_choice", "This must be 'none', 'auto', 'required', or a function.")
        return {"type": "function", "function": {"name": name}}

    @field_validator("response_format")
    @classmethod
    def _response_format(cls, form: dict[str, Any] | None) -> dict[str, Any] | None:
        kind = None if form is None else form.get("type")
        if form is not None and kind not in ("text", "json_object", "json_schema"):
            raise InvalidValue("not_a_choice", "The type must be 'text', 'json_object' or 'json_schema'.")
        schema = None if form is None else form.get("json_schema")
        if kind == "json_schema" and not (isinstance(schema, dict) and isinstance(schema.get("name"), str)):
            raise InvalidValue("required", "A JSON schema needs its json_schema with a name.")
        return form

    @field_validator("stream_options")
    @classmethod
    def _of_a_stream(cls, options: StreamOptions | None, info: ValidationInfo) -> StreamOptions | None:
        if options is not None and not info.data.get("stream"):
            raise InvalidValue("excluded", "stream_options is only allowed when stream is true.")
        return options

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with a chunk of usage."""
        return self.stream_options is not None and self.stream_options.include_usage

    def question(self, request_hash: str, *, is_retry: bool, message_id: UUID | None = None) -> PromptedQuestion:
        """The question of this request; `request_hash` is equal for equal requests of one key. Raises
        InvalidRequest."""
        parameters, prompt = self._parameters(), [each.upstream() for each in self.messages]
        message = _storable(next((each.words() for each in reversed(self.messages) if each.role == "user"), ""))
        schemas = {name: parameters[name] for name in ("tools", "response_format") if name in parameters}
        try:
            characters = prompt_characters(prompt) + (serialised_bytes(schemas) if schemas else 0)
            size = prompt_bytes({**parameters, "messages": prompt}) - len(message.encode())
        except ValueError:
            raise InvalidRequest("A number of the request is NaN or infinite, which JSON does not have.") from None
        return PromptedQuestion.model_construct(
            message=message,
            model=self.model,
            temporary=True,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            message_id=message_id,
            prompt=prompt,
            parameters=parameters,
            request_hash=request_hash,
            is_retry=is_retry,
            prompt_characters=characters,
            prompt_bytes=size,
            has_images=any(each.images() for each in self.messages),
            wants_images="image" in (self.modalities or ()),
            web_search=None if self.web_search_options is None else True,
        )

    def _parameters(self) -> dict[str, Any]:
        parameters = self.model_dump(include=set(PASSED_ON), exclude_none=True)
        if self.reasoning_effort is not None:
            parameters["reasoning"] = {"effort": self.reasoning_effort}
        if (self.response_format or {}).get("type") == "json_schema" or self.logprobs:
            # Otherwise OpenRouter may choose a provider that ignores it.
            parameters["provider"] = {"require_parameters": True}
        return parameters


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd") or NO_TEXT
