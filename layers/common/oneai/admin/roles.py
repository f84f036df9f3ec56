"""Who may use the admin routes: admins, and support with read access."""

from typing import Literal, cast

from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

type StaffRole = Literal["admin", "support"]


async def require_staff(principal: Principal) -> StaffRole:
    """Returns the role of an admin or of support. Raises NotFound for everyone else, to hide the routes."""
    (role,) = await db.call("select oneai.require_staff(%s)", [principal.user_id], idempotent=True)
    return cast("StaffRole", role)


async def require_admin(principal: Principal) -> None:
    """Raises NotFound for everyone but admins. For support, the message gives the reason."""
    if await require_staff(principal) != "admin":
        raise NotFound("Support has read access. Only admins may do this.")
