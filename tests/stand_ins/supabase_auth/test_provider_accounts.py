"""The user of an account at Google or GitHub, and the fields that follow the provider."""

import httpx
import psycopg
import pytest

from tests.stand_ins.supabase_auth.browser import VERIFIER, provider_sign_in
from tests.stand_ins.supabase_auth.gotrue import (
    EMAIL,
    PASSWORD,
    Mailbox,
    exchange,
    fragment_of,
    joined,
    query_of,
    sign_in,
)
from tests.world import Database

pytestmark = pytest.mark.exhaustive


async def user_of(http: httpx.AsyncClient, answer: httpx.Response) -> dict[str, object]:
    """The user of the code that a sign-in ended in."""
    user: dict[str, object] = (await exchange(http, query_of(answer)["code"], VERIFIER)).json()["user"]
    return user


async def test_name_picture_and_address_are_copied_from_the_provider(
    http: httpx.AsyncClient, database: Database
) -> None:
    first = await user_of(http, await provider_sign_in(http, EMAIL, name="Meera Rao"))

    picture = "https://pictures.example/2.png"
    changed = await provider_sign_in(http, EMAIL, name="Meera Iyer", picture_url=picture, email="iyer@example.com")
    second = await user_of(http, changed)

    assert (second["id"], second["email"]) == (first["id"], "iyer@example.com")
    stored = database.one("select raw_user_meta_data from auth.users")
    assert (stored["full_name"], stored["avatar_url"]) == ("Meera Iyer", picture)
    assert database.rows("select email, provider from auth.identities") == [("iyer@example.com", "google")]
    # From now on the account is chosen by its new address, and the old one is another user's.
    third = await user_of(http, await provider_sign_in(http, "iyer@example.com"))
    stranger = await user_of(http, await provider_sign_in(http, EMAIL))
    assert third["id"] == first["id"] != stranger["id"]
    assert database.one("select raw_user_meta_data from auth.users where id = %s", first["id"])["name"] == "Meera Iyer"


async def test_an_address_of_another_user_is_not_taken_over(http: httpx.AsyncClient, database: Database) -> None:
    await joined(http, "ravi@example.com")
    first = await user_of(http, await provider_sign_in(http, EMAIL))

    second = await user_of(http, await provider_sign_in(http, EMAIL, email="ravi@example.com"))

    assert (second["id"], second["email"]) == (first["id"], EMAIL)
    assert database.one("select count(*) from auth.users") == 2


async def test_an_address_with_a_password_does_not_follow_the_provider(http: httpx.AsyncClient) -> None:
    await joined(http)
    await provider_sign_in(http, EMAIL)

    user = await user_of(http, await provider_sign_in(http, EMAIL, email="iyer@example.com"))

    assert user["email"] == EMAIL
    assert (await sign_in(http)).status_code == 200


async def test_an_unverified_address_does_not_replace_a_verified_one(http: httpx.AsyncClient) -> None:
    await provider_sign_in(http, EMAIL)

    user = await user_of(http, await provider_sign_in(http, EMAIL, email="iyer@example.com", unverified="1"))

    assert user["email"] == EMAIL


async def test_the_same_confirmed_address_is_one_user_with_every_provider(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await confirming.post("/signup", json={"email": EMAIL, "password": PASSWORD, "data": {"plan": "a"}})
    confirmed = fragment_of(await confirming.get(mailbox.verify_path("signup")))

    google = await user_of(confirming, await provider_sign_in(confirming, EMAIL))
    github = await user_of(confirming, await provider_sign_in(confirming, EMAIL, "github"))

    assert confirmed["access_token"]
    assert google["id"] == github["id"]
    assert github["app_metadata"] == {"provider": "email", "providers": ["email", "google", "github"]}
    assert isinstance(github["user_metadata"], dict)
    assert (github["user_metadata"]["plan"], github["user_metadata"]["user_name"]) == ("a", "meera")
    assert (await sign_in(confirming)).status_code == 200


async def test_an_unconfirmed_password_is_dropped_for_the_owner_of_the_address(
    confirming: httpx.AsyncClient, database: Database
) -> None:
    await confirming.post("/signup", json={"email": EMAIL, "password": PASSWORD, "data": {"planted": True}})

    user = await user_of(confirming, await provider_sign_in(confirming, EMAIL))

    assert user["app_metadata"] == {"provider": "google", "providers": ["google"]}
    assert isinstance(user["user_metadata"], dict)
    assert "planted" not in user["user_metadata"]
    assert user["email_confirmed_at"]
    assert (await sign_in(confirming)).json()["error_code"] == "invalid_credentials"
    assert database.rows("select provider from auth.identities") == ["google"]


async def test_an_unverified_address_has_to_be_confirmed_by_mail(
    confirming: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    answer = await provider_sign_in(confirming, EMAIL, "github", unverified="1")

    assert query_of(answer)["error"] == "access_denied"
    assert query_of(answer)["error_code"] == "provider_email_needs_verification"
    assert mailbox.subjects() == [f"{EMAIL}: Confirm your address"]
    assert fragment_of(await confirming.get(mailbox.verify_path("signup")))["access_token"]
    assert query_of(await provider_sign_in(confirming, EMAIL, "github", unverified="1"))["code"]


async def test_an_unverified_address_does_not_open_its_owners_account(
    confirming: httpx.AsyncClient, mailbox: Mailbox, database: Database
) -> None:
    await confirming.post("/signup", json={"email": EMAIL, "password": PASSWORD})
    await confirming.get(mailbox.verify_path("signup"))

    answer = await provider_sign_in(confirming, EMAIL, "github", unverified="1")

    assert query_of(answer)["error_code"] == "provider_email_needs_verification"
    assert len(mailbox.texts()) == 1
    assert database.rows("select email from auth.users order by created_at") == [EMAIL, None]


async def test_a_failing_trigger_refuses_the_sign_in(http: httpx.AsyncClient, database: Database) -> None:
    with psycopg.connect(database.url("postgres"), autocommit=True) as superuser:
        superuser.execute("""
            create function public.refuse() returns trigger language plpgsql as
            $$ begin raise exception 'not today'; end $$;
            create trigger refuse after insert on auth.users for each row execute function public.refuse();
        """)

    answer = await provider_sign_in(http, EMAIL)

    assert query_of(answer)["error"] == "server_error"
    assert query_of(answer)["error_description"] == "Database error saving new user"


async def test_a_sign_in_creates_our_user(http: httpx.AsyncClient, database: Database) -> None:
    await provider_sign_in(http, EMAIL, name="Meera Rao", picture_url="https://pictures.example/1.png")

    columns = "select email, name, picture_url, provider_type from oneai.users"
    assert database.rows(columns) == [(EMAIL, "Meera Rao", "https://pictures.example/1.png", "google")]
