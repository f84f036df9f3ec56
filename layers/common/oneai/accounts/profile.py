"""A user's profile. It comes from the identity provider until the user sets a name or picture."""

import json
import re
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.accounts.permissions import Role
from oneai.errors import Unauthenticated
from oneai.field_errors import InvalidValue
from oneai.files import is_public
from oneai.postgres import db
from oneai.postgres.db import Principal, Query
from oneai.text import clean_line, one_line

# The characters of a URL. https://www.rfc-editor.org/rfc/rfc3986#section-2
_OF_AN_ADDRESS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


def _https_address(text: str) -> str:
    """Refuses an address that a page could not show as a picture, or that could run code in the page."""
    address = clean_line(text)
    if not is_public(address) or not _OF_AN_ADDRESS.fullmatch(address) or urlsplit(address).port is not None:
        raise InvalidValue("wrong_format", "This must be the address of a picture and start with https://.")
    return address


class Profile(BaseModel):
    """Who a user is to the service."""

    id: UUID = Field(description="The user's id, as in their access token.")
    email: str | None = Field(description="From the identity provider; null if it has none.")
    name: str | None = Field(description="The user's choice, else from the identity provider.")
    picture_url: str | None = Field(description="The user's choice, else from the identity provider.")
    role: Role = Field(description="`user`, or the role that an operator assigned.")
    created_at: datetime = Field(description="When they signed up.")
    deletes_at: datetime | None = Field(
        description="When the account will be deleted; null if no deletion is requested."
    )


class ProfileChanges(BaseModel):
    """The body of `PATCH /api/user/profile`. Absent fields remain unchanged; null removes a value.

    The identity provider no longer replaces a field that is set here, including null.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)] | None = Field(
        default=None, description="The name, on one line."
    )
    picture_url: Annotated[str, Field(max_length=2048), AfterValidator(_https_address)] | None = Field(
        default=None, description="An https address of a picture."
    )


def profile_query(principal: Principal) -> Query[Profile]:
    """Selects the user's profile; no row if the sign-up is incomplete."""
    return Query(
        """
        select u.id, u.email, u.name, u.picture_url, coalesce(a.role, 'user') as role, u.created_at, u.deletes_at
        from oneai.users as u left join oneai.admins as a on a.user_id = u.id where u.id = %s
        """,
        [principal.user_id],
        Profile,
    )


async def get_profile(principal: Principal) -> Profile:
    """The user's profile. Raises Unauthenticated for a deleted user."""
    query = profile_query(principal)
    rows = await db.read_as(principal, query.text, query.params, query.row)
    if not rows:
        await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)
        rows = await db.read_as(principal, query.text, query.params, query.row)
    if not rows:
        raise Unauthenticated
    return rows[0]


async def update_profile(principal: Principal, changes: ProfileChanges) -> Profile:
    """Sets the given fields and returns the whole profile. Raises Unauthenticated for a deleted user."""
    fields = changes.model_dump(exclude_unset=True)
    rows = await _update(principal, fields) if fields else []
    if not rows:
        # No field is given, or the sign-up is incomplete.
        profile = await get_profile(principal)
        rows = await _update(principal, fields) if fields else [profile]
    return rows[0]


async def _update(principal: Principal, fields: dict[str, str | None]) -> list[Profile]:
    return await db.read_as(
        principal,
        """
        update oneai.users as u set
          name = case when change ? 'name' then change ->> 'name' else u.name end,
          name_edited_at = case when change ? 'name' then oneai.now() else u.name_edited_at end,
          picture_url = case when change ? 'picture_url' then change ->> 'picture_url' else u.picture_url end,
          picture_edited_at = case when change ? 'picture_url' then oneai.now() else u.picture_edited_at end
        from cast(%s as jsonb) as change where u.id = %s
        returning u.id, u.email, u.name, u.picture_url,
          coalesce((select a.role from oneai.admins as a where a.user_id = u.id), 'user') as role,
          u.created_at, u.deletes_at
        """,
        [json.dumps(fields, ensure_ascii=False), principal.user_id],
        Profile,
    )
