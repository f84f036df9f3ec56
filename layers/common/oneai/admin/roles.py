"""Who may use the routes of admins: admins, and support, who reads and changes nothing."""

from typing import Literal, cast

from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Person

type StaffRole = Literal["admin", "support"]


async def require_staff(person: Person) -> StaffRole:
    """The role of an admin or of support. Raises NotFound for everyone else: to them the routes are not there."""
    (role,) = await db.call("select oneai.require_staff(%s)", [person.user_id], idempotent=True)
    return cast("StaffRole", role)


async def require_admin(person: Person) -> None:
    """Raises NotFound for everyone but admins; of support its message says why."""
    if await require_staff(person) != "admin":
        raise NotFound("Support reads here and changes nothing: only admins may do this.")
