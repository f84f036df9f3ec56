"""A user's sessions are listed, and an ended session is refused at once with its access token."""

from typing import Any, LiteralString
from uuid import uuid4

import httpx

from tests.accounts.retention_data import run_retention
from tests.accounts.sign_in import bearer, sign_in, sign_up
from tests.world import World

# Supabase Auth deletes the row of a session that signs out.
FAILING_SIGN_OUT: LiteralString = """
    create function public.fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$;
    create trigger fail before delete on auth.sessions for each statement execute function public.fail()"""


async def sessions_of(world: World, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    """The sessions of a signed-in user."""
    answer = await world.http.get("/auth/sessions", headers=bearer(tokens))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def status_of(world: World, tokens: dict[str, Any]) -> int:
    """Whether this access token is still accepted."""
    return (await world.http.get("/user/profile", headers=bearer(tokens))).status_code


async def refresh(world: World, tokens: dict[str, Any]) -> httpx.Response:
    """Refreshes at Supabase itself."""
    async with httpx.AsyncClient() as page:
        return await page.post(
            f"{world.address}/auth/v1/token?grant_type=refresh_token", json={"refresh_token": tokens["refresh_token"]}
        )


async def test_sessions_are_listed_and_the_current_one_is_marked(shared: World) -> None:
    email = f"{uuid4()}@example.com"
    first, second = await sign_up(shared, email), await sign_in(shared, email)
    await sign_up(shared, f"{uuid4()}@example.com")
    claims = [shared.signer.claims(tokens["access_token"]) for tokens in (first, second)]

    items = await sessions_of(shared, second)

    assert {item["id"]: item["current"] for item in items} == {
        claims[0]["session_id"]: False,
        claims[1]["session_id"]: True,
    }
    assert all(item["created_at"] <= item["last_used_at"] for item in items)


async def test_an_ended_session_is_refused_at_once_and_the_others_continue(shared: World) -> None:
    email = f"{uuid4()}@example.com"
    lost, kept = await sign_up(shared, email), await sign_in(shared, email)
    (other,) = [item["id"] for item in await sessions_of(shared, kept) if not item["current"]]

    for _ in range(2):
        answer = await shared.http.delete(f"/auth/sessions/{other}", headers=bearer(kept))
        assert answer.status_code == 204

    assert (await status_of(shared, lost), await status_of(shared, kept)) == (401, 200)
    assert [item["current"] for item in await sessions_of(shared, kept)] == [True]


async def test_a_session_of_another_user_is_not_found_and_continues(shared: World) -> None:
    tokens, stranger = [await sign_up(shared, f"{uuid4()}@example.com") for _ in range(2)]
    session = shared.signer.claims(tokens["access_token"])["session_id"]

    for each in (session, uuid4()):
        answer = await shared.http.delete(f"/auth/sessions/{each}", headers=bearer(stranger))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")

    assert await status_of(shared, tokens) == 200


async def test_signing_out_ends_this_session_here_and_at_supabase(shared: World) -> None:
    email = f"{uuid4()}@example.com"
    this, other = await sign_up(shared, email), await sign_in(shared, email)

    answer = await shared.http.post("/auth/sign-out", headers=bearer(this))

    assert answer.status_code == 204
    assert (await status_of(shared, this), await status_of(shared, other)) == (401, 200)
    assert ((await refresh(shared, this)).status_code, (await refresh(shared, other)).status_code) == (400, 200)


async def test_signing_out_everywhere_ends_every_session_of_the_user_and_of_no_one_else(shared: World) -> None:
    email = f"{uuid4()}@example.com"
    this, other = await sign_up(shared, email), await sign_in(shared, email)
    stranger = await sign_up(shared, f"{uuid4()}@example.com")

    answer = await shared.http.post("/auth/sign-out", json={"scope": "all"}, headers=bearer(this))

    assert answer.status_code == 204
    assert [await status_of(shared, each) for each in (this, other, stranger)] == [401, 401, 200]
    assert [(await refresh(shared, each)).status_code for each in (this, other)] == [400, 400]


async def test_signing_out_ends_the_session_here_even_if_supabase_fails(own_world: World) -> None:
    tokens = await sign_up(own_world, "meera@example.com")
    own_world.database.rows(FAILING_SIGN_OUT)

    answer = await own_world.http.post("/auth/sign-out", json={"scope": "all"}, headers=bearer(tokens))

    assert answer.status_code == 204
    assert await status_of(own_world, tokens) == 401
    refreshed = await own_world.post("/auth/session", {"refresh_token": tokens["refresh_token"]}, None)
    assert (refreshed.status_code, refreshed.json()["error"]["reason"]) == (401, "session_ended")


async def test_an_unknown_scope_is_refused_and_ends_nothing(shared: World) -> None:
    tokens = await sign_up(shared, f"{uuid4()}@example.com")

    answer = await shared.http.post("/auth/sign-out", json={"scope": "global"}, headers=bearer(tokens))

    assert answer.status_code == 422
    assert await status_of(shared, tokens) == 200


async def test_a_session_that_supabase_could_still_refresh_remains_ended(own_world: World) -> None:
    tokens = await sign_up(own_world, "meera@example.com")
    session = own_world.signer.claims(tokens["access_token"])["session_id"]
    await own_world.http.delete(f"/auth/sessions/{session}", headers=bearer(tokens))

    await run_retention(own_world, 400)

    assert own_world.database.rows("select session_id::text from oneai.ended_sessions") == [session]
    own_world.database.rows("delete from auth.sessions")
    assert await run_retention(own_world) == {"ended_sessions": 1}
