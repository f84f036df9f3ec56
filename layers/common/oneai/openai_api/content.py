"""Messages of a request and their parts, as OpenAI's chat completions have them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from oneai.chat.attachments.content_parts import IMAGE_TOKENS
from oneai.clients import openrouter
from oneai.field_errors import InvalidValue

# A token for every three bytes: what `oneai.admit` reserves.
IMAGE_BYTES = IMAGE_TOKENS * 3
TEXT_PARTS = ("text", "refusal", "input_text", "output_text")


def _as_parts(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _as_url(url: Any) -> Any:
    return {"url": url} if isinstance(url, str) else url


class CacheControl(BaseModel):
    """The mark up to which a provider keeps the prompt. It is kept for five minutes, also where an hour is asked for:
    writing that costs twice the price of the prompt, which no hold covers."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["ephemeral"]


class Part(BaseModel):
    """A part of a message's content: text, or an image by its address."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str | None = None
    refusal: str | None = None
    cache_control: CacheControl | None = None
    image_url: Annotated["ImageUrl | None", BeforeValidator(_as_url)] = Field(default=None, validate_default=True)

    @field_validator("type")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in (*TEXT_PARTS, "image_url", "input_image"):
            raise InvalidValue(
                "unsupported_type", f"Parts of type {kind[:40]!r} are not supported; text and images are."
            )
        return kind

    @field_validator("image_url")
    @classmethod
    def _complete(cls, url: "ImageUrl | None", info: ValidationInfo) -> "ImageUrl | None":
        kind = info.data.get("type")
        if kind in TEXT_PARTS and info.data.get("text") is None and info.data.get("refusal") is None:
            raise InvalidValue("required", "A part of this type needs its text.")
        if kind in ("image_url", "input_image") and url is None:
            raise InvalidValue("required", "A part of this type needs an image_url.")
        return url

    def words(self) -> str:
        """The part's text; empty for an image."""
        return self.text or self.refusal or ""

    def upstream(self) -> dict[str, Any]:
        """The part as it is sent to the model."""
        marks = {} if self.cache_control is None else {"cache_control": self.cache_control.model_dump()}
        if self.image_url is None:
            return {"type": "text", "text": self.words(), **marks}
        return {"type": "image_url", "image_url": self.image_url.model_dump(exclude_none=True), **marks}


class ImageUrl(BaseModel):
    """An image: `data:image/…` or an address that the model's provider fetches."""

    model_config = ConfigDict(extra="ignore")

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None

    @field_validator("url")
    @classmethod
    def _fetchable(cls, url: str) -> str:
        if not url.startswith(("data:image/", "https://")):
            raise InvalidValue("wrong_format", "An image is a data URL, or an https address.")
        return url


class CalledFunction(BaseModel):
    """The function of a tool call; `arguments` is JSON text."""

    model_config = ConfigDict(extra="ignore")

    name: str
    arguments: str = ""


class ToolCall(BaseModel):
    """A call that the model made earlier in the conversation."""

    model_config = ConfigDict(extra="ignore")

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction
    extra_content: dict[str, Any] | None = Field(
        default=None, description="What the model's provider signed the call with, as it came."
    )


class Message(BaseModel):
    """One message; `developer` is another name of `system`."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[list[Part] | None, BeforeValidator(_as_parts)] = Field(
        default=None, validate_default=True, description="A text, or a list of parts: `text` and `image_url`."
    )
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = Field(default=None, validate_default=True)
    reasoning_content: str | None = None
    reasoning_details: list[dict[str, Any]] | None = Field(
        default=None, description="What the model's provider has to be sent back of its thoughts, as it came."
    )
    annotations: list[dict[str, Any]] | None = Field(default=None, description="What the answer cited, as it came.")
    refusal: str | None = Field(default=None, description="What the model refused with, in place of content.")
    cache_control: CacheControl | None = Field(default=None, description="A mark at the end of the content.")

    @field_validator("content")
    @classmethod
    def _present(cls, content: list[Part] | None, info: ValidationInfo) -> list[Part] | None:
        if content is None and info.data.get("role") != "assistant":
            raise InvalidValue("required", "A message of this role needs content.")
        return content

    @field_validator("tool_call_id")
    @classmethod
    def _of_a_call(cls, call_id: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("role") == "tool" and not call_id:
            raise InvalidValue("required", "A tool's message names the call that it is the result of.")
        return call_id

    def words(self) -> str:
        """The message's text, without images."""
        return "\n".join(filter(None, (part.words() for part in self.content or ()))) or self.refusal or ""

    def images(self) -> int:
        """How many images it has."""
        return sum(part.image_url is not None for part in self.content or ())

    def upstream(self) -> dict[str, Any]:
        """The message as it is sent to the model."""
        content: str | list[dict[str, Any]] | None = None
        if self.content is not None:
            parts = [part.upstream() for part in self.content]
            if self.cache_control is not None and parts:
                parts[-1]["cache_control"] = self.cache_control.model_dump()
            is_plain = len(parts) == 1 and not self.images() and "cache_control" not in parts[0]
            content = self.words() if is_plain else parts
        elif self.refusal:
            content = self.refusal
        optional = {
            "name": self.name,
            "tool_calls": [call.model_dump(exclude_none=True) for call in self.tool_calls] if self.tool_calls else None,
            "tool_call_id": self.tool_call_id if self.role == "tool" else None,
            "reasoning": self.reasoning_content,
            # Clients that put a stream together send its fragments.
            "reasoning_details": openrouter.whole_details(self.reasoning_details or ()),
            "annotations": self.annotations,
        }
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": content, **{name: value for name, value in optional.items() if value}}


def countable(messages: list[Message]) -> Iterator[str]:
    """All texts that are part of the prompt, for the estimate of its tokens."""
    for message in messages:
        yield message.words()
        yield message.reasoning_content or ""
        for call in message.tool_calls or ():
            yield call.function.name
            yield call.function.arguments
