"""Requests about workspaces' keys for providers."""

from typing import Any

import httpx

from tests.canaries import CANARY
from tests.world import World

PATH = "/settings/provider-keys"
KEY = f"sk-proj-{CANARY}-x7Qz"
NEW = {"provider": "openai", "name": "Ours", "key": KEY}


async def add(world: World, who: str = "asha", *, path: str = PATH, **fields: Any) -> httpx.Response:
    """Adds a key of OpenAI; `fields` replace those of the body."""
    return await world.post(path, NEW | fields, who)


async def change(world: World, key_id: str, **fields: Any) -> httpx.Response:
    """Changes these fields of a key."""
    return await world.http.put(f"{PATH}/{key_id}", json=fields, headers=world.headers())


async def delete(world: World, path: str) -> httpx.Response:
    """Deletes the key at this address."""
    return await world.http.delete(path, headers=world.headers())


async def try_out(world: World, key_id: str, who: str = "asha") -> httpx.Response:
    """Tests a key."""
    return await world.post(f"{PATH}/{key_id}/test", None, who)
