"""The client for Supabase Auth's admin API: a job deletes the sign-ins of deleted accounts with it, and an operator's
command removes second factors."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from oneai import log, settings
from oneai.clients import secrets_manager
from oneai.errors import Busy

if TYPE_CHECKING:
    import httpx

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
    await _delete(f"/admin/users/{user_id}", "a sign-in could not be deleted", user_id)


async def list_factors(user_id: UUID) -> list[UUID]:
    """The ids of a user's second factors, also of those that are not verified. Raises as `delete_user`."""
    response = await _send("GET", f"/admin/users/{user_id}/factors")
    if response.status_code == 404:
        return []
    if not response.is_success:
        log.warning("second factors could not be listed", status=response.status_code, user_id=str(user_id))
        raise Busy(retry_after=60)
    return [UUID(factor["id"]) for factor in response.json()]


async def remove_factor(user_id: UUID, factor_id: UUID) -> None:
    """Removes a second factor; its sessions lack it then. A missing one counts as removed. Raises as `delete_user`."""
    await _delete(f"/admin/users/{user_id}/factors/{factor_id}", "a second factor could not be removed", user_id)


async def _delete(path: str, failure: str, user_id: UUID) -> None:
    status = (await _send("DELETE", path)).status_code
    if status not in DELETED and status != 404:
        log.warning(failure, status=status, user_id=str(user_id))
        raise Busy(retry_after=60)


async def _send(method: str, path: str) -> "httpx.Response":
    """The response to a request with the secret key, which is read again if Supabase refuses it."""
    response = await _send_once(method, path)
    if response.status_code in REFUSED and await asyncio.to_thread(secrets_manager.refresh):
        response = await _send_once(method, path)
    if response.status_code in REFUSED:
        raise SecretKeyRefused
    return response


async def _send_once(method: str, path: str) -> "httpx.Response":
    import httpx

    config = settings.read(SupabaseAdminSettings)
    if not (config.supabase_url and config.supabase_secret_key):
        raise SecretKeyRefused
    headers = {"apikey": config.supabase_secret_key}
    if not config.supabase_secret_key.startswith("sb_secret_"):  # an older token; the new keys are not tokens
        headers["authorization"] = f"Bearer {config.supabase_secret_key}"
    url = f"{config.supabase_url.rstrip('/')}/auth/v1{path}"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            return await client.request(method, url, headers=headers)
    except httpx.HTTPError as error:
        log.warning("Supabase's admin API cannot be reached", error=type(error).__name__)
        raise Busy(retry_after=60) from None
