"""Confirming an address by the mail that the stand-in for Supabase Auth puts into the outbox."""

import asyncio
from urllib.parse import parse_qs

import httpx
import pytest
from supabase_auth.errors import AuthApiError

from tests.stand_ins.supabase_auth.browser import PKCE
from tests.stand_ins.supabase_auth.gotrue import ACCOUNT, EMAIL, PASSWORD, Mailbox, bearer, official, sign_in
from tests.world import Database

pytestmark = pytest.mark.exhaustive


def handed_over(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The target of a link, and its fragment."""
    assert answer.status_code == 303
    place, _, fragment = answer.headers["location"].partition("#")
    return place, {name: values[0] for name, values in parse_qs(fragment).items()}


async def test_the_mailed_link_leads_to_the_page_with_a_token_for_any_browser(
    app_site: str, confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await confirming.post("/signup", json={**ACCOUNT, **PKCE})

    link = mailbox.link()

    assert link == f"{app_site}/auth/callback?token_hash={mailbox.token_hash()}&type=email"
    elsewhere = await confirming.post("/verify", json={"type": "email", "token_hash": mailbox.token_hash()})
    assert elsewhere.json()["user"]["email_confirmed_at"]
    assert "{{" not in mailbox.texts()[-1]


async def test_the_link_in_the_mail_confirms_the_address_and_signs_in(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    site = str(confirming.base_url).removesuffix("/auth/v1/")
    joined = (await confirming.post("/signup", json=ACCOUNT)).json()
    assert joined["confirmation_sent_at"]
    assert (await sign_in(confirming)).json()["error_code"] == "email_not_confirmed"

    place, session = handed_over(await confirming.get(mailbox.verify_path("signup")))

    assert (place, session["type"], session["token_type"]) == (site, "signup", "bearer")
    shown = (await confirming.get("/user", headers=bearer(session["access_token"]))).json()
    assert (shown["id"], shown["user_metadata"]["email_verified"]) == (joined["id"], True)
    assert shown["identities"][0]["identity_data"]["email_verified"] is True
    assert (await sign_in(confirming)).json()["user"]["email_confirmed_at"] == shown["email_confirmed_at"]
    _, again = handed_over(await confirming.get(mailbox.verify_path("signup")))
    assert (again["error"], again["error_code"]) == ("access_denied", "otp_expired")


async def test_a_link_followed_many_times_at_once_signs_in_once(
    confirming: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    await confirming.post("/signup", json=ACCOUNT)
    link = mailbox.verify_path("signup")

    answers = await asyncio.gather(*(confirming.get(link) for _ in range(6)))

    assert sorted("access_token" in handed_over(answer)[1] for answer in answers) == [False] * 5 + [True]
    assert database.one("select count(*) from auth.sessions") == 1


@pytest.mark.parametrize("kind", ["signup", "email"])
async def test_the_official_client_confirms_by_the_hash_in_the_link(
    confirming: httpx.AsyncClient, mailbox: Mailbox, kind: str
) -> None:
    address = str(confirming.base_url).rstrip("/")
    async with official(address) as supabase:
        await supabase.sign_up({"email": EMAIL, "password": PASSWORD})
        with pytest.raises(AuthApiError) as wrong:
            await supabase.verify_otp({"email": EMAIL, "token": "not it", "type": kind})  # type: ignore[typeddict-item]
        assert (wrong.value.code, wrong.value.status) == ("otp_expired", 403)
        by_hash = await supabase.verify_otp({"token_hash": mailbox.token_hash(), "type": kind})  # type: ignore[typeddict-item]

    assert by_hash.user
    assert by_hash.user.email == EMAIL


async def test_a_second_mail_invalidates_the_earlier_link(confirming: httpx.AsyncClient, mailbox: Mailbox) -> None:
    await confirming.post("/signup", json=ACCOUNT)
    first = mailbox.verify_path("signup")
    async with official(str(confirming.base_url).rstrip("/")) as supabase:
        await supabase.resend({"type": "signup", "email": EMAIL.upper()})
    second = mailbox.verify_path("signup")
    await confirming.post("/signup", json=ACCOUNT)
    third = mailbox.verify_path("signup")

    assert len({first, second, third}) == 3
    codes = [handed_over(await confirming.get(link))[1].get("error_code") for link in (first, second, third)]
    assert codes == ["otp_expired", "otp_expired", None]


async def test_a_confirmed_or_unknown_address_gets_no_mail_and_the_same_answer(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await confirming.post("/signup", json=ACCOUNT)
    await confirming.get(mailbox.verify_path("signup"))

    for email in (EMAIL, "stranger@example.com"):
        answer = await confirming.post("/resend", json={"type": "signup", "email": email})
        assert (answer.status_code, answer.json()) == (200, {})
    assert len(mailbox.texts()) == 1


async def test_a_link_expires_after_an_hour(
    confirming: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    await confirming.post("/signup", json=ACCOUNT)
    database.advance(3600)

    _, late = handed_over(await confirming.get(mailbox.verify_path("signup")))

    assert (late["error_code"], late["error_description"]) == ("otp_expired", "Email link is invalid or has expired")


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("http://localhost:5173/welcome?from=mail", True),
        ("http://127.0.0.1:3001", True),
        ("https://app.oneai.example/in", True),
        ("https://evil.example/", False),
        ("http://localhost.evil.example/", False),
        ("//evil.example/", False),
        ("javascript:alert(1)//localhost", False),
        ("http://[", False),
        ("https://evil.example\\@localhost/", False),
        ("http://localhost\t.evil.example/", False),
    ],
)
async def test_a_link_redirects_to_the_site_or_to_this_machine(
    app_site: str, confirming: httpx.AsyncClient, mailbox: Mailbox, wanted: str, allowed: bool
) -> None:
    await confirming.post("/signup", params={"redirect_to": wanted}, json=ACCOUNT)
    place, session = handed_over(await confirming.get(mailbox.verify_path("signup", wanted)))

    assert place == (wanted if allowed else app_site)
    assert session["access_token"]


@pytest.mark.parametrize(
    ("request_line", "body", "status", "code"),
    [
        ("POST /verify", {"token": "123456", "email": EMAIL}, 400, "validation_failed"),
        ("POST /verify", {"type": "signup"}, 400, "validation_failed"),
        ("POST /verify", {"type": "signup", "token": "1", "token_hash": "2"}, 400, "validation_failed"),
        ("POST /verify", {"type": "signup", "token": "123456"}, 400, "validation_failed"),
        ("POST /verify", {"type": "signup", "token_hash": "2", "email": EMAIL}, 400, "validation_failed"),
        ("POST /verify", {"type": "sms", "token_hash": "2"}, 400, "validation_failed"),
        ("POST /verify", {"type": "recovery", "token_hash": "2"}, 403, "otp_expired"),
        ("POST /verify", {"type": "signup", "token_hash": "\x00"}, 403, "otp_expired"),
        ("POST /verify", [], 400, "bad_json"),
        ("GET /verify", None, 400, "validation_failed"),
        ("GET /verify?type=signup", None, 400, "validation_failed"),
        ("POST /resend", {"email": EMAIL}, 400, "validation_failed"),
        ("POST /resend", {"type": "signup"}, 400, "validation_failed"),
        ("POST /resend", {"type": "signup", "email": "meera"}, 400, "validation_failed"),
        ("POST /verify", {"type": "email_change", "token_hash": "2"}, 403, "otp_expired"),
        ("POST /invite", {"email": EMAIL}, 404, "validation_failed"),
        ("DELETE /user", None, 405, "validation_failed"),
        ("GET /", None, 404, "validation_failed"),
    ],
)
async def test_an_invalid_or_unknown_request_is_refused_in_gotrues_form(
    http: httpx.AsyncClient, request_line: str, body: object, status: int, code: str
) -> None:
    refused = await http.request(*request_line.split(), json=body)

    assert (refused.status_code, refused.json()["error_code"]) == (status, code)
    assert refused.json()["msg"]


async def test_addresses_in_other_scripts_get_their_mail(confirming: httpx.AsyncClient, mailbox: Mailbox) -> None:
    account = {"email": "आशा@उदाहरण.example", "password": PASSWORD}

    assert (await confirming.post("/signup", json=account)).status_code == 200

    assert "access_token" in handed_over(await confirming.get(mailbox.verify_path("signup")))[1]
