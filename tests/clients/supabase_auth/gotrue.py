"""The stand-in for Supabase Auth as people use it over HTTP: joining, signing in, refreshing."""

from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from supabase_auth import AsyncGoTrueClient, AsyncMemoryStorage

from local.supabase_auth import create
from tests.world import Database

EMAIL, PASSWORD = "meera@example.com", "meera-password"


def mounted(database: Database, folder: Path, base: str) -> Starlette:
    return Starlette(routes=[Mount("/auth/v1", create(database.url("supabase_auth_admin"), folder, base))])


def official(address: str) -> AsyncGoTrueClient:
    return AsyncGoTrueClient(url=address, storage=AsyncMemoryStorage(), auto_refresh_token=False)


async def joined(http: httpx.AsyncClient, email: str = EMAIL) -> dict[str, Any]:
    answer = await http.post("/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def sign_in(http: httpx.AsyncClient) -> httpx.Response:
    body = {"email": EMAIL, "password": PASSWORD}
    return await http.post("/token", params={"grant_type": "password"}, json=body)


async def refreshed(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/token", params={"grant_type": "refresh_token"}, json={"refresh_token": token})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
