"""The stand-in for Supabase Auth, as used by the official client and our verifier."""

import asyncio
import json
import re
import stat
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from local.data_folder import REPOSITORY
from oneai.clients import supabase_auth
from stand_ins.supabase_auth import Signer, create
from tests.served import served
from tests.stand_ins.supabase_auth.gotrue import EMAIL, PASSWORD, bearer, joined, sign_in
from tests.world import Database

pytestmark = pytest.mark.exhaustive

type Verify = Callable[[str], Awaitable[supabase_auth.UserPrincipal]]


def shortest_password() -> int:
    """The characters that a password needs, by the project's configuration."""
    configuration = tomllib.loads((REPOSITORY / "supabase" / "config.toml").read_text())
    length: int = configuration["auth"]["minimum_password_length"]
    return length


async def test_the_official_client_signs_up_signs_in_refreshes_and_signs_out(
    supabase: AsyncGoTrueClient, verify_token: Verify
) -> None:
    joined = await supabase.sign_up(
        {"email": "Meera@Example.com", "password": PASSWORD, "options": {"data": {"name": "Meera"}}}
    )
    assert joined.user
    assert joined.session
    assert joined.user.email == EMAIL
    assert joined.user.user_metadata["name"] == "Meera"

    session = (await supabase.sign_in_with_password({"email": EMAIL, "password": PASSWORD})).session
    assert session
    user = await verify_token(session.access_token)
    assert (str(user.user_id), user.email) == (joined.user.id, EMAIL)
    current = await supabase.get_user()
    assert current
    assert current.user.id == joined.user.id

    fresh = (await supabase.refresh_session()).session
    assert fresh
    assert fresh.refresh_token != session.refresh_token
    assert (await verify_token(fresh.access_token)).session_id == user.session_id

    await supabase.sign_out()
    with pytest.raises(AuthApiError) as gone:
        await supabase.get_user(fresh.access_token)
    assert gone.value.code == "session_not_found"
    with pytest.raises(AuthApiError) as used:
        await supabase.refresh_session(fresh.refresh_token)
    assert str(used.value.code) == "refresh_token_not_found"


async def test_the_official_client_verifies_tokens_with_the_key_set(supabase: AsyncGoTrueClient) -> None:
    session = (await supabase.sign_up({"email": EMAIL, "password": PASSWORD})).session
    assert session

    answer = await supabase.get_claims(session.access_token)

    assert answer
    assert answer["claims"]["sub"] == session.user.id


async def test_the_official_client_reports_the_refusals(supabase: AsyncGoTrueClient) -> None:
    with pytest.raises(AuthWeakPasswordError) as weak:
        await supabase.sign_up({"email": EMAIL, "password": "short"})
    assert weak.value.reasons == ["length"]
    await supabase.sign_up({"email": EMAIL, "password": PASSWORD})
    with pytest.raises(AuthApiError) as taken:
        await supabase.sign_up({"email": EMAIL, "password": PASSWORD})
    assert (taken.value.code, taken.value.status) == ("user_already_exists", 422)
    with pytest.raises(AuthApiError) as wrong:
        await supabase.sign_in_with_password({"email": EMAIL, "password": "not-hers"})
    assert (wrong.value.code, wrong.value.status) == ("invalid_credentials", 400)


async def test_a_sign_up_creates_our_user(http: httpx.AsyncClient, database: Database) -> None:
    user = await joined(http)

    assert database.rows("select id::text, email from oneai.users") == [(user["user"]["id"], EMAIL)]


async def test_a_sign_up_survives_a_failing_trigger_only_as_on_supabase(
    http: httpx.AsyncClient, database: Database
) -> None:
    with psycopg.connect(database.url("postgres"), autocommit=True) as superuser:
        superuser.execute("""
            create function public.refuse() returns trigger language plpgsql as
            $$ begin raise exception 'not today'; end $$;
            create trigger refuse after insert on auth.users for each row execute function public.refuse();
        """)

    refused = await http.post("/signup", json={"email": EMAIL, "password": PASSWORD})

    assert (refused.status_code, refused.json()["error_code"]) == (500, "unexpected_failure")
    assert refused.json()["msg"] == "Database error saving new user"
    assert database.rows("select id from auth.users") == []


