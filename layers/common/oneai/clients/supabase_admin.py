"""The client for Supabase Auth's admin API. One job uses it to delete the sign-ins of deleted accounts."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from oneai import log, settings
from oneai.clients import secrets_manager
from oneai.errors import Busy

# Deleting a row of `auth.users` deletes everything that references it.
TIMEOUT = 30.0
DELETED = {200, 204}
REFUSED = {401, 403}


@dataclass(frozen=True)
class SupabaseAdminSettings:
    """The project's address, and its secret key (`sb_secret_…`, or the older `service_role` token)."""

    supabase_url: str = ""
    supabase_secret_key: str = ""


class SecretKeyRefused(Exception):
    """The secret key is missing, or Supabase rejects it."""


async def delete_user(user_id: UUID) -> None:
    """Deletes a sign-in (`DELETE /auth/v1/admin/users/{id}`). A missing one counts as deleted.

    Raises SecretKeyRefused, and Busy if Supabase does not answer or fails.
    """
    status = await _delete(user_id)
    if status in REFUSED and await asyncio.to_thread(secrets_manager.refresh):
        status = await _delete(user_id)
    if status in REFUSED:
        raise SecretKeyRefused
    if status not in DELETED and status != 404:
        log.warning("a sign-in could not be deleted", status=status, user_id=str(user_id))
        raise Busy(retry_after=60)


async def _delete(user_id: UUID) -> int:
    import httpx

    config = settings.read(SupabaseAdminSettings)
    if not (config.supabase_url and config.supabase_secret_key):
        raise SecretKeyRefused
    headers = {"apikey": config.supabase_secret_key}
    if not config.supabase_secret_key.startswith("sb_secret_"):  # an older token; the new keys are not tokens
        headers["authorization"] = f"Bearer {config.supabase_secret_key}"
    url = f"{config.supabase_url.rstrip('/')}/auth/v1/admin/users/{user_id}"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            return (await client.delete(url, headers=headers)).status_code
    except httpx.HTTPError as error:
        log.warning("Supabase's admin API cannot be reached", error=type(error).__name__)
        raise Busy(retry_after=60) from None
