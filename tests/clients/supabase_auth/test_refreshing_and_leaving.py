"""Refresh tokens that are good once, and signing out."""

import asyncio

import httpx
import psycopg
import pytest

from tests.clients.supabase_auth.gotrue import bearer, joined, refreshed, sign_in
from tests.world import Database


async def test_a_refresh_token_is_good_once_and_its_answer_can_be_asked_for_again(http: httpx.AsyncClient) -> None:
    first = (await joined(http))["refresh_token"]

    second = (await refreshed(http, first)).json()["refresh_token"]

    assert second != first
    # The client lost the answer, or asked from two tabs: the same token again, not a third.
    assert (await refreshed(http, first)).json()["refresh_token"] == second


async def test_many_who_refresh_at_once_get_one_new_token(http: httpx.AsyncClient, database: Database) -> None:
    first = (await joined(http))["refresh_token"]

    answers = await asyncio.gather(*(refreshed(http, first) for _ in range(10)))

    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert database.rows("select count(*) from auth.refresh_tokens where not revoked") == [1]


async def test_an_old_refresh_token_ends_the_whole_family(http: httpx.AsyncClient, database: Database) -> None:
    first = (await joined(http))["refresh_token"]
    second = (await refreshed(http, first)).json()["refresh_token"]
    third = (await refreshed(http, second)).json()["refresh_token"]
    assert (await refreshed(http, first)).json()["refresh_token"] == third  # within ten seconds
    with psycopg.connect(database.url("supabase_auth_admin")) as conn:
        conn.execute("update auth.refresh_tokens set updated_at = updated_at - interval '11 seconds'")

    stolen = await refreshed(http, first)

    assert (stolen.status_code, stolen.json()["error_code"]) == (400, "refresh_token_already_used")
    for token in (third, second, first):
        assert (await refreshed(http, token)).json()["error_code"] == "refresh_token_already_used"


@pytest.mark.parametrize(
    ("scope", "left"), [("local", {"other"}), ("others", {"this"}), ("global", set()), (None, set())]
)
async def test_signing_out_ends_the_sessions_it_names(
    http: httpx.AsyncClient, scope: str | None, left: set[str]
) -> None:
    sessions = {"this": await joined(http), "other": (await sign_in(http)).json()}
    stranger = await joined(http, "stranger@example.com")

    params = {"scope": scope} if scope else None
    ended = await http.post("/logout", params=params, headers=bearer(sessions["this"]["access_token"]))

    assert (ended.status_code, ended.content) == (204, b"")
    alive = {
        name
        for name, session in sessions.items()
        if (await refreshed(http, session["refresh_token"])).status_code == 200
    }
    assert alive == left
    assert (await refreshed(http, stranger["refresh_token"])).status_code == 200


async def test_signing_out_of_nowhere_is_refused(http: httpx.AsyncClient) -> None:
    session = await joined(http)

    refused = await http.post("/logout?scope=elsewhere", headers=bearer(session["access_token"]))

    assert (refused.status_code, refused.json()["error_code"]) == (400, "validation_failed")
