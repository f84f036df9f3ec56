"""Signing in through the API: the redirect to the site, refreshing, and what a token is worth."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, LiteralString
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization

from oneai import settings
from tests.accounts.sign_in import bearer, sign_up
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def signed_by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token with any header; signed with HS256 where there is a secret, else not at all."""

    def encoded(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).rstrip(b"=").decode()

    text = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest() if secret else b""
    return f"{text}.{encoded(signature)}"


def claims_of(world: World, **overrides: Any) -> dict[str, Any]:
    """The claims of a valid token of asha's."""
    return {**world.signer.claims(world.signer.token(world.people["asha"], "asha@example.com")), **overrides}


def without_signature(world: World) -> str:
    """A token with `alg` none."""
    return signed_by_hand({"alg": "none", "typ": "JWT"}, claims_of(world), None)


def signed_with_the_public_key(world: World) -> str:
    """A token with HS256, whose secret is what everybody can read."""
    public = world.signer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return signed_by_hand({"alg": "HS256", "typ": "JWT", "kid": world.signer.kid}, claims_of(world), public)


def token(world: World, **claims: Any) -> str:
    """A token of asha's with other claims."""
    return world.signer.token(world.people["asha"], "asha@example.com", **claims)


async def verification(world: World, token: str) -> dict[str, Any]:
    """The API's verification of this token."""
    answer = await world.post("/auth/verify", {"token": token}, None)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_the_callback_passes_the_code_to_the_site_without_exchanging_it(shared: World) -> None:
    answer = await shared.get("/auth/callback", None, code="a b&c=d", provider="google", state="x")

    assert answer.status_code == 302
    assert answer.headers["location"] == "https://oneai.example/auth/callback?code=a+b%26c%3Dd"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_callback_passes_errors_on(shared: World) -> None:
    error = {"error": "access_denied", "error_code": "otp_expired", "error_description": "Link is invalid\r\nX: y"}

    answer = await shared.get("/auth/callback", None, **error)

    assert parse_qs(urlsplit(answer.headers["location"]).query) == {name: [value] for name, value in error.items()}
    assert "x" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "redirect_to=https://evil.example",
        "next=//evil.example&code=1",
        "code=https://evil.example",
        "code=%0d%0aLocation:%20https://evil.example",
        "error=%3Cscript%3E&site_url=https://evil.example",
        "code=@evil.example/&code=//evil.example",
        "",
    ],
)
async def test_the_callback_redirects_to_the_site_alone(query: str, shared: World) -> None:
    answer = await shared.http.get(f"/auth/callback?{query}", headers={"host": "evil.example"})

    location = urlsplit(answer.headers["location"])
    assert (location.scheme, location.netloc, location.path) == ("https", "oneai.example", "/auth/callback")
    assert parse_qs(location.query).keys() <= {"code", "error"}
    assert "\n" not in answer.headers["location"]


@pytest.mark.parametrize(
    "body",
    [
        {"code": "x", "code_verifier": "short"},
        {"code": "x", "code_verifier": "v" * 129},
        {"code": "x", "code_verifier": "ü" * 43},
        {"code": "", "code_verifier": VERIFIER},
        {"code_verifier": VERIFIER},
        {"code": "x", "code_verifier": VERIFIER, "redirect_to": "https://evil.example"},
    ],
    ids=str,
)
async def test_a_malformed_code_or_verifier_is_refused_by_its_field(body: Any, shared: World) -> None:
    answer = await shared.post("/auth/callback", body, None)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert answer.json()["error"]["details"]


async def test_a_session_is_refreshed_with_its_token_once(shared: World) -> None:
    tokens = await sign_up(shared, f"{uuid4()}@example.com")

    answer = await shared.post("/auth/session", {"refresh_token": tokens["refresh_token"]}, None)

    fresh = answer.json()
    assert (answer.status_code, fresh["token_type"], fresh["user"]["id"]) == (200, "bearer", tokens["user"]["id"])
    assert fresh["refresh_token"] != tokens["refresh_token"]
    session = (await shared.http.get("/auth/session", headers=bearer(fresh))).json()
    assert session["user"]["id"] == tokens["user"]["id"]
    assert session["expires_at"].endswith("Z")


