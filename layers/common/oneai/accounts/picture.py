"""A user's profile picture: stored in the database, small, and shown to its owner alone."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.accounts import picture_file
from oneai.errors import NotFound
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal

MEDIA_TYPE = "image/jpeg"


def _clean(text: str) -> str:
    """The picture in base64, checked and without metadata."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValue("wrong_format", "The picture is not valid base64.") from None
    return base64.b64encode(picture_file.cleaned(content)).decode()


class Picture(BaseModel):
    """A profile picture."""

    media_type: str = Field(description="`image/jpeg`.")
    data: str = Field(description="The file in base64, without metadata.")
    updated_at: datetime = Field(description="When it was set, as `picture_updated_at` of the profile.")


class NewPicture(BaseModel):
    """The body of `PUT /api/user/picture`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: Annotated[str, Field(min_length=1, max_length=140_000), AfterValidator(_clean)] = Field(
        description="A JPEG file in base64, of at most 100 kB and 512 × 512 pixels. Its metadata is removed.",
    )


@dataclass
class _Row:
    content: bytes
    updated_at: datetime


async def get_picture(principal: Principal) -> Picture:
    """The user's picture. Raises NotFound if there is none."""
    row = await find(principal)
    if row is None:
        raise NotFound
    return _shown(row)


async def set_picture(principal: Principal, picture: NewPicture) -> Picture:
    """Stores the picture in place of an earlier one."""
    await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)
    rows = await db.read_as(
        principal,
        """
        insert into oneai.profile_pictures (user_id, content) values (%s, %s)
        on conflict (user_id) do update set content = excluded.content, updated_at = oneai.now()
        returning content, updated_at
        """,
        [principal.user_id, base64.b64decode(picture.data)],
        _Row,
    )
    return _shown(rows[0])


async def remove_picture(principal: Principal) -> None:
    """Removes the picture. Idempotent."""
    await db.read_as(
        principal,
        "delete from oneai.profile_pictures where user_id = %s returning content, updated_at",
        [principal.user_id],
        _Row,
    )


async def find(principal: Principal) -> _Row | None:
    """The stored file and when it was set; None if there is none."""
    rows = await db.read_as(
        principal,
        "select content, updated_at from oneai.profile_pictures where user_id = %s",
        [principal.user_id],
        _Row,
    )
    return rows[0] if rows else None


def _shown(row: _Row) -> Picture:
    return Picture(media_type=MEDIA_TYPE, data=base64.b64encode(row.content).decode(), updated_at=row.updated_at)
