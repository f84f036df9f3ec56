"""Second factors at the stand-in for Supabase Auth: adding, verifying and removing one, and what they limit."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError

from stand_ins.supabase_auth import totp
from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY
from tests.stand_ins.supabase_auth.gotrue import (
    EMAIL,
    PASSWORD,
    Mailbox,
    bearer,
    joined,
    official,
    refreshed,
    sign_in,
)
from tests.world import Database

pytestmark = pytest.mark.sampled(0.3)

ADMIN = {"apikey": LOCAL_SECRET_KEY}


@pytest.fixture
async def client(http: httpx.AsyncClient) -> AsyncIterator[AsyncGoTrueClient]:
    """The official client of a signed-in user."""
    async with official(str(http.base_url).rstrip("/")) as client:
        await client.sign_up({"email": EMAIL, "password": PASSWORD})
        yield client


class Authenticator:
    """An authenticator app of one user: a factor that was added, and its codes."""

    def __init__(self, http: httpx.AsyncClient, factor: dict[str, Any]) -> None:
        self.http, self.id, self.secret = http, factor["id"], factor["totp"]["secret"]

    def code(self, drift: float = 0) -> str:
        """The code that the app shows while its clock differs by `drift` seconds."""
        return totp.code_at(self.secret, time.time() + drift)

    def wrong_code(self) -> str:
        """A code of none of the accepted steps."""
        right = {self.code(drift) for drift in (-60, -30, 0, 30, 60)}
        return next(code for code in ("000000", "000001", "000002", "000003", "000004", "000005") if code not in right)

    async def challenge(self, token: str) -> str:
        """The id of a new challenge."""
        answer = await self.http.post(f"/factors/{self.id}/challenge", headers=bearer(token))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def verify(self, token: str, code: str, challenge: str | None = None) -> httpx.Response:
        """Sends a code, for a new challenge unless one is given."""
        body = {"challenge_id": challenge or await self.challenge(token), "code": code}
        return await self.http.post(f"/factors/{self.id}/verify", json=body, headers=bearer(token))


async def added(http: httpx.AsyncClient, token: str, name: str = "Phone") -> Authenticator:
    """A factor that is not verified yet."""
    body = {"factor_type": "totp", "friendly_name": name, "issuer": "OneAI"}
    answer = await http.post("/factors", json=body, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return Authenticator(http, answer.json())


async def with_factor(http: httpx.AsyncClient) -> tuple[Authenticator, dict[str, Any]]:
    """A new user's verified factor, and the tokens of the session that verified it."""
    token = (await joined(http))["access_token"]
    app = await added(http, token)
    answer = await app.verify(token, app.code())
    assert answer.status_code == 200, answer.text
    return app, answer.json()


