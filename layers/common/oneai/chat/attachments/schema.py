"""An attachment in the request's body, and its validation without a round trip."""

import base64
import binascii
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from oneai import files
from oneai.field_errors import InvalidValue
from oneai.text import one_line, replace_nul

MAX_ATTACHMENTS = 20
# All data URLs of a question, as sent: 4 MB. Larger files need an upload.
INLINE_CHARACTERS = 4 * 1024 * 1024


class Attachment(BaseModel):
    """An attachment: an image as a data URL or at an https address, a text, or an upload of either."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["image", "text", "file"] = Field(description="`file`: an upload, whose type decides.")
    name: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(one_line)] | None = Field(
        default=None, description="The file's name, which the model and users see."
    )
    url: str | None = Field(
        default=None, description="For an image: `data:image/…;base64,…` (png, jpeg, webp, gif), or an https address."
    )
    upload_id: UUID | None = Field(default=None, description="From `POST /uploads`, after the file was uploaded.")
    text: Annotated[str, Field(min_length=1), AfterValidator(replace_nul)] | None = Field(
        default=None, description="The text; it counts as part of the message."
    )

    _image: tuple[str, bytes] | None = PrivateAttr(None)

    @property
    def image(self) -> tuple[str, bytes] | None:
        """Media type and bytes of an image that was sent as a data URL."""
        return self._image

    @field_validator("url")
    @classmethod
    def _image_address(cls, url: str | None, others: ValidationInfo) -> str | None:
        if url is None:
            return None
        if others.data.get("type", "image") != "image":
            raise InvalidValue("excluded", "Only an image can have a url. Send a text as text or as an upload.")
        if url[:5].lower() == "data:":
            decode_data_url(url)
        elif not files.is_public(url):
            raise InvalidValue("not_public", "The url of an image must be public https, or a data URL.")
        return url

    @field_validator("text")
    @classmethod
    def _text_only_as_text(cls, text: str | None, others: ValidationInfo) -> str | None:
        if text is not None and others.data.get("type", "text") != "text":
            raise InvalidValue("excluded", "Only an attachment of the type text can have text.")
        return text

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if sum(each is not None for each in (self.url, self.upload_id, self.text)) != 1:
            raise InvalidValue("excluded", "An attachment must have exactly one of url, upload_id and text.")
        if self.url is not None and self.url[:5].lower() == "data:":
            self._image = decode_data_url(self.url)
        return self


def _within_limits(attachments: list[Attachment]) -> list[Attachment]:
    inline = sum(len(each.url or "") for each in attachments if each.image)
    if inline > INLINE_CHARACTERS:
        raise InvalidValue(
            "too_large", f"All data URLs together may have at most {INLINE_CHARACTERS} characters. Use uploads."
        )
    return attachments


Attachments = Annotated[list[Attachment], Field(max_length=MAX_ATTACHMENTS), AfterValidator(_within_limits)]


def decode_data_url(url: str) -> tuple[str, bytes]:
    """Media type and bytes of an image's data URL. Raises ValueError for other URLs, and if the bytes have another
    type."""
    head, comma, encoded = url.partition(",")
    media_type, _, encoding = head[5:].lower().partition(";")
    if not comma or encoding != "base64" or media_type not in files.EXTENSIONS:
        raise InvalidValue("wrong_format", "A data URL must start with data:image/png;base64, (or jpeg, webp, gif).")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValue("wrong_format", "The image is not valid base64.") from None
    if files.image_type(data) != media_type:
        raise InvalidValue("content_mismatch", f"The image is not {media_type}.")
    return media_type, data
