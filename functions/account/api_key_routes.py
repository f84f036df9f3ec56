"""Routes for API keys. Only signed-in users can use them: an API key cannot create keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai import usage
from oneai.api_keys import manage, report
from oneai.api_keys.fields import ApiKey, ApiKeyChanges, ApiKeyPage, NewApiKey, NewSecret, Rotation
from oneai.api_keys.report import LeakedTokens
from oneai.http.fastapi_app import GUESSABLE, Cursor, Limit, Manager
from oneai.http.usage_query import Grouped, Since, Until, Zone
from oneai.provider_keys.report import report_keys as report_provider_keys
from oneai.usage import UsageReport

KeyId = Annotated[UUID, Path(description="The key's id.")]

router = APIRouter(tags=["API keys"])


@router.post("/user/api-keys", summary="Create an API key", status_code=201)
async def create_key(user: Manager, new: NewApiKey) -> NewSecret:
    """Creates an API key. Only this response contains its secret."""
    return await manage.create_key(user, new)


@router.get("/user/api-keys", summary="List API keys")
async def list_keys(user: Manager, cursor: Cursor = None, limit: Limit = 50) -> ApiKeyPage:
    """Lists your keys, newest first, including revoked ones."""
    return await manage.list_keys(user, cursor, limit)


@router.patch("/user/api-keys/{id}", summary="Update an API key")
async def update_key(user: Manager, id: KeyId, changes: ApiKeyChanges) -> ApiKey:
    """Changes the given fields from the key's next request on. `budget` and `limits` are replaced as a whole. Only the
    maker of a team's key lets it do more than before; other owners and admins can narrow it."""
    return await manage.update_key(user, id, changes)


@router.post("/user/api-keys/{id}/rotate", summary="Rotate an API key")
async def rotate_key(user: Manager, id: KeyId, rotation: Rotation) -> NewSecret:
    """Gives the key a new secret. Earlier secrets remain valid for `overlap_seconds`. Only its maker can do this."""
    return await manage.rotate_key(user, id, rotation)


@router.delete("/user/api-keys/{id}", summary="Revoke an API key", status_code=204)
async def revoke_key(user: Manager, id: KeyId) -> None:
    """Revokes the key immediately and permanently. A running answer is completed."""
    await manage.revoke_key(user, id)


@router.get("/user/api-keys/{id}/usage", summary="Get an API key's usage", response_model_exclude_unset=True)
async def get_key_usage(
    user: Manager,
    id: KeyId,
    *,
    since: Since = None,
    until: Until = None,
    tz: Zone = "UTC",
    group_by: Grouped = None,
) -> UsageReport:
    """Returns the usage of the key, in the format of `GET /user/usage`."""
    date_range = await usage.resolve_range(since, until, tz)
    await manage.require_key(user, id)
    return await usage.report(user, date_range, group_by, id)


@router.post("/keys/report", dependencies=[GUESSABLE], summary="Report leaked API keys", status_code=204)
async def report_keys(tokens: LeakedTokens) -> None:
    """For secret scanners: revokes keys that were found in public and emails their owners. The answer does not reveal
    which tokens are keys. Accepts plain tokens, or GitHub's objects with a `token`. Workspaces' keys for model
    providers are found too: they are deleted here, and owners are asked to revoke them at the provider. Public."""
    await report.report_keys(tokens)
    await report_provider_keys(tokens.texts())