async def test_concurrent_sign_ups_with_one_address_create_one_user(
    http: httpx.AsyncClient, database: Database
) -> None:
    answers = await asyncio.gather(
        *(http.post("/signup", json={"email": EMAIL, "password": PASSWORD}) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422]
    assert database.rows("select count(*) from auth.users") == [1]


async def test_a_session_has_the_form_of_supabases(
    http: httpx.AsyncClient, shapes: dict[str, Any], address: str, verify_token: Verify
) -> None:
    session = await joined(http)

    assert shapes["token_response"].keys() <= session.keys()
    assert shapes["token_response"]["user"].keys() <= session["user"].keys()
    assert await verify_token(session["access_token"])
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert claims.keys() == shapes["access_token_claims"].keys()
    assert claims["iss"] == address
    assert session["expires_at"] - claims["iat"] == session["expires_in"] == 3600
    jwks = (await http.get("/.well-known/jwks.json")).json()
    assert jwks["keys"][0].keys() == shapes["jwks"]["keys"][0].keys()


async def test_refusals_have_both_forms_of_supabase(http: httpx.AsyncClient, shapes: dict[str, Any]) -> None:
    unknown = {"email": "unknown@example.com", "password": PASSWORD}
    for shape in ("error_legacy", "error_api_version_2024_01_01"):
        wanted = shapes[shape]
        refused = await http.post(
            "/token", params={"grant_type": "password"}, json=unknown, headers=wanted.get("request_header")
        )
        assert refused.json() == wanted["body"]
        assert refused.status_code == wanted["status"]
        assert {name: refused.headers[name] for name in wanted["headers"]} == wanted["headers"]
    weak = await http.post("/signup", json={"email": EMAIL, "password": "7654321"})
    # The sentence names the shortest password of the project that answered.
    wanted_weak = shapes["weak_password"]["body"] | {
        "msg": re.sub(r"\d+", str(shortest_password()), shapes["weak_password"]["body"]["msg"])
    }
    assert (weak.status_code, weak.json()) == (shapes["weak_password"]["status"], wanted_weak)
    empty = await http.post("/token", params={"grant_type": "refresh_token"}, json={})
    assert (empty.status_code, empty.json()) == (shapes["oauth_style"]["status"], shapes["oauth_style"]["body"])


async def test_the_minimum_password_length_is_that_of_the_projects_configuration(http: httpx.AsyncClient) -> None:
    shortest = shortest_password()

    answers = [
        await http.post("/signup", json={"email": EMAIL, "password": "x" * length})
        for length in (shortest - 1, shortest)
    ]

    assert [answer.status_code for answer in answers] == [422, 200]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/signup", {"email": EMAIL, "password": ""}, 400, "validation_failed"),
        ("/signup", {"email": "meera", "password": PASSWORD}, 400, "validation_failed"),
        ("/signup", {"email": "me\x00era@example.com", "password": PASSWORD}, 400, "validation_failed"),
        ("/signup", {"email": "\ud83c@example.com", "password": 1}, 400, "bad_json"),
        ("/signup", {"email": EMAIL, "password": "x" * 73}, 400, "validation_failed"),
        ("/signup", {"email": EMAIL, "password": PASSWORD, "data": [1]}, 400, "bad_json"),
        ("/signup", {"phone": "+91", "password": PASSWORD}, 400, "phone_provider_disabled"),
        ("/signup", {}, 422, "anonymous_provider_disabled"),
        ("/signup", [], 400, "bad_json"),
        ("/token?grant_type=password", {"password": PASSWORD}, 400, "validation_failed"),
        ("/token?grant_type=password", {"email": EMAIL}, 400, "invalid_credentials"),
        ("/token?grant_type=magic", {}, 400, "invalid_credentials"),
        ("/token", {}, 400, "invalid_credentials"),
        ("/token?grant_type=refresh_token", {"refresh_token": "unknown"}, 400, "refresh_token_not_found"),
        ("/token?grant_type=refresh_token", {"refresh_token": "\x00"}, 400, "invalid_request"),
    ],
)
async def test_an_invalid_request_is_refused_by_name(
    http: httpx.AsyncClient, path: str, body: object, status: int, code: str
) -> None:
    refused = await http.post(path, content=json.dumps(body))

    assert (refused.status_code, refused.headers["x-sb-error-code"]) == (status, code)


async def test_a_body_that_is_not_json_is_refused(http: httpx.AsyncClient) -> None:
    refused = await http.post("/signup", content=b"{")

    assert (refused.status_code, refused.json()["error_code"]) == (400, "bad_json")


