"""Who asks, for the routes of admins: a dependency of each, so that it refuses before anything else is looked at."""

from typing import Annotated

from fastapi import Depends

from oneai.admin import roles
from oneai.clients.supabase_auth import Principal
from oneai.http.fastapi_app import CurrentUser


async def _staff(user: CurrentUser) -> None:
    await roles.require_staff(user)


async def _admin(user: CurrentUser) -> Principal:
    await roles.require_admin(user)
    return user


# Of routes that read: an admin, or support.
STAFF = Depends(_staff)
# Of routes that change something.
Admin = Annotated[Principal, Depends(_admin)]
