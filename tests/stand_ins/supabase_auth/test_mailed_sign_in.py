"""Signing in by mail: forgotten passwords, magic links and codes, and mails that are sent again."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.stand_ins.supabase_auth.browser import PKCE, VERIFIER
from tests.stand_ins.supabase_auth.gotrue import (
    EMAIL,
    PASSWORD,
    Mailbox,
    bearer,
    exchange,
    fragment_of,
    joined,
    query_of,
    sign_in,
    target_of,
)
from tests.world import Database

pytestmark = pytest.mark.exhaustive

BACK = "http://localhost:5173/auth/callback"


async def test_a_forgotten_password_is_replaced_through_the_mailed_link(
    http: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    elsewhere = await joined(http)

    answer = await http.post("/recover", params={"redirect_to": BACK}, json={"email": EMAIL.upper()})

    assert (answer.status_code, answer.json()) == (200, {})
    assert mailbox.subjects() == [f"{EMAIL}: Reset your password"]
    followed = await http.get(mailbox.verify_path("recovery", BACK))
    assert (followed.status_code, target_of(followed)) == (303, BACK)
    session = fragment_of(followed)
    assert session["type"] == "recovery"
    changed = await http.put("/user", json={"password": "another one"}, headers=bearer(session["access_token"]))
    assert changed.json()["email"] == EMAIL
    assert (await sign_in(http)).json()["error_code"] == "invalid_credentials"
    assert (await sign_in(http, password="another one")).status_code == 200
    # The old password is refused.
    gone = await http.get("/user", headers=bearer(elsewhere["access_token"]))
    assert gone.json()["error_code"] == "session_not_found"


async def test_a_link_with_a_challenge_leads_to_a_code(http: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await joined(http)
    await http.post("/recover", params={"redirect_to": BACK}, json={"email": EMAIL, **PKCE})

    followed = await http.get(mailbox.verify_path("recovery", BACK))

    assert (target_of(followed), fragment_of(followed)) == (BACK, {})
    session = (await exchange(http, query_of(followed)["code"], VERIFIER)).json()
    assert session["user"]["email"] == EMAIL
    again = await http.get(mailbox.verify_path("recovery", BACK))
    assert query_of(again)["error_code"] == fragment_of(again)["error_code"] == "otp_expired"


async def test_the_mailed_link_leads_to_the_page_with_a_token_for_any_browser(
    http: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await joined(http)
    await http.post("/recover", json={"email": EMAIL, **PKCE})

    link = urlsplit(mailbox.link())

    assert link.path == "/reset-password"
    assert parse_qs(link.query) == {"token_hash": [mailbox.token_hash()], "type": ["recovery"]}
    elsewhere = await http.post("/verify", json={"type": "recovery", "token_hash": mailbox.token_hash()})
    assert elsewhere.json()["user"]["email"] == EMAIL
    assert "{{" not in mailbox.texts()[-1]


@pytest.mark.parametrize("path", ["/otp", "/magiclink"])
async def test_a_magic_link_signs_up_new_users_and_signs_in(
    http: httpx.AsyncClient, mailbox: Mailbox, path: str
) -> None:
    for _ in range(2):
        answer = await http.post(path, json={"email": EMAIL, "data": {"name": "Meera"}})

        assert (answer.status_code, answer.json()) == (200, {})
        session = fragment_of(await http.get(mailbox.link()))
        assert session["type"] == "magiclink"
        user = (await http.get("/user", headers=bearer(session["access_token"]))).json()
        assert (user["email"], user["user_metadata"]["name"]) == (EMAIL, "Meera")
    assert mailbox.subjects() == [f"{EMAIL}: Your Magic Link"] * 2


async def test_a_first_magic_link_confirms_its_address_if_confirmation_is_required(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await confirming.post("/otp", json={"email": EMAIL, **PKCE})
    assert mailbox.subjects() == [f"{EMAIL}: Confirm your address"]
    code = query_of(await confirming.get(mailbox.verify_path("signup")))["code"]
    assert (await exchange(confirming, code, VERIFIER)).json()["user"]["email_confirmed_at"]

    await confirming.post("/otp", json={"email": EMAIL, **PKCE})

    assert mailbox.subjects()[1:] == [f"{EMAIL}: Your Magic Link"]
    code = query_of(await confirming.get(mailbox.link()))["code"]
    assert (await exchange(confirming, code, VERIFIER)).status_code == 200


async def test_a_magic_link_may_be_opened_late_and_its_code_is_valid_for_five_minutes(
    http: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    await joined(http)
    await http.post("/otp", json={"email": EMAIL, **PKCE})
    database.advance(1800)
    code = query_of(await http.get(mailbox.link()))["code"]
    database.advance(290)
    assert (await exchange(http, code, VERIFIER)).status_code == 200
    await http.post("/otp", json={"email": EMAIL, **PKCE})
    code = query_of(await http.get(mailbox.link()))["code"]
    database.advance(301)

    late = await exchange(http, code, VERIFIER)

    assert (late.status_code, late.json()["error_code"]) == (422, "flow_state_expired")


@pytest.mark.parametrize(("path", "verification"), [("/otp", "recovery"), ("/otp", "magiclink"), ("/otp", "email")])
@pytest.mark.parametrize("challenge", [{}, PKCE])
async def test_the_code_of_a_mail_signs_in_once(
    http: httpx.AsyncClient, mailbox: Mailbox, path: str, verification: str, challenge: dict[str, str]
) -> None:
    await joined(http)
    await http.post(path, json={"email": EMAIL, **challenge})
    body = {"type": verification, "email": EMAIL, "token": mailbox.code()}

    wrong = await http.post("/verify", json={**body, "email": "ravi@example.com"})
    answers = await asyncio.gather(*(http.post("/verify", json=body) for _ in range(4)))

    assert (wrong.status_code, wrong.json()["error_code"]) == (403, "otp_expired")
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]


async def test_the_hash_of_a_link_is_valid_for_its_own_kind(http: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await joined(http)
    await http.post("/recover", json={"email": EMAIL})
    body = {"token_hash": mailbox.token_hash()}

    refused = await http.post("/verify", json={**body, "type": "signup"})
    session = await http.post("/verify", json={**body, "type": "recovery"})

    assert refused.json()["error_code"] == "otp_expired"
    assert session.json()["user"]["email"] == EMAIL


async def test_a_link_expires_after_an_hour_of_the_stacks_clock(
    http: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    await joined(http)
    await http.post("/recover", json={"email": EMAIL})
    database.advance(3600)

    late = await http.get(mailbox.verify_path("recovery"))

    assert (fragment_of(late)["error"], fragment_of(late)["error_code"]) == ("access_denied", "otp_expired")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/recover", {}),
        ("/recover", PKCE),
        ("/otp", {}),
        ("/magiclink", PKCE),
        ("/resend", {"type": "signup"}),
        ("/resend", {"type": "email_change"}),
    ],
)
async def test_an_answer_does_not_reveal_whether_an_address_is_known(
    http: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    await joined(http)

    known = await http.post(path, json={"email": EMAIL, **body})
    unknown = await http.post(path, json={"email": "stranger@example.com", **body})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (200, b"{}")
    assert known.headers.keys() == unknown.headers.keys()


async def test_a_mail_that_must_not_sign_up_refuses_unknown_addresses(
    http: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await joined(http)
    known = await http.post("/otp", json={"email": EMAIL, "create_user": False})
    unknown = await http.post("/otp", json={"email": "stranger@example.com", "create_user": False})

    assert known.json() == {}
    assert (unknown.status_code, unknown.json()["error_code"]) == (422, "otp_disabled")
    assert len(mailbox.texts()) == 1


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/recover", {}, "validation_failed"),
        ("/recover", {"email": "meera"}, "validation_failed"),
        ("/recover", {"email": EMAIL, "code_challenge": "x" * 50}, "validation_failed"),
        ("/recover", {"email": 1}, "bad_json"),
        ("/otp", {}, "validation_failed"),
        ("/otp", {"email": EMAIL, "create_user": "yes"}, "bad_json"),
        ("/otp", {"email": EMAIL, "data": [1]}, "bad_json"),
        ("/otp", {"phone": "+91"}, "phone_provider_disabled"),
        ("/signup", {"email": EMAIL, "password": PASSWORD, "code_challenge_method": "s256"}, "validation_failed"),
    ],
)
async def test_an_invalid_address_is_refused(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], code: str
) -> None:
    refused = await http.post(path, json=body)

    assert (refused.status_code, refused.headers["x-sb-error-code"]) == (400, code)
