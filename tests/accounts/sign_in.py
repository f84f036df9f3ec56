"""Signing up and in at the stand-in for Supabase Auth, as a page does."""

from typing import Any

import httpx

from tests.canaries import CANARY
from tests.patience import PATIENCE
from tests.world import World

PASSWORD = f"a-long-{CANARY}"


async def sign_up(world: World, email: str) -> dict[str, Any]:
    """Signs a new user up; the token response."""
    return await _post(world, "/signup", {"email": email, "password": PASSWORD})


async def sign_in(world: World, email: str) -> dict[str, Any]:
    """A further session of the user; the token response."""
    return await _post(world, "/token?grant_type=password", {"email": email, "password": PASSWORD})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    """The header of a session."""
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def _post(world: World, path: str, body: dict[str, str]) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=PATIENCE) as page:
        answer = await page.post(f"{world.address}/auth/v1{path}", json=body)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens
