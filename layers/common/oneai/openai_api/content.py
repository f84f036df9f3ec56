"""Messages of a request and their parts, in the format of OpenAI's chat completions."""

import base64
import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from oneai import files
from oneai.field_errors import InvalidValue
from oneai.models.pieces import signed_content, text_in, whole_details

# Limits for fields that need no long values. All other fields count by their size (`oneai.prompt_size`). Some gateways
# put the signature of a model's reasoning into the id of a call, so a client must be able to send back a long id.
MAX_NAME, MAX_FUNCTION_NAME, MAX_CALL_ID = 64, 128, 4000
MAX_MESSAGES, MAX_PARTS, MAX_TOOL_CALLS, MAX_REASONING_DETAILS, MAX_ANNOTATIONS = 2000, 10_000, 128, 1000, 1000
THOUGHT_PARTS = ("thinking", "redacted_thinking")
TEXT_PARTS = ("text", "refusal", "input_text", "output_text")
# `image/jpg` is not a registered type, but many clients send it. MIME breaks base64 into lines (RFC 2045, 6.8).
IMAGE_DATA = re.compile(r"data:image/(?:png|jpe?g|webp|gif);base64,([A-Za-z0-9+/\r\n]+={0,2}\s{0,2})", re.IGNORECASE)
# Base64 of the first bytes of an image, from which `files.image_type` detects its type.
FIRST_CHARACTERS = 16


def _as_parts(content: Any, info: ValidationInfo) -> Any:
    """A text as a single part. Of all messages of a request only MAX_PARTS parts are validated; further parts are
    refused before, because the validation's context counts them (`parts`)."""
    if not isinstance(content, list):
        return [{"type": "text", "text": content}] if isinstance(content, str) else content
    counts = info.context if isinstance(info.context, dict) else {}
    counts["parts"] = counts.get("parts", 0) + len(content)
    if counts["parts"] > MAX_PARTS:
        raise InvalidValue("too_many", f"All messages together may have at most {MAX_PARTS} parts.")
    return content


def _as_json(arguments: Any) -> Any:
    """Arguments as JSON text; some clients send the object, or null for none."""
    if arguments is None:
        return "{}"
    return json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, dict) else arguments


def _as_url(url: Any) -> Any:
    return {"url": url} if isinstance(url, str) else url


class CacheControl(BaseModel):
    """Marks the prompt up to which the provider caches. It is cached for five minutes, even if an hour is requested,
    because writing that would cost twice the price of the prompt, which no hold covers."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["ephemeral"]


def _is_image(url: str) -> bool:
    """Whether a data URL is base64 that starts like an image."""
    found = IMAGE_DATA.fullmatch(url)
    if found is None:
        return False
    first = "".join(found[1][: 2 * FIRST_CHARACTERS].split()).rstrip("=")[:FIRST_CHARACTERS]
    return len(first) % 4 != 1 and files.image_type(base64.b64decode(first + "=" * (-len(first) % 4))) is not None


class ImageUrl(BaseModel):
    """An image: a data URL of a png, jpeg, webp or gif in base64, or an address that the model's provider fetches."""

    model_config = ConfigDict(extra="ignore")

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None

    @field_validator("url")
    @classmethod
    def _fetchable(cls, url: str) -> str:
        if url.startswith("data:"):
            # Every image is held as the same number of tokens, so other data must not pass for an image.
            if not _is_image(url):
                raise InvalidValue(
                    "wrong_format", "A data URL must start with data:image/png;base64, (or jpeg, webp, gif)."
                )
        elif not files.is_public(url):
            raise InvalidValue("not_public", "The url of an image must be public https, or a data URL.")
        return url


class Part(BaseModel):
    """A part of a message's content: text, or an image by its address."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str | None = None
    refusal: str | None = None
    thinking: Any = Field(default=None, description="Reasoning of the assistant, in Anthropic's and Mistral's format.")
    signature: str | None = Field(default=None, description="The provider's signature of the reasoning.")
    data: str | None = Field(default=None, description="Reasoning that the provider encrypted.")
    cache_control: CacheControl | None = None
    image_url: Annotated[ImageUrl | None, BeforeValidator(_as_url)] = Field(default=None, validate_default=True)

    @field_validator("type")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in (*TEXT_PARTS, *THOUGHT_PARTS, "image_url", "input_image"):
            raise InvalidValue(
                "unsupported_type", f"Parts of type {kind[:40]!r} are not supported. Use text and images."
            )
        return kind

    @field_validator("image_url")
    @classmethod
    def _complete(cls, url: ImageUrl | None, info: ValidationInfo) -> ImageUrl | None:
        kind = info.data.get("type")
        if kind in TEXT_PARTS and info.data.get("text") is None and info.data.get("refusal") is None:
            raise InvalidValue("required", "A part of this type needs text.")
        if kind in ("image_url", "input_image") and url is None:
            raise InvalidValue("required", "A part of this type needs an image_url.")
        return url

    def words(self) -> str:
        """The part's text; empty for an image."""
        return self.text or self.refusal or ""

    def is_thought(self) -> bool:
        """Whether the part is only reasoning."""
        return self.type in THOUGHT_PARTS

    def thought(self) -> str:
        """Reasoning without a signature; empty for any other part."""
        return text_in(self.thinking) if self.is_thought() and not self.signature else ""

    def signed_thought(self) -> dict[str, Any] | None:
        """Signed or encrypted reasoning as an entry of `reasoning_details`; None for any other part."""
        if self.type == "redacted_thinking" and self.data:
            return {"type": "reasoning.encrypted", "data": self.data}
        if self.type == "thinking" and self.signature:
            text = text_in(self.thinking)
            return {"type": "reasoning.text", "text": text, "signature": self.signature}
        return None

    def upstream(self) -> dict[str, Any]:
        """The part as it is sent to the model."""
        marks = {} if self.cache_control is None else {"cache_control": self.cache_control.model_dump()}
        if self.image_url is None:
            return {"type": "text", "text": self.words(), **marks}
        return {"type": "image_url", "image_url": self.image_url.model_dump(exclude_none=True), **marks}


