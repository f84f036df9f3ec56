"""Requests about whole conversations, for tests."""

from typing import Any

import httpx

from tests.world import World


async def patch(world: World, talk: str, who: str, body: Any, **headers: str) -> httpx.Response:
    """`PATCH /api/conversations/{id}`."""
    return await world.http.patch(f"/conversations/{talk}", json=body, headers=world.headers(who, **headers))


async def create_conversation(world: World, who: str, **fields: Any) -> dict[str, Any]:
    """A conversation made through the API."""
    answer = await world.post("/conversations", fields, who)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
