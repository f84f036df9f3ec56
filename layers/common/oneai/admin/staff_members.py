"""The list of admins and support members."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin.roles import StaffRole
from oneai.postgres import db


class StaffMember(BaseModel):
    """An admin or a member of support."""

    user_id: UUID = Field(description="Their user id.")
    email: str | None = Field(description="The member's email address.")
    name: str | None = Field(description="Their name.")
    role: StaffRole = Field(description="`admin` or `support` (read-only).")
    created_at: datetime = Field(description="When the role was assigned.")


class StaffList(BaseModel):
    """Everyone who may use the admin routes."""

    items: list[StaffMember] = Field(description="Admins first, sorted by email address.")


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
