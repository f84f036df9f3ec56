"""A user's message and its parts, in the AI SDK's format: https://ai-sdk.dev/docs/reference/ai-sdk-core/ui-message."""

import base64
import binascii
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from oneai import files
from oneai.field_errors import InvalidValue


class Part(BaseModel):
    """A part of a message. As in the AI SDK, only text and files are sent to a model."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str | None = None
    media_type: str | None = Field(default=None, alias="mediaType")
    filename: Annotated[str, Field(max_length=255)] | None = None
    url: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type == "text" and self.text is None:
            raise InvalidValue("required", "A part of this type needs text.")
        if self.type == "file" and (self.url is None or self.media_type is None):
            raise InvalidValue("required", "A file needs url and mediaType.")
        return self

    def attachment(self) -> dict[str, Any]:
        """The file as an attachment. Raises InvalidValue for files that are neither images nor text."""
        url, name = self.url or "", self.filename or None
        media_type = (self.media_type or "").partition(";")[0].strip().lower()
        if media_type == "image/*" or files.kind_of(media_type) == "image":
            return {"type": "image", "name": name, "url": url}
        if files.kind_of(media_type) != "text":
            raise InvalidValue(
                "unsupported_type",
                f"Files of type {media_type[:40]!r} cannot be attached. Images and texts in UTF-8 can.",
            )
        return {"type": "text", "name": name, "text": _text_of(url)}


class UserMessage(BaseModel):
    """The message to ask, or whose answer is regenerated."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=200)]
    role: Literal["user"]
    parts: list[Part]

    @field_validator("role", mode="before")
    @classmethod
    def _of_the_user(cls, role: Any) -> Any:
        if role != "user":
            raise InvalidValue("not_a_question", "The last message must be the user's.")
        return role

    def text(self) -> str:
        """All text of the message."""
        return "\n".join(part.text for part in self.parts if part.type == "text" and part.text)

    def files(self) -> dict[int, Part]:
        """The files among its parts, by index."""
        return {index: part for index, part in enumerate(self.parts) if part.type == "file"}


def _text_of(url: str) -> str:
    """The text in a data URL (RFC 2397)."""
    head, comma, data = url.partition(",")
    if head[:5].lower() != "data:" or not comma:
        raise InvalidValue("wrong_format", "A text must be a data URL.")
    try:
        is_base64 = head.lower().endswith(";base64")
        content = base64.b64decode(data, validate=True) if is_base64 else unquote_to_bytes(data)
    except (binascii.Error, ValueError):
        raise InvalidValue("wrong_format", "The file is not valid base64.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValue("not_text", "The file is not text in UTF-8.") from None