class CalledFunction(BaseModel):
    """The function of a tool call; `arguments` is JSON text."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=MAX_FUNCTION_NAME)]
    arguments: Annotated[str, BeforeValidator(_as_json)] = ""
    thought_signature: str | None = Field(
        default=None, description="Like `extra_content`, in the format of some gateways."
    )


class ToolCall(BaseModel):
    """A call that the model made earlier in the conversation."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(max_length=MAX_CALL_ID)]
    type: Literal["function"] = "function"
    function: CalledFunction
    extra_content: dict[str, Any] | None = Field(
        default=None, description="The provider's signature of the call, unchanged."
    )
    provider_specific_fields: dict[str, Any] | None = Field(
        default=None, description="Like `extra_content`, in LiteLLM's format: `thought_signature` is read."
    )

    def upstream(self) -> dict[str, Any]:
        """The call as it is sent to the model, with its signature in OpenRouter's format."""
        function = {"name": self.function.name, "arguments": self.function.arguments}
        extra = self.extra_content or signed_content(self.function.thought_signature, self.provider_specific_fields)
        return {"id": self.id, "type": self.type, "function": function, **({"extra_content": extra} if extra else {})}


class Message(BaseModel):
    """One message; `developer` is another name for `system`."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[list[Part] | None, BeforeValidator(_as_parts)] = Field(
        default=None, validate_default=True, description="A text, or a list of parts: `text` and `image_url`."
    )
    name: Annotated[str, Field(max_length=MAX_NAME)] | None = None
    tool_calls: Annotated[list[ToolCall], Field(max_length=MAX_TOOL_CALLS)] | None = None
    tool_call_id: Annotated[str, Field(max_length=MAX_CALL_ID)] | None = Field(default=None, validate_default=True)
    reasoning_content: str | None = None
    reasoning: Any = Field(default=None, description="OpenRouter's name for `reasoning_content`.")
    reasoning_details: Annotated[list[dict[str, Any]], Field(max_length=MAX_REASONING_DETAILS)] | None = Field(
        default=None, description="Reasoning data for the model's provider, unchanged."
    )
    annotations: Annotated[list[dict[str, Any]], Field(max_length=MAX_ANNOTATIONS)] | None = Field(
        default=None, description="The citations of the answer, unchanged."
    )
    refusal: str | None = Field(default=None, description="The model's refusal, in place of content.")
    cache_control: CacheControl | None = Field(default=None, description="A cache mark at the end of the content.")

    @field_validator("content")
    @classmethod
    def _present(cls, content: list[Part] | None, info: ValidationInfo) -> list[Part] | None:
        if content is None and info.data.get("role") != "assistant":
            raise InvalidValue("required", "A message of this role needs content.")
        if info.data.get("role") != "assistant" and any(part.is_thought() for part in content or ()):
            raise InvalidValue("unsupported_type", "Only messages of the assistant can have reasoning.")
        return content

    @field_validator("tool_call_id")
    @classmethod
    def _of_a_call(cls, call_id: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("role") == "tool" and not call_id:
            raise InvalidValue("required", "A tool message needs the id of its call.")
        return call_id

    def words(self) -> str:
        """The message's text, without images."""
        return "\n".join(filter(None, (part.words() for part in self.content or ()))) or self.refusal or ""

    def _thoughts(self) -> str:
        named = self.reasoning if isinstance(self.reasoning, str) else ""
        return self.reasoning_content or named or "".join(part.thought() for part in self.content or ())

    def images(self) -> int:
        """The number of its images."""
        return sum(part.image_url is not None for part in self.content or ())

    def upstream(self) -> dict[str, Any]:
        """The message as it is sent to the model."""
        content: str | list[dict[str, Any]] | None = None
        if self.content is not None:
            parts = [part.upstream() for part in self.content if not part.is_thought()]
            if self.cache_control is not None and parts:
                parts[-1]["cache_control"] = self.cache_control.model_dump()
            is_plain = len(parts) <= 1 and not self.images() and not any("cache_control" in part for part in parts)
            content = (self.words() if parts else None) if is_plain else parts
        elif self.refusal:
            content = self.refusal
        signed = [detail for part in self.content or () if (detail := part.signed_thought()) is not None]
        optional = {
            "name": self.name,
            "tool_calls": [call.upstream() for call in self.tool_calls] if self.tool_calls else None,
            "tool_call_id": self.tool_call_id if self.role == "tool" else None,
            "reasoning": self._thoughts(),
            # Clients that assemble a stream send back its fragments.
            "reasoning_details": whole_details([*signed, *(self.reasoning_details or ())], fragments_have_index=True),
            "annotations": self.annotations,
        }
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": content, **{name: value for name, value in optional.items() if value}}
