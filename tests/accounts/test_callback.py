"""Signing in with a provider through the API: a code, the verifier of the page that began it, and a session."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest_asyncio

from tests.accounts.sign_in import bearer
from tests.patience import PATIENCE
from tests.stand_ins.supabase_auth.browser import VERIFIER, provider_sign_in
from tests.stand_ins.supabase_auth.gotrue import query_of
from tests.world import World


@pytest_asyncio.fixture
async def browser(shared: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the stand-in for Supabase Auth."""
    async with httpx.AsyncClient(base_url=f"{shared.address}/auth/v1", timeout=PATIENCE) as browser:
        yield browser


async def code_of(browser: httpx.AsyncClient, email: str) -> str:
    """The code of a sign-in with Google."""
    return query_of(await provider_sign_in(browser, email))["code"]


async def exchange(world: World, code: str, verifier: str = VERIFIER) -> httpx.Response:
    """Exchanges a code at the API."""
    return await world.post("/auth/callback", {"code": code, "code_verifier": verifier}, None)


async def test_a_code_and_its_verifier_are_exchanged_for_a_session(shared: World, browser: httpx.AsyncClient) -> None:
    email = f"{uuid4()}@example.com"

    answer = await exchange(shared, await code_of(browser, email))

    tokens = answer.json()
    assert (answer.status_code, tokens["token_type"], tokens["user"]["email"]) == (200, "bearer", email)
    me = (await shared.http.get("/me", headers=bearer(tokens))).json()
    assert (me["profile"]["id"], me["profile"]["email"]) == (tokens["user"]["id"], email)
    refreshed = await shared.post("/auth/session", {"refresh_token": tokens["refresh_token"]}, None)
    assert refreshed.status_code == 200


async def test_a_sign_in_completes_the_profile(shared: World, browser: httpx.AsyncClient) -> None:
    email = f"{uuid4()}@example.com"
    first = (await exchange(shared, await code_of(browser, email))).json()
    shared.database.rows("delete from oneai.users where id = %s", first["user"]["id"])

    again = await exchange(shared, await code_of(browser, email))

    assert again.json()["user"]["id"] == first["user"]["id"]
    assert shared.database.one("select email from oneai.users where id = %s", first["user"]["id"]) == email


async def test_a_code_can_be_used_once(shared: World, browser: httpx.AsyncClient) -> None:
    code = await code_of(browser, f"{uuid4()}@example.com")

    answers = await asyncio.gather(*(exchange(shared, code) for _ in range(4)))
    replay = await exchange(shared, code)
    unknown = await exchange(shared, "none-such")

    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    assert replay.json()["error"]["details"][0]["code"] == "used_or_expired"
    assert replay.json()["error"] == unknown.json()["error"]


async def test_a_code_is_refused_without_the_verifier_of_its_page(shared: World, browser: httpx.AsyncClient) -> None:
    code = await code_of(browser, f"{uuid4()}@example.com")

    stolen = await exchange(shared, code, "x" * 43)

    assert (stolen.status_code, stolen.json()["error"]["details"][0]["field"]) == (422, "code_verifier")
    assert (await exchange(shared, code)).status_code == 200