async def signed_in(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await sign_in(http)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error_code"]


async def test_the_official_client_adds_lists_verifies_and_removes_a_factor(client: AsyncGoTrueClient) -> None:
    factor = await client.mfa.enroll({"factor_type": "totp", "friendly_name": "Phone", "issuer": "OneAI"})
    assert factor.totp
    secret = factor.totp.secret
    assert factor.totp.uri.startswith("otpauth://totp/OneAI:")
    assert (await client.mfa.list_factors()).totp == []
    await client.mfa.challenge_and_verify({"factor_id": factor.id, "code": totp.code_at(secret, time.time())})

    level = await client.mfa.get_authenticator_assurance_level()
    listed = await client.mfa.list_factors()

    assert (level.current_level, level.next_level) == ("aal2", "aal2")
    assert [method.method for method in level.current_authentication_methods] == ["totp", "password"]
    assert [(each.friendly_name, each.status) for each in listed.totp] == [("Phone", "verified")]
    await client.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    lower = await client.mfa.get_authenticator_assurance_level()
    assert (lower.current_level, lower.next_level) == ("aal1", "aal2")
    with pytest.raises(AuthApiError) as refused:
        await client.mfa.unenroll({"factor_id": factor.id})
    assert refused.value.code == "insufficient_aal"


@pytest.mark.parametrize("drift", [-30, 0, 30])
async def test_a_code_of_the_step_before_or_after_is_right(drift: int, http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    app = await added(http, token)

    assert (await app.verify(token, app.code(drift))).status_code == 200


@pytest.mark.parametrize("drift", [-90, 90])
async def test_a_code_of_a_later_or_earlier_step_is_wrong(drift: int, http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    app = await added(http, token)

    assert refusal(await app.verify(token, app.code(drift))) == (422, "mfa_verification_failed")


async def test_a_verified_factor_ends_the_sessions_without_it_and_mails_the_user(
    http: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    other = await joined(http)
    token = (await signed_in(http))["access_token"]
    app = await added(http, token)
    first_refresh = (await signed_in(http))["refresh_token"]

    verified = (await app.verify(token, app.code())).json()

    for ended in (other["refresh_token"], first_refresh):
        assert refusal(await refreshed(http, ended)) == (400, "refresh_token_not_found")
    again = (await refreshed(http, verified["refresh_token"])).json()
    assert again["user"]["factors"][0]["status"] == "verified"
    assert mailbox.subjects() == [f"{EMAIL}: A new MFA factor has been enrolled"]


async def test_a_used_challenge_and_a_used_code_are_refused(http: httpx.AsyncClient) -> None:
    app, _ = await with_factor(http)
    token = (await signed_in(http))["access_token"]
    code, challenge = app.code(), await app.challenge(token)
    assert (await app.verify(token, code, challenge)).status_code == 200
    thief = (await signed_in(http))["access_token"]

    twice = await app.verify(thief, code, challenge)
    stolen = await app.verify(thief, code)

    assert refusal(twice) == (422, "mfa_ip_address_mismatch")
    assert refusal(stolen) == (403, "mfa_verification_rejected")
    assert (await http.get("/user", headers=bearer(thief))).status_code == 403


async def test_a_code_is_refused_after_ten_wrong_ones(http: httpx.AsyncClient, database: Database) -> None:
    app, _ = await with_factor(http)
    token = (await signed_in(http))["access_token"]

    answers = [refusal(await app.verify(token, app.wrong_code())) for _ in range(10)]
    locked = await app.verify(again := (await signed_in(http))["access_token"], app.code())

    assert answers == [(422, "mfa_verification_failed")] * 9 + [(403, "mfa_verification_rejected")]
    assert refusal(locked) == (403, "mfa_verification_rejected")
    assert (await http.get("/user", headers=bearer(again))).status_code == 403
    database.rows("update oneai.second_factor_attempts set first_wrong_at = first_wrong_at - interval '15 minutes'")
    token = (await signed_in(http))["access_token"]
    assert (await app.verify(token, app.code())).status_code == 200


async def test_a_right_code_forgets_the_wrong_ones(http: httpx.AsyncClient, database: Database) -> None:
    app, _ = await with_factor(http)
    token = (await signed_in(http))["access_token"]
    for _ in range(9):
        await app.verify(token, app.wrong_code())

    assert (await app.verify(token, app.code())).status_code == 200

    assert database.one("select wrong_codes from oneai.second_factor_attempts") == 0


async def test_another_factor_and_another_password_need_the_first_factor(http: httpx.AsyncClient) -> None:
    app, verified = await with_factor(http)
    token = (await signed_in(http))["access_token"]
    second = {"factor_type": "totp", "friendly_name": "Tablet"}
    change = {"password": f"{PASSWORD}-new"}

    lower = [
        refusal(await http.post("/factors", json=second, headers=bearer(token))),
        refusal(await http.put("/user", json=change, headers=bearer(token))),
        refusal(await http.put("/user", json={"email": "new@example.com"}, headers=bearer(token))),
        refusal(await http.delete(f"/factors/{app.id}", headers=bearer(token))),
    ]

    assert lower == [
        (403, "insufficient_aal"),
        (401, "insufficient_aal"),
        (401, "insufficient_aal"),
        (422, "insufficient_aal"),
    ]
    higher = bearer(verified["access_token"])
    assert (await http.post("/factors", json=second, headers=higher)).status_code == 200
    assert (await http.put("/user", json=change, headers=higher)).status_code == 200


async def test_factors_are_refused_for_a_taken_name_a_foreign_id_and_another_type(http: httpx.AsyncClient) -> None:
    app, verified = await with_factor(http)
    stranger = bearer((await joined(http, "stranger@example.com"))["access_token"])
    own = bearer(verified["access_token"])
    same = {"factor_type": "totp", "friendly_name": "Phone"}

    assert refusal(await http.post("/factors", json=same, headers=own)) == (422, "mfa_factor_name_conflict")
    assert refusal(await http.delete(f"/factors/{app.id}", headers=stranger)) == (404, "mfa_factor_not_found")
    assert refusal(await http.delete("/factors/none", headers=own)) == (404, "validation_failed")
    phone = {"factor_type": "phone", "phone": "+910000000000"}
    assert refusal(await http.post("/factors", json=phone, headers=own)) == (422, "mfa_phone_enroll_not_enabled")


async def test_removing_a_factor_lowers_its_sessions(http: httpx.AsyncClient, mailbox: Mailbox) -> None:
    app, verified = await with_factor(http)

    removed = await http.delete(f"/factors/{app.id}", headers=bearer(verified["access_token"]))

    assert removed.json() == {"id": app.id}
    lowered = (await refreshed(http, verified["refresh_token"])).json()
    assert "factors" not in lowered["user"]
    assert mailbox.subjects()[-1] == f"{EMAIL}: An MFA factor has been unenrolled"


async def test_the_secret_key_lists_and_removes_the_factors_of_a_user(http: httpx.AsyncClient) -> None:
    app, verified = await with_factor(http)
    path = f"/admin/users/{verified['user']['id']}/factors"

    listed = (await http.get(path, headers=ADMIN)).json()
    removed = await http.delete(f"{path}/{app.id}", headers=ADMIN)

    assert [(each["id"], each["status"], "secret" in each) for each in listed] == [(app.id, "verified", False)]
    assert removed.json()["id"] == app.id
    assert (await http.get(path, headers=ADMIN)).json() == []
    assert refusal(await http.get(path, headers=bearer(verified["access_token"]))) == (403, "not_admin")


def test_codes_are_those_of_the_standard() -> None:
    """The test vectors of RFC 6238, appendix B, for SHA-1; apps show the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
    vectors = {59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924"}

    assert {at: totp.code_at(secret, at) for at in vectors} == {at: code[2:] for at, code in vectors.items()}