async def test_an_unknown_refresh_token_gets_the_answer_of_an_ended_session(shared: World) -> None:
    tokens = await sign_up(shared, f"{uuid4()}@example.com")
    shared.database.rows("delete from auth.sessions where user_id = %s", tokens["user"]["id"])

    answers = [
        await shared.post("/auth/session", {"refresh_token": each}, None)
        for each in ("none-such", tokens["refresh_token"])
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["error"] == answers[1].json()["error"]
    assert answers[0].json()["error"]["reason"] == "session_ended"


async def test_a_session_ended_here_cannot_be_refreshed(shared: World) -> None:
    tokens = await sign_up(shared, f"{uuid4()}@example.com")
    (session,) = (await shared.http.get("/auth/sessions", headers=bearer(tokens))).json()["items"]
    assert (await shared.http.delete(f"/auth/sessions/{session['id']}", headers=bearer(tokens))).status_code == 204

    answer = await shared.post("/auth/session", {"refresh_token": tokens["refresh_token"]}, None)

    assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "session_ended")


async def test_a_valid_token_is_verified_with_its_permissions(shared: World) -> None:
    expires = int(time.time()) + 600

    result = await verification(shared, token(shared, exp=expires))

    assert (result["valid"], result["kind"], result["reason"]) == (True, "access_token", None)
    assert result["user_id"] == str(shared.people["asha"])
    assert {"chat", "usage:read"} <= set(result["permissions"])
    assert "admin:write" not in result["permissions"]


async def test_an_admins_token_has_more_permissions(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("insert into oneai.admins (user_id, role) values (%s, 'admin')", shared.people[who])

    result = await verification(shared, shared.signer.token(shared.people[who], None))

    assert "admin:write" in result["permissions"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (without_signature, "token_invalid"),
        (signed_with_the_public_key, "token_invalid"),
        (lambda world: token(world, iss="https://elsewhere.example/auth/v1"), "token_invalid"),
        (lambda world: token(world, exp=int(time.time()) - 11), "token_expired"),
        (lambda world: token(world, role="service_role"), "token_invalid"),
        (lambda world: token(world, role="anon"), "token_invalid"),
        (lambda world: token(world, aud="other"), "token_invalid"),
        (lambda world: token(world, is_anonymous=True), "anonymous_user"),
        (lambda world: world.signer.token(uuid4(), None), "user_not_found"),
        (lambda _: "garbage", "token_invalid"),
        (lambda _: "oneai_sk_" + "0" * 46, "invalid_api_key"),
    ],
    ids=[
        *("alg-none", "public-key-as-secret", "another-issuer", "expired", "service-role", "anon"),
        *("audience", "anonymous", "unknown", "garbage", "key"),
    ],
)
async def test_a_token_that_would_be_refused_is_reported_as_invalid(
    make: Callable[[World], str], reason: str, shared: World
) -> None:
    result = await verification(shared, make(shared))

    assert (result["valid"], result["reason"], result["permissions"]) == (False, reason, [])
    assert (result["user_id"], result["expires_at"]) == (None, None)


SUSPENDED: LiteralString = "update oneai.users set suspended_at = oneai.now() where id = %s"
DELETING: LiteralString = "update oneai.users set deletes_at = oneai.now() + interval '1 day' where id = %s"


@pytest.mark.parametrize(("query", "reason"), [(SUSPENDED, "account_suspended"), (DELETING, "account_deleting")])
async def test_a_token_of_a_closed_account_is_reported_as_invalid(
    query: LiteralString, reason: str, shared: World
) -> None:
    who = shared.newcomer()
    shared.database.rows(query, shared.people[who])

    result = await verification(shared, shared.signer.token(shared.people[who], None))

    assert (result["valid"], result["reason"]) == (False, reason)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/verify", {"token": "garbage"}),
        ("/auth/session", {"refresh_token": "none-such"}),
        ("/auth/callback", {"code": "none-such", "code_verifier": VERIFIER}),
    ],
)
async def test_guessing_is_limited_by_address(
    path: str, body: Any, own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMITS", "sign_in=2/2")
    settings.reset_cache()

    answers = [await own_world.post(path, body, None) for _ in range(3)]

    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert answers[2].json()["error"]["limit_name"] == "sign_in"
    assert answers[2].headers["retry-after"]
