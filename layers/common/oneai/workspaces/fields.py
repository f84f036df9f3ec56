"""The fields of a workspace, as clients send them."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from oneai.field_errors import InvalidValue
from oneai.fields import Fields
from oneai.text import clean_code, one_line
from oneai.times import time_zone

type WorkspaceRole = Literal["owner", "admin", "member", "viewer"]
type WorkspaceKind = Literal["personal", "team"]

SETTINGS_BYTES = 16_000
MAX_MICRO_USD = 30_000_000_000
# https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1, without the brackets of a path.
ADDRESS_BYTES = 254
DOMAIN_BYTES = 253
_SLUG = re.compile("[a-z0-9](-?[a-z0-9])*")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s.]+(\.[^@\s.]+)+")
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class ChatbotLimits(Fields):
    """What all chatbots of a workspace together may answer and cost. Null: the highest limit of any of them."""

    answers_per_day: int | None = Field(
        default=None, ge=0, le=1_000_000, description="Answers in a day of the workspace."
    )
    micro_usd_per_day: int | None = Field(default=None, ge=0, le=MAX_MICRO_USD, description="Micro-dollars in a day.")
    micro_usd_per_month: int | None = Field(
        default=None, ge=0, le=MAX_MICRO_USD, description="Micro-dollars in a month."
    )


def _slug(text: str) -> str:
    slug = text.strip().lower()
    if not (3 <= len(slug) <= 40 and _SLUG.fullmatch(slug)):
        raise InvalidValue("wrong_format", "This must be 3 to 40 letters (a to z), digits, and single hyphens between.")
    return slug


def fold_address(text: str) -> str:
    """An email address as Supabase Auth stores it: without spaces, in small letters. Raises InvalidValue."""
    address = clean_code(text).lower()
    if len(address.encode()) > ADDRESS_BYTES or not _ADDRESS.fullmatch(address) or not _is_domain(address):
        raise InvalidValue("wrong_format", "This is not an email address.")
    return address


def _is_domain(address: str) -> bool:
    """Whether what follows the `@` can be a name in DNS: labels of 63 bytes at most, as they are sent (IDNA)."""
    try:
        return len(address.rpartition("@")[2].encode("idna")) <= DOMAIN_BYTES
    except UnicodeError:
        return False


def _time_zone(name: str) -> str:
    return time_zone(name).key


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Refuses what Postgres cannot store: large objects, U+0000, lone surrogates and infinite numbers."""
    try:
        size = len(json.dumps(settings, ensure_ascii=False, allow_nan=False).encode())
    except ValueError:
        raise InvalidValue("not_json", "This is not JSON.") from None
    if any("\0" in text for text in _texts(settings)):
        raise InvalidValue("not_text", "A text has a character that cannot be stored.")
    if size > SETTINGS_BYTES:
        raise InvalidValue("too_large", f"This may have at most {SETTINGS_BYTES:,} bytes.")
    return settings


# Not `type`: OpenAPI would make schemas of them.
WorkspaceName = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(one_line)]
Industry = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]
Slug = Annotated[str, Field(min_length=3, max_length=60), AfterValidator(_slug)]
TimeZone = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_time_zone)]
Address = Annotated[str, Field(min_length=3, max_length=320), AfterValidator(fold_address)]
Settings = Annotated[dict[str, JsonValue], AfterValidator(_settings)]


class OpenHours(BaseModel):
    """A part of a day, in the workspace's time zone."""

    model_config = ConfigDict(extra="forbid")

    opens: str = Field(pattern=_TIME, description="When it starts, such as `09:00`.")
    closes: str = Field(pattern=_TIME, description="When it ends, such as `17:30`; after `opens`.")

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        if self.closes <= self.opens:
            raise InvalidValue("out_of_order", "A part of a day must end after it starts.")
        return self


class WorkspaceHours(BaseModel):
    """When the team works; a day without parts is free."""

    model_config = ConfigDict(extra="forbid")

    monday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Monday.")
    tuesday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Tuesday.")
    wednesday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Wednesday.")
    thursday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Thursday.")
    friday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Friday.")
    saturday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Saturday.")
    sunday: list[OpenHours] = Field(default=[], max_length=3, description="The parts of Sunday.")
