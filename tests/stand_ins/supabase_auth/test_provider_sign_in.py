"""Signing in with Google or GitHub, as a browser does it: the page, the code or the session, and what goes wrong."""

import asyncio

import httpx
import jwt
import pytest

from tests.stand_ins.supabase_auth.browser import CHALLENGE, PKCE, VERIFIER, parse, press, provider_sign_in
from tests.stand_ins.supabase_auth.gotrue import (
    EMAIL,
    bearer,
    exchange,
    fragment_of,
    joined,
    query_of,
    refreshed,
    sign_in,
    target_of,
)
from tests.world import Database

pytestmark = pytest.mark.exhaustive

BACK = "http://localhost:5173/auth/callback"


async def test_the_page_offers_the_users_of_the_stack_at_google_and_github(http: httpx.AsyncClient) -> None:
    await joined(http)

    answer = await http.get("/authorize", params={"provider": "github", **PKCE})

    page = parse(answer)
    assert page.accounts == [EMAIL]
    assert page.fields["account"] == EMAIL
    assert page.buttons == [("provider", "github"), ("provider", "google"), ("error", "access_denied")]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_google_returns_a_code_that_the_verifier_exchanges_for_a_session(http: httpx.AsyncClient) -> None:
    answer = await provider_sign_in(http, "tara@example.com", query={**PKCE, "redirect_to": f"{BACK}?next=%2Fc"})

    assert (answer.status_code, target_of(answer)) == (302, BACK)
    assert query_of(answer).keys() == {"next", "code"}
    session = (await exchange(http, query_of(answer)["code"], VERIFIER)).json()
    assert session["provider_token"].startswith("local-google-")
    user = session["user"]
    assert (user["email"], user["app_metadata"]) == (
        "tara@example.com",
        {"provider": "google", "providers": ["google"]},
    )
    assert user["user_metadata"]["full_name"] == "Tara"
    assert user["email_confirmed_at"]
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert [each["method"] for each in claims["amr"]] == ["oauth"]
    again = (await refreshed(http, session["refresh_token"])).json()
    claims = jwt.decode(again["access_token"], options={"verify_signature": False})
    assert [each["method"] for each in claims["amr"]] == ["oauth"]


async def test_a_chosen_user_of_the_stack_is_signed_in(http: httpx.AsyncClient) -> None:
    user = await joined(http)
    page = await http.get("/authorize", params={"provider": "google", **PKCE})

    answer = await press(http, page, ("provider", "google"))

    session = (await exchange(http, query_of(answer)["code"], VERIFIER)).json()
    assert session["user"]["id"] == user["user"]["id"]


async def test_a_session_without_a_challenge_is_in_the_fragment(http: httpx.AsyncClient) -> None:
    answer = await provider_sign_in(http, "tara@example.com", "github", query={"redirect_to": BACK})

    session = fragment_of(answer)
    assert (answer.status_code, target_of(answer), query_of(answer)) == (302, BACK, {})
    assert (session["token_type"], session["expires_in"]) == ("bearer", "3600")
    assert session["provider_token"].startswith("local-github-")
    assert (await http.get("/user", headers=bearer(session["access_token"]))).json()["email"] == "tara@example.com"
    assert (await refreshed(http, session["refresh_token"])).status_code == 200


@pytest.mark.parametrize(
    "redirect_to",
    [
        "https://evil.example/",
        "//evil.example",
        "https://app.oneai.example.evil.example/",
        "javascript:alert(1)",
        "https://evil.example\\@app.oneai.example/",
        "https://app.oneai.example\n.evil.example",
        "",
    ],
)
async def test_a_disallowed_address_is_replaced_by_the_site(
    app_site: str, http: httpx.AsyncClient, redirect_to: str
) -> None:
    answer = await provider_sign_in(http, "tara@example.com", query={**PKCE, "redirect_to": redirect_to})

    assert target_of(answer) == app_site
    assert query_of(answer).keys() == {"code"}


async def test_the_site_and_this_machine_are_allowed(app_site: str, http: httpx.AsyncClient) -> None:
    for allowed in (f"{app_site}/auth/callback", "http://127.0.0.1:4173/auth/callback"):
        answer = await provider_sign_in(http, "tara@example.com", query={**PKCE, "redirect_to": allowed})

        assert target_of(answer) == allowed


