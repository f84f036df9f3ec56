"""Access tokens: which ones name a user."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
import traceback
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from oneai.clients import supabase_auth
from oneai.errors import Forbidden, Unauthenticated
from tests.clients.supabase_auth.conftest import Configure
from tests.clients.supabase_auth.project import ASHA, Project, SigningKey, a_project

pytestmark = pytest.mark.sampled(0.34)

SECRET = "a-legacy-secret-of-the-project-that-is-long-enough"


async def test_a_token_of_the_project_identifies_its_user(project: Project, key: SigningKey) -> None:
    user = await supabase_auth.verify(project.token(key))

    assert (user.user_id, user.email, user.is_anonymous) == (UUID(ASHA), "asha@example.com", False)
    assert user.session_id == "5e551011-0000-4000-8000-000000000001"


async def test_postgres_gets_the_user_and_the_role_and_nothing_else(project: Project, key: SigningKey) -> None:
    user = await supabase_auth.verify(project.token(key, user_metadata={"name": "आशा 🌱" * 500}, sub=ASHA.upper()))

    assert user.claims == f'{{"sub":"{ASHA}","role":"authenticated"}}'


@pytest.mark.parametrize(
    "claim",
    [
        '"\\u0000"',
        '"a\\u0000b"',
        '"\\ud83c"',
        '"\\udf31\\ud83c"',
        "NaN",
        "Infinity",
        "-1e999",
        '{"deep": [[{"\\u0000": 1}]]}',
        '{"deep": [1, {"x": [-Infinity]}]}',
        "[" * 5000 + "]" * 5000,
    ],
    ids=lambda claim: claim[:40],
)
@pytest.mark.parametrize("name", ["user_metadata", "email", "exp", "iat", "\\ud83c"])
async def test_a_token_that_supabase_cannot_have_issued_is_refused(
    project: Project, key: SigningKey, name: str, claim: str
) -> None:
    others = json.dumps(project.claims(**({name: None} if name.isidentifier() else {})))
    payload = f'{others[:-1]}, "{name}": {claim}}}'.encode()
    token = jwt.PyJWS().encode(payload, key.private, key.algorithm, headers={"kid": key.kid})

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(token)


async def test_text_that_looks_like_an_escape_is_accepted_in_a_name(project: Project, key: SigningKey) -> None:
    hostile = {"name": "\\u0000 \\ud83c NaN", "nothing": None, "score": 1.5}

    assert (await supabase_auth.verify(project.token(key, user_metadata=hostile))).user_id == UUID(ASHA)


async def test_a_project_may_sign_with_rsa(configure: Configure) -> None:
    key = SigningKey.rsa("an-rsa-key")
    async with a_project(key) as project:
        configure(SUPABASE_URL=project.url)

        assert (await supabase_auth.verify(project.token(key))).user_id == UUID(ASHA)


async def test_a_trailing_slash_of_the_projects_address_changes_nothing(
    project: Project, key: SigningKey, configure: Configure
) -> None:
    configure(SUPABASE_URL=project.url + "/")

    assert (await supabase_auth.verify(project.token(key))).user_id == UUID(ASHA)


async def test_a_user_without_an_address_has_none(project: Project, key: SigningKey) -> None:
    assert (await supabase_auth.verify(project.token(key, email=""))).email is None


async def test_an_audience_may_be_a_list(project: Project, key: SigningKey) -> None:
    user = await supabase_auth.verify(project.token(key, aud=["https://elsewhere.example", "authenticated"]))

    assert user.user_id == UUID(ASHA)


async def test_a_token_is_accepted_for_ten_seconds_after_its_expiry(project: Project, key: SigningKey) -> None:
    now = int(time.time())

    assert (await supabase_auth.verify(project.token(key, exp=now - 1))).user_id == UUID(ASHA)
    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(project.token(key, exp=now - 11))


async def test_a_clock_behind_supabases_locks_no_user_out(project: Project, key: SigningKey) -> None:
    assert await supabase_auth.verify(project.token(key, iat=int(time.time()) + 120))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://another-project.supabase.co/auth/v1"},
        {"iss": None},
        {"aud": "another-audience"},
        {"aud": ["another-audience"]},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 32503680000},
        {"sub": None},
        {"sub": "asha"},
        {"sub": ""},
        {"role": None},
        {"role": "anon"},
        {"role": "service_role"},
        {"role": ["authenticated"]},
    ],
    ids=str,
)
async def test_a_token_of_another_project_or_without_a_user_is_refused(
    project: Project, key: SigningKey, wrong: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(project.token(key, **wrong))


async def test_a_subject_that_is_not_a_string_is_refused(project: Project, key: SigningKey) -> None:
    payload = json.dumps(project.claims(sub=17)).encode()
    token = jwt.PyJWS().encode(payload, key.private, key.algorithm, headers={"kid": key.kid})

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(token)


@pytest.mark.parametrize(
    "not_a_token",
    ["", "x", "a.b.c", "..", "é.é.é", "\ud800.a.b", "sb_publishable_abc", "e30.e30.e30", "bnVsbA.e30.e30", "." * 5000],
)
async def test_text_that_is_not_a_token_is_refused(project: Project, not_a_token: str) -> None:
    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(not_a_token)


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 50_000,
        b'{"alg": "ES256", "kid": 7}',
        b'{"alg": "ES256", "kid": ["first-key"]}',
        b'{"alg": "ES256"}',
        b'{"alg": ["ES256"], "kid": "first-key"}',
        b'{"alg": {}, "kid": "first-key"}',
        b'{"kid": "first-key"}',
        b'{"alg": "ES384", "kid": "first-key"}',
        b'{"alg": "RS256", "kid": "first-key"}',
        b'{"alg": "ES256", "kid": "first-key", "crit": ["x"], "x": 1}',
    ],
    ids=lambda header: header[:40].decode(),
)
async def test_a_malicious_header_is_refused(project: Project, key: SigningKey, header: bytes) -> None:
    _, payload, signature = project.token(key).split(".")

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(f"{_base64(header)}.{payload}.{signature}")


async def test_a_payload_changed_after_signing_is_refused(project: Project, key: SigningKey) -> None:
    header, _, signature = project.token(key).split(".")
    payload = json.dumps(project.claims(sub="0a5ea5a0-0000-4000-8000-000000000002")).encode()

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(f"{header}.{_base64(payload)}.{signature}")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_an_unsigned_token_is_refused(project: Project, key: SigningKey, alg: str, configure: Configure) -> None:
    configure(SUPABASE_JWT_SECRET=SECRET)
    header = json.dumps({"alg": alg, "kid": key.kid, "typ": "JWT"}).encode()

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(f"{_base64(header)}.{_base64(json.dumps(project.claims()).encode())}.")


@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize("named", [True, False])
async def test_the_public_key_is_not_accepted_as_a_shared_secret(
    project: Project, key: SigningKey, configure: Configure, secret: str | None, named: bool
) -> None:
    if secret:
        configure(SUPABASE_JWT_SECRET=secret)
    await supabase_auth.ready()
    public = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(_signed_by_hand(project, public, key.kid if named else None))


async def test_a_shared_secret_counts_only_if_one_is_configured(
    project: Project, key: SigningKey, configure: Configure
) -> None:
    token = jwt.encode(project.claims(), SECRET, "HS256")
    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(token)

    configure(SUPABASE_JWT_SECRET=SECRET)

    assert (await supabase_auth.verify(token)).user_id == UUID(ASHA)
    assert (await supabase_auth.verify(project.token(key))).user_id == UUID(ASHA)  # both are alive during a rotation
    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(jwt.encode(project.claims(), SECRET + "!", "HS256"))
    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(
            jwt.encode(project.claims(iss="https://another.supabase.co/auth/v1"), SECRET, "HS256")
        )


async def test_the_shared_secret_never_stands_in_for_a_public_key(
    project: Project, key: SigningKey, configure: Configure
) -> None:
    configure(SUPABASE_JWT_SECRET=SECRET)
    await supabase_auth.ready()

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(jwt.encode(project.claims(), SECRET, "HS256", headers={"kid": key.kid}))


@pytest.mark.parametrize("role", ["anon", "service_role"])
async def test_the_projects_legacy_api_keys_are_no_users(project: Project, configure: Configure, role: str) -> None:
    configure(SUPABASE_JWT_SECRET=SECRET)
    claims = {"iss": "supabase", "ref": "REF", "role": role, "iat": 1, "exp": 4102444800}

    with pytest.raises(Unauthenticated):
        await supabase_auth.verify(jwt.encode(claims, SECRET, "HS256"))


async def test_anonymous_users_need_permission(project: Project, key: SigningKey, configure: Configure) -> None:
    token = project.token(key, is_anonymous=True, email="")
    with pytest.raises(Forbidden):
        await supabase_auth.verify(token)

    configure(ALLOW_ANONYMOUS="true")

    assert (await supabase_auth.verify(token)).is_anonymous


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {} ", " Bearer {}"])
async def test_the_authorization_header_carries_the_token(project: Project, key: SigningKey, form: str) -> None:
    assert (await supabase_auth.principal(form.format(project.token(key)))).user_id == UUID(ASHA)


@pytest.mark.parametrize(
    "form", [None, "", "Bearer", "Bearer ", "{}", "Basic {}", "Token {}", "Bearer {} {}", "Bearer{}"]
)
async def test_a_request_without_a_bearer_token_is_unauthenticated(
    project: Project, key: SigningKey, form: str | None
) -> None:
    token = project.token(key)

    with pytest.raises(Unauthenticated):
        await supabase_auth.principal(form.format(token, token) if form else form)


@pytest.mark.parametrize(
    "wrong", [{"exp": 1}, {"iss": "https://other.example"}, {"sub": "asha"}, {"role": "anon"}], ids=str
)
async def test_a_refusal_never_contains_the_token(project: Project, key: SigningKey, wrong: dict[str, object]) -> None:
    token = project.token(key, **wrong)

    with pytest.raises(Unauthenticated) as refused:
        await supabase_auth.verify(token)

    text = "".join(traceback.format_exception(refused.value)) + repr(refused.value.extra)
    assert not [part for part in token.split(".") if part in text]


def test_a_cold_start_does_not_import_cryptography() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, oneai.clients.supabase_auth; print(*sys.modules)"],
        env={"PYTHONPATH": "layers/common"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "oneai.clients.supabase_auth" in loaded
    assert not {"jwt", "cryptography", "httpx"} & set(loaded)


def _signed_by_hand(project: Project, secret: bytes, kid: str | None) -> str:
    header = {"alg": "HS256", "typ": "JWT"} | ({"kid": kid} if kid else {})
    signed = f"{_base64(json.dumps(header).encode())}.{_base64(json.dumps(project.claims()).encode())}"
    return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _base64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
