"""A user's profile. The name comes from the identity provider until the user sets one."""

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.accounts.permissions import Role
from oneai.errors import Unauthenticated
from oneai.postgres import db
from oneai.postgres.db import Principal, Query
from oneai.text import one_line


class Profile(BaseModel):
    """Who a user is to the service."""

    id: UUID = Field(description="The user's id, as in their access token.")
    email: str | None = Field(description="From the identity provider; null if it has none.")
    name: str | None = Field(description="The user's choice, else from the identity provider.")
    picture_url: str | None = Field(
        description="The address of a picture at the identity provider. The web app does not load it."
    )
    picture_updated_at: datetime | None = Field(
        description="When the picture of `GET /api/user/picture` was set; null: none."
    )
    role: Role = Field(description="`user`, or the role that an operator assigned.")
    created_at: datetime = Field(description="When they signed up.")
    deletes_at: datetime | None = Field(
        description="When the account will be deleted; null if no deletion is requested."
    )


class ProfileChanges(BaseModel):
    """The body of `PATCH /api/user/profile`. Absent fields remain unchanged; null removes a value.

    The identity provider no longer replaces a name that is set here, including null.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)] | None = Field(
        default=None, description="The name, on one line."
    )


def profile_query(principal: Principal) -> Query[Profile]:
    """Selects the user's profile; no row if the sign-up is incomplete."""
    return Query(
        """
        select u.id, u.email, u.name, u.picture_url, p.updated_at as picture_updated_at,
          coalesce(a.role, 'user') as role, u.created_at, u.deletes_at
        from oneai.users as u left join oneai.admins as a on a.user_id = u.id
        left join oneai.profile_pictures as p on p.user_id = u.id where u.id = %s
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
          name_edited_at = case when change ? 'name' then oneai.now() else u.name_edited_at end
        from cast(%s as jsonb) as change where u.id = %s
        returning u.id, u.email, u.name, u.picture_url,
          (select p.updated_at from oneai.profile_pictures as p where p.user_id = u.id) as picture_updated_at,
          coalesce((select a.role from oneai.admins as a where a.user_id = u.id), 'user') as role,
          u.created_at, u.deletes_at
        """,
        [json.dumps(fields, ensure_ascii=False), principal.user_id],
        Profile,
    )
