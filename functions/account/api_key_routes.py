"""Routes for API keys. Only signed-in users have them: keys cannot make keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai import usage
from oneai.api_keys import manage, report
from oneai.api_keys.fields import ApiKey, ApiKeyChanges, ApiKeyPage, NewApiKey, NewSecret, Rotation
from oneai.api_keys.report import LeakedTokens
from oneai.http.fastapi_app import GUESSABLE, CurrentUser, Cursor, Limit
from oneai.http.usage_query import Grouped, Since, Until, Zone
from oneai.usage import UsageReport

KeyId = Annotated[UUID, Path(description="The key's id.")]

router = APIRouter(tags=["API keys"])


@router.post("/user/api-keys", summary="Create an API key", status_code=201)
async def create_key(user: CurrentUser, new: NewApiKey) -> NewSecret:
    """Creates a key for a program of yours. Its secret is shown in this answer alone."""
    return await manage.create_key(user, new)


@router.get("/user/api-keys", summary="List API keys")
async def list_keys(user: CurrentUser, cursor: Cursor = None, limit: Limit = 50) -> ApiKeyPage:
    """Your keys, the newest first, those that are revoked included."""
    return await manage.list_keys(user, cursor, limit)


@router.patch("/user/api-keys/{id}", summary="Update an API key")
async def update_key(user: CurrentUser, id: KeyId, changes: ApiKeyChanges) -> ApiKey:
    """Changes what is named, from the key's next request on. `budget` and `limits` are replaced as a whole."""
    return await manage.update_key(user, id, changes)


@router.post("/user/api-keys/{id}/rotate", summary="Rotate an API key")
async def rotate_key(user: CurrentUser, id: KeyId, rotation: Rotation) -> NewSecret:
    """Gives the key a new secret; those before it are valid for `overlap_seconds` more."""
    return await manage.rotate_key(user, id, rotation)


@router.delete("/user/api-keys/{id}", summary="Revoke an API key", status_code=204)
async def revoke_key(user: CurrentUser, id: KeyId) -> None:
    """Revokes the key for good and at once. An answer that is being written with it is finished."""
    await manage.revoke_key(user, id)


@router.get("/user/api-keys/{id}/usage", summary="Get an API key's usage", response_model_exclude_unset=True)
async def get_key_usage(
    user: CurrentUser,
    id: KeyId,
    *,
    since: Since = None,
    until: Until = None,
    tz: Zone = "UTC",
    group_by: Grouped = None,
) -> UsageReport:
    """What was used with the key, as `GET /user/usage` says it of all."""
    date_range = await usage.resolve_range(since, until, tz)
    await manage.require_key(user, id)
    return await usage.report(user, date_range, group_by, id)


@router.post("/keys/report", dependencies=[GUESSABLE], summary="Report leaked API keys", status_code=204)
async def report_keys(tokens: LeakedTokens) -> None:
    """For secret scanners: revokes keys that were found in public and mails their owners. The answer is the same for
    what is no key. Takes plain tokens, or GitHub's objects with a `token`. Public."""
    await report.report_keys(tokens)
