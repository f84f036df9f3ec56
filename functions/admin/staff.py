"""Dependencies that check an admin's or support's role, and refuse before anything else is read."""

from typing import Annotated

from fastapi import Depends

from oneai.admin import roles
from oneai.clients.supabase_auth import UserPrincipal
from oneai.http.fastapi_app import PersonalUser


async def _staff(user: PersonalUser) -> None:
    await roles.require_staff(user)


async def _admin(user: PersonalUser) -> UserPrincipal:
    await roles.require_admin(user)
    return user


# For routes that read: an admin, or support.
STAFF = Depends(_staff)
# For routes that make a change.
Admin = Annotated[UserPrincipal, Depends(_admin)]
