"""Signed-in users change their data, password and address."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.stand_ins.supabase_auth.browser import PKCE, VERIFIER
from tests.stand_ins.supabase_auth.gotrue import (
    ACCOUNT,
    EMAIL,
    PASSWORD,
    Mailbox,
    bearer,
    exchange,
    fragment_of,
    joined,
    query_of,
    refreshed,
    sign_in,
)
from tests.world import Database

pytestmark = pytest.mark.exhaustive

NEW = "iyer@example.com"


async def confirmed(confirming: httpx.AsyncClient, mailbox: Mailbox) -> dict[str, str]:
    """The session of a user who followed the link of their sign-up."""
    await confirming.post("/signup", json=ACCOUNT)
    return fragment_of(await confirming.get(mailbox.verify_path("signup")))


async def change(http: httpx.AsyncClient, session: dict[str, Any], **body: Any) -> httpx.Response:
    return await http.put("/user", json=body, headers=bearer(session["access_token"]))


async def test_data_is_merged_and_null_removes_it(http: httpx.AsyncClient) -> None:
    session = await joined(http)
    await change(http, session, data={"name": "Meera", "theme": {"dark": True}})

    user = (await change(http, session, data={"theme": None, "language": "hi"})).json()

    metadata = user["user_metadata"]
    assert (metadata["name"], metadata["language"], metadata["email"]) == ("Meera", "hi", EMAIL)
    assert "theme" not in metadata
    assert (await http.get("/user", headers=bearer(session["access_token"]))).json() == user


async def test_a_new_password_ends_every_other_session(http: httpx.AsyncClient, mailbox: Mailbox) -> None:
    session, other = await joined(http), (await sign_in(http)).json()
    await http.post("/recover", json={"email": EMAIL})

    same = await change(http, session, password=PASSWORD)
    weak = await change(http, session, password="12345")
    changed = await change(http, session, password="another one")

    assert (same.status_code, same.json()["error_code"]) == (422, "same_password")
    assert (weak.status_code, weak.json()["error_code"]) == (422, "weak_password")
    assert changed.status_code == 200
    assert (await refreshed(http, session["refresh_token"])).status_code == 200
    assert (await refreshed(http, other["refresh_token"])).status_code == 400
    assert (await sign_in(http)).status_code == 400
    assert (await sign_in(http, password="another one")).status_code == 200
    assert fragment_of(await http.get(mailbox.verify_path("recovery")))["error_code"] == "otp_expired"


async def test_a_new_password_needs_a_code_a_day_after_signing_in(
    http: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    session = await joined(http)
    database.advance(25 * 3600)

    needed = await change(http, session, password="another one")
    answer = await http.get("/reauthenticate", headers=bearer(session["access_token"]))
    wrong = await change(http, session, password="another one", nonce="none")
    changed = await change(http, session, password="another one", nonce=mailbox.code())

    assert (needed.status_code, needed.json()["error_code"]) == (400, "reauthentication_needed")
    assert (answer.status_code, answer.json()) == (200, {})
    assert mailbox.subjects() == [f"{EMAIL}: Confirm Reauthentication"]
    assert (wrong.status_code, wrong.json()["error_code"]) == (422, "reauthentication_not_valid")
    assert changed.status_code == 200


async def test_a_new_address_takes_effect_once_both_addresses_have_confirmed(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    session = await confirmed(confirming, mailbox)

    answer = (await change(confirming, session, email=NEW.upper())).json()

    assert (answer["email"], answer["new_email"]) == (EMAIL, NEW)
    assert mailbox.subjects()[1:] == [f"{NEW}: Confirm Email Change", f"{EMAIL}: Confirm Email Change"]
    first = await confirming.get(mailbox.link(-1))
    assert fragment_of(first) == {
        "message": "Confirmation link accepted. Please proceed to confirm link sent to the other email"
    }
    assert fragment_of(await confirming.get(mailbox.link(-1)))["error_code"] == "otp_expired"
    second = fragment_of(await confirming.get(mailbox.link(-2)))
    user = (await confirming.get("/user", headers=bearer(second["access_token"]))).json()
    assert (second["type"], user["email"], user["user_metadata"]["email_verified"]) == ("email_change", NEW, True)
    assert "new_email" not in user
    assert user["identities"][0]["identity_data"]["email"] == NEW
    assert (await sign_in(confirming, NEW)).status_code == 200
    assert (await sign_in(confirming)).status_code == 400


async def test_two_concurrent_confirmations_change_the_address(
    confirming: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    session = await confirmed(confirming, mailbox)
    await change(confirming, session, email=NEW)

    answers = await asyncio.gather(confirming.get(mailbox.link(-1)), confirming.get(mailbox.link(-2)))

    assert sorted("access_token" in fragment_of(answer) for answer in answers) == [False, True]
    assert database.rows("select email from auth.users") == [NEW]


async def test_the_codes_of_both_mails_have_the_same_effect(confirming: httpx.AsyncClient, mailbox: Mailbox) -> None:
    session = await confirmed(confirming, mailbox)
    await change(confirming, session, email=NEW)
    body = {"type": "email_change"}

    first = await confirming.post("/verify", json={**body, "email": NEW, "token": mailbox.code(-2)})
    second = await confirming.post("/verify", json={**body, "email": EMAIL, "token": mailbox.code(-1)})

    assert (first.status_code, first.json()["code"]) == (200, "200")
    assert second.json()["user"]["email"] == NEW


async def test_the_second_link_with_a_challenge_leads_to_a_code(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    session = await confirmed(confirming, mailbox)
    await change(confirming, session, email=NEW, **PKCE)

    first = await confirming.get(mailbox.link(-1))
    second = await confirming.get(mailbox.link(-2))

    assert query_of(first)["message"].startswith("Confirmation link accepted")
    exchanged = await exchange(confirming, query_of(second)["code"], VERIFIER)
    assert exchanged.json()["user"]["email"] == NEW


async def test_one_confirmation_is_enough_if_addresses_need_none(http: httpx.AsyncClient, mailbox: Mailbox) -> None:
    session = await joined(http)
    await change(http, session, email=NEW)

    assert (await http.get("/user", headers=bearer(session["access_token"]))).json()["email"] == EMAIL
    assert "access_token" in fragment_of(await http.get(mailbox.link(-2)))
    assert (await http.get("/user", headers=bearer(session["access_token"]))).json()["email"] == NEW
    assert fragment_of(await http.get(mailbox.link(-1)))["error_code"] == "otp_expired"


async def test_the_mails_of_a_change_can_be_sent_again(confirming: httpx.AsyncClient, mailbox: Mailbox) -> None:
    session = await confirmed(confirming, mailbox)
    await change(confirming, session, email=NEW)
    old = mailbox.link(-1), mailbox.link(-2)

    await confirming.post("/resend", json={"type": "email_change", "email": EMAIL})

    assert len(mailbox.texts()) == 5
    for link in old:
        assert fragment_of(await confirming.get(link))["error_code"] == "otp_expired"
    assert "message" in fragment_of(await confirming.get(mailbox.link(-2)))
    assert "access_token" in fragment_of(await confirming.get(mailbox.link(-1)))


async def test_an_address_taken_in_the_meantime_is_not_taken_over(
    http: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    session = await joined(http)
    await change(http, session, email=NEW)
    await joined(http, NEW)

    answer = await http.get(mailbox.link(0))
    taken = await change(http, session, email=NEW)

    assert fragment_of(answer)["error_code"] == "email_exists"
    assert (taken.status_code, taken.json()["error_code"]) == (422, "email_exists")
    assert database.rows("select email from auth.users order by created_at") == [EMAIL, NEW]


async def test_a_changed_address_is_in_the_token_of_the_next_refresh(http: httpx.AsyncClient, mailbox: Mailbox) -> None:
    session = await joined(http)
    await change(http, session, email=NEW, data={"name": "Meera Iyer"})
    await http.get(mailbox.link(0))

    user = (await refreshed(http, session["refresh_token"])).json()["user"]

    assert (user["email"], user["user_metadata"]["name"]) == (NEW, "Meera Iyer")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "meera"}, 400, "validation_failed"),
        ({"password": ""}, 400, "validation_failed"),
        ({"password": 1}, 400, "bad_json"),
        ({"data": "text"}, 400, "bad_json"),
        ({"phone": "+91"}, 400, "phone_provider_disabled"),
        ({"app_metadata": {"role": "admin"}}, 403, "not_admin"),
        ({"email": NEW, "code_challenge": "x" * 50}, 400, "validation_failed"),
    ],
)
async def test_an_invalid_change_is_refused_and_changes_nothing(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    session = await joined(http)

    refused = await change(http, session, **{"data": {"name": "Meera"}, **body})

    assert (refused.status_code, refused.headers["x-sb-error-code"]) == (status, code)
    user = (await http.get("/user", headers=bearer(session["access_token"]))).json()
    assert (user["email"], "name" in user["user_metadata"]) == (EMAIL, False)


async def test_a_change_requires_a_token(http: httpx.AsyncClient) -> None:
    refused = await http.put("/user", json={"data": {"name": "Meera"}})

    assert (refused.status_code, refused.json()["error_code"]) == (401, "no_authorization")
