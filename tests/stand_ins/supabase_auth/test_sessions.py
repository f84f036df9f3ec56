"""Sessions as rows, refresh tokens that are good once, and signing out."""

import asyncio

import httpx
import jwt
import pytest

from tests.stand_ins.supabase_auth.gotrue import ACCOUNT, bearer, joined, refreshed, sign_in
from tests.world import Database

pytestmark = pytest.mark.exhaustive


async def test_a_refresh_token_can_be_used_once_and_its_answer_repeated(http: httpx.AsyncClient) -> None:
    first = (await joined(http))["refresh_token"]

    second = (await refreshed(http, first)).json()["refresh_token"]

    assert second != first
    # The client lost the answer, or asked from two tabs: the same token again, not a third.
    assert (await refreshed(http, first)).json()["refresh_token"] == second


async def test_concurrent_refreshes_get_one_new_token(http: httpx.AsyncClient, database: Database) -> None:
    first = (await joined(http))["refresh_token"]

    answers = await asyncio.gather(*(refreshed(http, first) for _ in range(10)))

    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert database.rows("select count(*) from auth.refresh_tokens where not revoked") == [1]


async def test_an_old_refresh_token_ends_the_whole_family(http: httpx.AsyncClient, database: Database) -> None:
    first = (await joined(http))["refresh_token"]
    second = (await refreshed(http, first)).json()["refresh_token"]
    third = (await refreshed(http, second)).json()["refresh_token"]
    assert (await refreshed(http, first)).json()["refresh_token"] == third  # within ten seconds
    database.advance(11)

    stolen = await refreshed(http, first)

    assert (stolen.status_code, stolen.json()["error_code"]) == (400, "refresh_token_already_used")
    for token in (third, second, first):
        assert (await refreshed(http, token)).json()["error_code"] == "refresh_token_already_used"


@pytest.mark.parametrize(
    ("scope", "left"), [("local", {"other"}), ("others", {"this"}), ("global", set()), (None, set())]
)
async def test_a_sign_out_ends_the_sessions_in_its_scope(
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


async def test_a_sign_out_with_an_unknown_scope_is_refused(http: httpx.AsyncClient) -> None:
    session = await joined(http)

    refused = await http.post("/logout?scope=elsewhere", headers=bearer(session["access_token"]))

    assert (refused.status_code, refused.json()["error_code"]) == (400, "validation_failed")


async def test_a_session_is_a_row_with_user_and_origin(http: httpx.AsyncClient, database: Database) -> None:
    headers = {"user-agent": "Firefox on a laptop", "x-forwarded-for": "203.0.113.7, 10.0.0.1"}
    answer = await http.post("/signup", json=ACCOUNT, headers=headers)
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    columns = """
        select id::text, user_id::text, aal::text, user_agent, host(ip), refreshed_at, created_at = updated_at
        from auth.sessions
    """

    session_id, user_id = claims["session_id"], answer.json()["user"]["id"]
    assert database.rows(columns) == [(session_id, user_id, "aal1", "Firefox on a laptop", "203.0.113.7", None, True)]
    database.advance(60)
    await refreshed(http, answer.json()["refresh_token"])
    assert database.one("select user_agent like 'python-httpx%%' and host(ip) = '127.0.0.1' from auth.sessions")
    assert database.one("select refreshed_at at time zone 'utc' = updated_at from auth.sessions")
    assert database.one("select updated_at - created_at >= interval '1 minute' from auth.sessions")


async def test_an_expired_session_is_not_refreshed(http: httpx.AsyncClient, database: Database) -> None:
    session = await joined(http)
    database.rows("update auth.sessions set not_after = created_at + interval '1 hour'")
    database.advance(3601)

    late = await refreshed(http, session["refresh_token"])

    assert (late.status_code, late.json()["error_code"]) == (400, "session_expired")


async def test_signing_out_deletes_the_rows_and_invalidates_the_access_token(
    http: httpx.AsyncClient, database: Database
) -> None:
    session = await joined(http)
    await http.post("/logout", params={"scope": "local"}, headers=bearer(session["access_token"]))

    gone = await http.get("/user", headers=bearer(session["access_token"]))

    assert (gone.status_code, gone.json()["error_code"]) == (403, "session_not_found")
    rows = """
        select 's' from auth.sessions union all select 't' from auth.refresh_tokens
        union all select 'm' from auth.mfa_amr_claims
    """
    assert database.rows(rows) == []