async def test_a_user_can_read_only_their_own_data(http: httpx.AsyncClient, tmp_path: Path, address: str) -> None:
    session = await joined(http)
    signer = Signer.load(tmp_path, address.removesuffix("/auth/v1"))
    token, user_id = session["access_token"], session["user"]["id"]

    assert (await http.get("/user", headers=bearer(token))).json()["id"] == user_id
    for header, status, code in [
        ({}, 401, "no_authorization"),
        ({"Authorization": f"Basic {token}"}, 401, "no_authorization"),
        (bearer("nonsense"), 403, "bad_jwt"),
        (bearer(signer.token(user_id, EMAIL, exp=1)), 403, "bad_jwt"),
        (bearer(signer.token(user_id, EMAIL, sub=None)), 403, "bad_jwt"),
        (bearer(signer.token("meera", EMAIL)), 403, "bad_jwt"),
        (bearer(signer.token(uuid4(), EMAIL)), 403, "user_not_found"),
        (bearer(signer.token(user_id, EMAIL)), 403, "session_not_found"),
    ]:
        refused = await http.get("/user", headers=header)
        assert (refused.status_code, refused.headers["x-sb-error-code"]) == (status, code)


async def test_an_unconfirmed_address_gets_a_user_but_no_tokens(
    confirming: httpx.AsyncClient, database: Database
) -> None:
    joined = await confirming.post("/signup", json={"email": EMAIL, "password": PASSWORD})
    again = await confirming.post("/signup", json={"email": EMAIL, "password": PASSWORD})
    refused = await sign_in(confirming)

    assert joined.json()["email"] == EMAIL
    assert again.json()["id"] == joined.json()["id"]
    assert not {"access_token", "refresh_token", "email_confirmed_at", "confirmed_at"} & joined.json().keys()
    assert database.rows("select email_confirmed_at from auth.users") == [None]
    assert (refused.status_code, refused.json()["error_code"]) == (400, "email_not_confirmed")

    with psycopg.connect(database.url("supabase_auth_admin")) as conn:
        conn.execute("update auth.users set email_confirmed_at = now()")

    assert (await sign_in(confirming)).json()["access_token"]
    pretended = await confirming.post("/signup", json={"email": EMAIL, "password": "something else"})
    assert pretended.status_code == 200
    assert pretended.json()["identities"] == []
    assert pretended.json()["id"] != joined.json()["id"]
    assert (await confirming.get("/settings")).json()["mailer_autoconfirm"] is False


async def test_tokens_survive_a_restart_of_the_stand_in(
    http: httpx.AsyncClient, database: Database, tmp_path: Path, address: str
) -> None:
    session = await joined(http)

    again = create(database.url("supabase_auth_admin"), tmp_path, address.removesuffix("/auth/v1"))

    transport = httpx.ASGITransport(again)
    async with httpx.AsyncClient(transport=transport, base_url="http://again") as restarted:
        assert (await restarted.get("/user", headers=bearer(session["access_token"]))).status_code == 200
        assert (await restarted.get("/.well-known/jwks.json")).json() == Signer.load(tmp_path).jwks()


def test_the_signing_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Signer.load(tmp_path / "new")

    (key,) = (tmp_path / "new").iterdir()
    assert key.name == "jwt-signing-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


async def test_two_concurrent_starts_share_one_key(tmp_path: Path) -> None:
    signers = await asyncio.gather(*(asyncio.to_thread(Signer.load, tmp_path) for _ in range(8)))

    assert len({signer.kid for signer in signers}) == 1


async def test_a_minted_token_is_verified_like_one_from_a_sign_in(
    tmp_path: Path, address: str, verify_token: Verify
) -> None:
    signer = Signer.load(tmp_path, address.removesuffix("/auth/v1"))
    ravi = uuid4()

    user = await verify_token(signer.token(ravi, "ravi@example.com"))

    assert (user.user_id, user.email) == (ravi, "ravi@example.com")


async def test_a_page_of_another_origin_may_sign_in(http: httpx.AsyncClient) -> None:
    headers = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    headers["Access-Control-Request-Headers"] = "apikey,authorization,content-type,x-supabase-api-version"

    answer = await http.options("/token?grant_type=password", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "apikey" in answer.headers["access-control-allow-headers"]


async def test_health_and_settings_are_served(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json()["name"] == "GoTrue"
    offered = (await http.get("/settings")).json()
    assert {name for name, enabled in offered["external"].items() if enabled} == {"email", "google", "github"}
    assert offered["mailer_autoconfirm"] is True
    assert (await http.get("/.well-known/jwks.json")).headers["cache-control"] == "public, max-age=600"


async def test_a_missing_database_is_reported_as_a_gotrue_error(tmp_path: Path) -> None:
    nowhere = f"postgresql://supabase_auth_admin@/oneai?host={tmp_path}"

    async with served(lambda base: create(nowhere, tmp_path, base)) as base, httpx.AsyncClient() as client:
        failed = await client.post(f"{base}/signup", json={"email": EMAIL, "password": PASSWORD})

    assert (failed.status_code, failed.json()["error_code"]) == (500, "unexpected_failure")