@pytest.mark.parametrize("query", [{**PKCE, "redirect_to": BACK}, {"redirect_to": BACK}])
async def test_a_cancelled_sign_in_returns_the_error_in_query_and_fragment(
    http: httpx.AsyncClient, query: dict[str, str], database: Database
) -> None:
    page = await http.get("/authorize", params={"provider": "google", **query})

    answer = await press(http, page, ("error", "access_denied"))

    assert (answer.status_code, target_of(answer)) == (302, BACK)
    assert query_of(answer) == {"error": "access_denied", "error_description": "No account was chosen"}
    assert fragment_of(answer) == {**query_of(answer), "sb": ""}
    assert database.rows("select id from auth.users") == []


async def test_a_page_is_valid_for_one_sign_in_and_five_minutes(
    app_site: str, http: httpx.AsyncClient, database: Database
) -> None:
    page = await http.get("/authorize", params={"provider": "google", "redirect_to": BACK, **PKCE})
    late = await http.get("/authorize", params={"provider": "google", "redirect_to": BACK, **PKCE})
    google = ("provider", "google")
    await press(http, page, google, new_account=EMAIL)

    twice = await press(http, page, google, new_account="ravi@example.com")
    database.advance(301)
    expired = await press(http, late, google, new_account="ravi@example.com")

    assert (target_of(twice), query_of(twice)["error_code"]) == (app_site, "flow_state_already_used")
    assert query_of(expired)["error_code"] == "bad_oauth_state"
    assert database.rows("select email from auth.users") == [EMAIL]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "bad_oauth_callback"),
        ({"state": "none"}, "bad_oauth_state"),
        ({"state": "6d0e2a9e-0000-4000-8000-000000000000"}, "bad_oauth_state"),
    ],
)
async def test_a_callback_without_its_state_ends_at_the_site(
    app_site: str, http: httpx.AsyncClient, fields: dict[str, str], code: str
) -> None:
    for answer in (await http.post("/callback", data=fields), await http.get("/callback", params=fields)):
        assert (answer.status_code, target_of(answer)) == (302, app_site)
        assert query_of(answer)["error"] == "invalid_request"
        assert query_of(answer)["error_code"] == fragment_of(answer)["error_code"] == code


@pytest.mark.parametrize("entry", ["meera", "<script>@example"])
async def test_an_invalid_address_is_requested_again(http: httpx.AsyncClient, entry: str) -> None:
    page = await http.get("/authorize", params={"provider": "google", **PKCE})

    again = await press(http, page, ("provider", "google"), new_account=entry)

    assert again.status_code == 422
    assert "Unable to validate email address" in again.text
    assert query_of(await press(http, again, ("provider", "google"), new_account=EMAIL))["code"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"provider": "myspace"},
        {"provider": "google", "code_challenge": CHALLENGE},
        {"provider": "google", "code_challenge_method": "s256"},
        {"provider": "google", "code_challenge": "short", "code_challenge_method": "s256"},
        {"provider": "google", "code_challenge": "x" * 129, "code_challenge_method": "s256"},
        {"provider": "google", "code_challenge": "ü" * 50, "code_challenge_method": "s256"},
        {"provider": "google", "code_challenge": CHALLENGE, "code_challenge_method": "md5"},
    ],
)
async def test_an_invalid_authorization_is_refused(http: httpx.AsyncClient, query: dict[str, str]) -> None:
    refused = await http.get("/authorize", params=query)

    assert (refused.status_code, refused.headers["x-sb-error-code"]) == (400, "validation_failed")


async def test_two_concurrent_first_sign_ins_create_one_user(http: httpx.AsyncClient, database: Database) -> None:
    answers = await asyncio.gather(
        *(provider_sign_in(http, EMAIL, provider) for provider in ("google", "github", "google", "github"))
    )

    assert [query_of(answer).keys() for answer in answers] == [{"code"}] * 4
    assert database.rows("select email from auth.users") == [EMAIL]
    assert database.rows("select provider from auth.identities order by 1") == ["github", "google"]


async def test_text_on_the_page_is_escaped(http: httpx.AsyncClient) -> None:
    await joined(http, "<b>@example.com")

    page = await http.get("/authorize", params={"provider": "google"})

    assert "<b>" not in page.text
    assert parse(page).accounts == ["<b>@example.com"]


async def test_a_user_without_a_password_cannot_sign_in_with_one(http: httpx.AsyncClient) -> None:
    await provider_sign_in(http, EMAIL)

    refused = await sign_in(http)

    assert refused.json()["error_code"] == "invalid_credentials"
