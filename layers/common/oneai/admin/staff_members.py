"""Admins and support: who they are."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin.roles import StaffRole
from oneai.postgres import db


class StaffMember(BaseModel):
    """An admin, or somebody of support."""

    user_id: UUID = Field(description="Their user id.")
    email: str | None = Field(description="Their e-mail address.")
    name: str | None = Field(description="Their name.")
    role: StaffRole = Field(description="`admin` or `support`, who reads and changes nothing.")
    created_at: datetime = Field(description="Since when they have a role.")


class StaffList(BaseModel):
    """Everybody who may use the routes of admins."""

    items: list[StaffMember] = Field(description="Admins first, in the order of their e-mail addresses.")


async def list_staff() -> StaffList:
    """All of them."""
    rows = await db.as_admin(
        """
        select a.user_id, u.email, u.name, a.role, a.created_at
        from oneai.admins as a join oneai.users as u on u.id = a.user_id order by a.role, lower(u.email), a.user_id
        """,
        [],
        StaffMember,
    )
    return StaffList(items=rows)
