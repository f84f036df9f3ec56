"""One thing sent along with a question, as it comes in: what can be told about it without asking anybody."""

import base64
import binascii
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator
from pydantic import model_validator as whole

from oneai import files
from oneai.text import without_nul

MOST = 20
# Data URLs, all together, as sent: 4 MB. What is larger goes through an upload.
INLINE_CHARACTERS = 4 * 1024 * 1024
URL_CHARACTERS = 2048
# Names that only mean something inside a network.
INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".arpa")


class Attachment(BaseModel):
    """Something sent along: an image as a data URL or at an https address, a text, or an upload of either."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["image", "text", "file"] = Field(description="`file`: an upload, which says itself what it is.")
    name: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(without_nul)] | None = None
    url: str | None = Field(
        None, description="Of an image: `data:image/…;base64,…` (png, jpeg, webp, gif), or an https address."
    )
    upload_id: UUID | None = Field(None, description="From `POST /uploads`, after the file was sent there.")
    text: Annotated[str, Field(min_length=1), AfterValidator(without_nul)] | None = None

    _image: tuple[str, bytes] | None = PrivateAttr(None)

    @property
    def image(self) -> tuple[str, bytes] | None:
        """Media type and bytes of an image that came along as a data URL."""
        return self._image

    @field_validator("url")
    @classmethod
    def _is_of_an_image(cls, url: str | None, others: ValidationInfo) -> str | None:
        if url is None:
            return None
        if others.data.get("type", "image") != "image":
            raise ValueError("Only images have an address; send text as text or as an upload.")
        if url[:5].lower() == "data:":
            decoded(url)
        elif not is_public(url):
            raise ValueError("An image's address is https and public, or the image itself as a data URL.")
        return url

    @field_validator("text")
    @classmethod
    def _is_text(cls, text: str | None, others: ValidationInfo) -> str | None:
        if text is not None and others.data.get("type", "text") != "text":
            raise ValueError("Only a text comes as text.")
        return text

    @whole(mode="after")
    def _comes_one_way(self) -> Self:
        if sum(each is not None for each in (self.url, self.upload_id, self.text)) != 1:
            raise ValueError("An attachment has exactly one of url, upload_id and text.")
        if self.url is not None and self.url[:5].lower() == "data:":
            self._image = decoded(self.url)
        return self


def _fits(attachments: list[Attachment]) -> list[Attachment]:
    inline = sum(len(each.url or "") for each in attachments if each.image)
    if inline > INLINE_CHARACTERS:
        raise ValueError(f"Data URLs have {INLINE_CHARACTERS} characters together at most; use uploads.")
    return attachments


Attachments = Annotated[list[Attachment], Field(max_length=MOST), AfterValidator(_fits)]


def decoded(url: str) -> tuple[str, bytes]:
    """Media type and bytes of an image's data URL. Raises ValueError for any other, and for bytes of another type."""
    head, comma, encoded = url.partition(",")
    said = head[5:].lower()
    media_type, _, encoding = said.partition(";")
    if not comma or encoding != "base64" or media_type not in files.EXTENSIONS:
        raise ValueError("A data URL is data:image/png (or jpeg, webp, gif);base64, and the image.")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The image is not in base64.") from None
    if files.image_type(data) != media_type:
        raise ValueError(f"The image is not {media_type}.")
    return media_type, data


def is_public(url: str) -> bool:
    """Whether this is an https address of a host that can be anywhere but in somebody's own network.

    We never fetch it, the model's provider does. A public name may still lead into a network; that is theirs to refuse.
    """
    import ipaddress  # eighteen milliseconds of a cold start, for the few who send an address

    if len(url) > URL_CHARACTERS or not url.isascii() or not url.isprintable() or re.search(r"[\s\\<>\"]", url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    last = host.rpartition(".")[2]
    # Browsers read 2130706433, 0x7f.1 and 127.1 as addresses too.
    return "." in host and not host.endswith(INSIDE) and not last.isdigit() and not re.fullmatch(r"0x[0-9a-f]*", last)
