"""Every flow with the newest supabase-auth for Python, as an application uses it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthImplicitGrantRedirectError

from tests.stand_ins.supabase_auth.browser import press
from tests.stand_ins.supabase_auth.gotrue import (
    EMAIL,
    PASSWORD,
    Mailbox,
    fragment_of,
    official,
    query_of,
    sign_in,
)
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)

BACK = "http://localhost:5173/auth/callback"
NEW = "iyer@example.com"


@pytest.fixture
async def client(confirming: httpx.AsyncClient) -> AsyncIterator[AsyncGoTrueClient]:
    """The official client with PKCE, against a project that wants addresses confirmed."""
    async with official(str(confirming.base_url).rstrip("/"), flow_type="pkce") as client:
        yield client


@pytest.fixture
async def meera(client: AsyncGoTrueClient, mailbox: Mailbox) -> AsyncGoTrueClient:
    """The client of a user who has confirmed their address and is signed in."""
    await client.sign_up({"email": EMAIL, "password": PASSWORD})
    await client.verify_otp({"token_hash": mailbox.token_hash(), "type": "signup"})
    return client


async def test_a_sign_up_is_confirmed_by_its_link_and_code(
    client: AsyncGoTrueClient, confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    joined = await client.sign_up({"email": EMAIL, "password": PASSWORD, "options": {"email_redirect_to": BACK}})
    assert joined.session is None
    with pytest.raises(AuthApiError) as unconfirmed:
        await client.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert unconfirmed.value.code == "email_not_confirmed"
    await client.resend({"type": "signup", "email": EMAIL, "options": {"email_redirect_to": BACK}})
    assert "access_token" in fragment_of(await confirming.get(mailbox.verify_path("signup", BACK)))

    await client.sign_up({"email": NEW, "password": PASSWORD, "options": {"email_redirect_to": BACK}})
    code = query_of(await confirming.get(mailbox.verify_path("signup", BACK)))["code"]
    signed_in = await client.exchange_code_for_session({"auth_code": code})

    assert signed_in.user
    assert signed_in.user.email == NEW
    assert (await client.sign_in_with_password({"email": EMAIL, "password": PASSWORD})).session


async def test_google_signs_in_with_pkce(client: AsyncGoTrueClient, confirming: httpx.AsyncClient) -> None:
    started = await client.sign_in_with_oauth({"provider": "google", "options": {"redirect_to": BACK}})
    page = await confirming.get(started.url)
    answer = await press(confirming, page, ("provider", "google"), new_account=EMAIL, name="Meera Rao")

    code = query_of(answer)["code"]
    signed_in = await client.exchange_code_for_session({"auth_code": code})

    assert signed_in.session
    assert signed_in.session.provider_token
    assert signed_in.user
    assert signed_in.user.user_metadata["full_name"] == "Meera Rao"
    identities = await client.get_user_identities()
    assert [identity.provider for identity in identities.identities] == ["google"]
    with pytest.raises(AuthApiError) as again:
        await client.exchange_code_for_session({"auth_code": code, "code_verifier": "x" * 50})
    assert (str(again.value.code), again.value.status) == ("flow_state_not_found", 404)


async def test_github_signs_in_without_pkce(confirming: httpx.AsyncClient) -> None:
    async with official(str(confirming.base_url).rstrip("/"), flow_type="implicit") as client:
        started = await client.sign_in_with_oauth({"provider": "github", "options": {"redirect_to": BACK}})
        page = await confirming.get(started.url)
        answer = await press(confirming, page, ("provider", "github"), new_account=EMAIL)
        await client.initialize_from_url(answer.headers["location"])
        session = await client.get_session()
        page = await confirming.get(started.url)
        cancelled = await press(confirming, page, ("error", "access_denied"))
        with pytest.raises(AuthImplicitGrantRedirectError):
            await client.initialize_from_url(cancelled.headers["location"])

    assert session
    assert session.user.email == EMAIL


async def test_a_forgotten_password_is_reset(
    client: AsyncGoTrueClient, confirming: httpx.AsyncClient, mailbox: Mailbox, meera: AsyncGoTrueClient
) -> None:
    await meera.sign_out()
    await client.reset_password_for_email(EMAIL, {"redirect_to": BACK})
    await client.verify_otp({"token_hash": mailbox.token_hash(), "type": "recovery"})

    with pytest.raises(AuthApiError) as same:
        await client.update_user({"password": PASSWORD})
    await client.update_user({"password": "another one"})

    assert str(same.value.code) == "same_password"
    assert (await sign_in(confirming, password="another one")).status_code == 200
    await client.reset_password_for_email("stranger@example.com", {"redirect_to": BACK})


@pytest.mark.usefixtures("meera")
async def test_a_magic_link_and_its_code_sign_in(
    client: AsyncGoTrueClient, confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await client.sign_in_with_otp({"email": EMAIL, "options": {"email_redirect_to": BACK}})
    code = query_of(await confirming.get(mailbox.link()))["code"]
    by_link = await client.exchange_code_for_session({"auth_code": code})
    await client.sign_in_with_otp({"email": EMAIL})
    by_code = await client.verify_otp({"email": EMAIL, "token": mailbox.code(), "type": "email"})
    await client.sign_in_with_otp({"email": EMAIL})
    by_hash = await client.verify_otp({"token_hash": mailbox.token_hash(), "type": "email"})

    for answer in (by_link, by_code, by_hash):
        assert answer.user
        assert answer.user.email == EMAIL
    with pytest.raises(AuthApiError) as used:
        await client.verify_otp({"email": EMAIL, "token": mailbox.code(), "type": "email"})
    assert used.value.code == "otp_expired"


async def test_address_and_data_can_be_changed(meera: AsyncGoTrueClient, mailbox: Mailbox) -> None:
    changed = await meera.update_user({"email": NEW, "data": {"name": "Meera Iyer"}})
    assert (changed.user.new_email, changed.user.user_metadata["name"]) == (NEW, "Meera Iyer")
    await meera.resend({"type": "email_change", "email": EMAIL})

    first = await meera.verify_otp({"email": NEW, "token": mailbox.code(-2), "type": "email_change"})
    second = await meera.verify_otp({"email": EMAIL, "token": mailbox.code(-1), "type": "email_change"})

    assert first.session is None
    assert second.user
    assert second.user.email == NEW


async def test_a_reused_refresh_token_is_refused(meera: AsyncGoTrueClient, database: Database) -> None:
    first = await meera.get_session()
    assert first
    refreshes = await asyncio.gather(*(meera.refresh_session(first.refresh_token) for _ in range(3)))
    assert len({answer.session.refresh_token for answer in refreshes if answer.session}) == 1
    assert refreshes[0].session
    await meera.refresh_session(refreshes[0].session.refresh_token)
    database.advance(60)

    with pytest.raises(AuthApiError) as stolen:
        await meera.refresh_session(first.refresh_token)
    with pytest.raises(AuthApiError) as family:
        await meera.refresh_session()

    assert str(stolen.value.code) == str(family.value.code) == "refresh_token_already_used"


async def test_a_sign_out_can_be_local_global_or_of_others(
    confirming: httpx.AsyncClient, meera: AsyncGoTrueClient
) -> None:
    address = str(confirming.base_url).rstrip("/")

    async def alive(client: AsyncGoTrueClient) -> bool:
        session = await client.get_session()
        if session is None:
            return False
        headers = {"Authorization": f"Bearer {session.access_token}"}
        return (await confirming.get("/user", headers=headers)).status_code == 200

    async with official(address) as laptop, official(address) as phone:
        for client in (laptop, phone):
            await client.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        await phone.sign_out({"scope": "local"})
        assert [await alive(client) for client in (meera, laptop, phone)] == [True, True, False]
        await phone.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        await laptop.sign_out({"scope": "others"})
        assert [await alive(client) for client in (meera, laptop, phone)] == [False, True, False]
        await phone.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        await laptop.sign_out({"scope": "global"})
        assert [await alive(client) for client in (meera, laptop, phone)] == [False, False, False]


async def test_errors_have_their_codes(client: AsyncGoTrueClient, meera: AsyncGoTrueClient) -> None:
    codes = []
    for attempt in (
        client.sign_in_with_password({"email": EMAIL, "password": "not hers"}),
        client.sign_in_with_otp({"email": "stranger@example.com", "options": {"should_create_user": False}}),
        client.verify_otp({"email": EMAIL, "token": "000000", "type": "recovery"}),
        client.exchange_code_for_session({"auth_code": "none", "code_verifier": "x" * 50}),
        client.refresh_session("none"),
        client.get_user("nonsense"),
        meera.update_user({"email": "meera"}),
        client.sign_up({"email": "no address", "password": PASSWORD}),
    ):
        with pytest.raises(AuthApiError) as refused:
            await attempt
        codes.append(str(refused.value.code))

    assert codes == [
        "invalid_credentials",
        "otp_disabled",
        "otp_expired",
        "flow_state_not_found",
        "refresh_token_not_found",
        "bad_jwt",
        "validation_failed",
        "validation_failed",
    ]
    # Confirmed addresses are not distinguished from new ones at sign-up.
    again = await client.sign_up({"email": EMAIL, "password": PASSWORD})
    assert again.session is None
