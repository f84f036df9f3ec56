"""Requests with API keys, for tests."""

from typing import Any

import httpx

from tests.world import World


async def create(world: World, who: str = "asha", **fields: Any) -> dict[str, Any]:
    """A new key of `who`, with its secret."""
    answer = await world.post("/user/api-keys", {"name": "Nightly report", **fields}, who)
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


async def get(world: World, path: str, secret: str, **params: Any) -> httpx.Response:
    """`GET /api…` with a key."""
    return await world.http.get(path, headers={"authorization": f"Bearer {secret}"}, params=params)


def code(answer: httpx.Response) -> tuple[int, str | None]:
    """The status and the error's code, None for a success."""
    return answer.status_code, None if answer.is_success else answer.json()["error"]["code"]
