"""Routes for workspaces' keys for model providers. `/settings/api-keys` is another address of the same routes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from oneai.http.fastapi_app import Manager
from oneai.http.rate_limits import network_of
from oneai.provider_keys import manage
from oneai.provider_keys.fields import (
    NewProviderKey,
    ProviderKey,
    ProviderKeyChanges,
    ProviderKeyList,
    ProviderKeyTest,
    ProviderKeyUsage,
)

KeyId = Annotated[UUID, Path(description="The key's id.")]
Days = Annotated[int, Query(ge=1, le=90, description="How many days, today included.")]

router = APIRouter(tags=["Provider keys"])


@router.post("/settings/provider-keys", summary="Add a provider key", status_code=201)
@router.post(
    "/settings/api-keys",
    summary="Add a provider key (api-keys)",
    operation_id="add_provider_key_of_api_keys",
    status_code=201,
)
async def add_provider_key(user: Manager, new: NewProviderKey) -> ProviderKey:
    """Encrypts and stores a key of the workspace for a model provider. No response has the key."""
    return await manage.add_key(user, new)


@router.get("/settings/provider-keys", summary="List provider keys")
@router.get(
    "/settings/api-keys", summary="List provider keys (api-keys)", operation_id="list_provider_keys_of_api_keys"
)
async def list_provider_keys(user: Manager) -> ProviderKeyList:
    """Lists the workspace's keys for model providers, the oldest first."""
    return await manage.list_keys(user)


@router.put("/settings/provider-keys/{id}", summary="Change a provider key")
@router.put(
    "/settings/api-keys/{id}",
    summary="Change a provider key (api-keys)",
    operation_id="change_provider_key_of_api_keys",
)
async def change_provider_key(user: Manager, id: KeyId, changes: ProviderKeyChanges) -> ProviderKey:
    """Changes the given fields. `limits` are replaced as a whole. Another `base_url` needs the `key` again."""
    return await manage.change_key(user, id, changes)


@router.delete("/settings/provider-keys/{id}", summary="Delete a provider key", status_code=204)
@router.delete(
    "/settings/api-keys/{id}",
    summary="Delete a provider key (api-keys)",
    operation_id="delete_provider_key_of_api_keys",
    status_code=204,
)
async def delete_provider_key(user: Manager, id: KeyId) -> None:
    """Deletes the key at once. It stays valid at its provider."""
    await manage.delete_key(user, id)


@router.post("/settings/provider-keys/{id}/test", summary="Test a provider key")
@router.post(
    "/settings/api-keys/{id}/test",
    summary="Test a provider key (api-keys)",
    operation_id="test_provider_key_of_api_keys",
)
async def test_provider_key(user: Manager, id: KeyId, request: Request) -> ProviderKeyTest:
    """Asks the provider whether it accepts the key, by a request that costs nothing there. A custom server without
    a list of models is asked for one token. Few tests are possible in a minute, for a workspace and for a network."""
    return await manage.test_key(user, id, network_of(request.client.host if request.client else None))


@router.get("/settings/provider-keys/{id}/usage", summary="Show a provider key's usage")
@router.get(
    "/settings/api-keys/{id}/usage",
    summary="Show a provider key's usage (api-keys)",
    operation_id="read_provider_key_usage_of_api_keys",
)
async def read_provider_key_usage(user: Manager, id: KeyId, days: Days = 30) -> ProviderKeyUsage:
    """Shows the answers that the key paid, by day, and their cost by our table of prices. The key's limits hold against
    these figures."""
    return await manage.read_usage(user, id, days)
