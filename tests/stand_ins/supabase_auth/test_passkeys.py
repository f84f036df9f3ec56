"""Passkeys at the stand-in for Supabase Auth: adding, naming and removing one, signing in, and what is refused."""

from typing import Any

import httpx
import jwt
import pytest
from fido2.webauthn import AuthenticatorData

from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY
from tests.stand_ins.supabase_auth.authenticator import (
    Authenticator,
    Passkey,
    add_passkey,
    options,
    use_passkey,
    verify,
)
from tests.stand_ins.supabase_auth.gotrue import bearer, joined, refreshed, sign_in
from tests.stand_ins.supabase_auth.test_factors import refusal, with_factor
from tests.world import Database

pytestmark = pytest.mark.sampled(0.3)

SITE = "https://app.oneai.example"
FAILED = (400, "webauthn_verification_failed")
FLAG = AuthenticatorData.FLAG


@pytest.fixture(autouse=True)
def _site(app_site: str) -> None:
    assert app_site == SITE


async def add(http: httpx.AsyncClient, token: str, device: Authenticator | None = None) -> tuple[Passkey, str]:
    """A passkey of the user at the site, and its id at Supabase Auth."""
    return await add_passkey(http, token, device or Authenticator(SITE))


async def use(
    http: httpx.AsyncClient, passkey: Passkey, device: Authenticator | None = None, **client_data: Any
) -> httpx.Response:
    """Signs in with a passkey at the site."""
    return await use_passkey(http, passkey, device or Authenticator(SITE), **client_data)


def levels(access_token: str) -> tuple[str, list[str]]:
    """The `aal` of an access token, and its methods."""
    claims = jwt.decode(access_token, options={"verify_signature": False})
    return claims["aal"], [each["method"] for each in claims["amr"]]


async def test_a_passkey_signs_its_user_in_without_an_address(http: httpx.AsyncClient) -> None:
    first = await joined(http)
    passkey, passkey_id = await add(http, first["access_token"])

    answer = await use(http, passkey)

    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert session["user"]["id"] == first["user"]["id"]
    assert levels(session["access_token"]) == ("aal1", ["passkey"])
    again = (await refreshed(http, session["refresh_token"])).json()
    assert levels(again["access_token"]) == ("aal1", ["passkey"])
    (listed,) = (await http.get("/passkeys", headers=bearer(again["access_token"]))).json()
    assert (listed["id"], listed["friendly_name"]) == (passkey_id, "Passkey")
    assert listed["last_used_at"] >= listed["created_at"]


async def test_options_ask_for_a_discoverable_passkey_of_the_site(http: httpx.AsyncClient) -> None:
    session = await joined(http)
    token = session["access_token"]
    passkey, _ = await add(http, token)

    creation = (await options(http, "registration", token))["options"]
    request = (await options(http, "authentication"))["options"]

    assert creation["rp"] == {"name": "OneAI", "id": "app.oneai.example"}
    selection = creation["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "preferred")
    assert (creation["user"]["name"], creation["attestation"]) == (session["user"]["email"], "none")
    assert [each["id"] for each in creation["excludeCredentials"]] == [passkey.name]
    assert {-7, -257} <= {each["alg"] for each in creation["pubKeyCredParams"]}
    assert (request["rpId"], request["userVerification"]) == ("app.oneai.example", "preferred")
    assert not request.get("allowCredentials")


async def test_a_second_factor_is_needed_to_add_and_remove_a_passkey(http: httpx.AsyncClient) -> None:
    app, verified = await with_factor(http)
    passkey, passkey_id = await add(http, verified["access_token"])
    lower = (await use(http, passkey)).json()
    assert levels(lower["access_token"]) == ("aal1", ["passkey"])

    refused = [
        await http.post("/passkeys/registration/options", json={}, headers=bearer(lower["access_token"])),
        await http.delete(f"/passkeys/{passkey_id}", headers=bearer(lower["access_token"])),
    ]
    raised = (await app.verify(lower["access_token"], app.code())).json()
    removed = await http.delete(f"/passkeys/{passkey_id}", headers=bearer(raised["access_token"]))

    assert [refusal(each) for each in refused] == [(403, "insufficient_aal")] * 2
    assert levels(raised["access_token"])[0] == "aal2"
    assert set(levels(raised["access_token"])[1]) == {"totp", "passkey"}
    assert removed.status_code == 204


async def test_a_challenge_is_used_once_and_only_for_its_own_ceremony(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    other = (await joined(http, "other@example.com"))["access_token"]
    passkey, _ = await add(http, token)
    device = Authenticator(SITE)
    challenge = await options(http, "authentication")
    credential = device.get(challenge["options"], passkey)
    assert (await verify(http, "authentication", challenge, credential)).status_code == 200
    registration = await options(http, "registration", token)
    _, created = device.create(registration["options"])

    again = await verify(http, "authentication", challenge, credential)
    elsewhere = await verify(http, "authentication", registration, credential)
    of_another = await verify(http, "registration", registration, created, other)

    assert {refusal(each) for each in (again, elsewhere, of_another)} == {(400, "webauthn_challenge_not_found")}


async def test_a_challenge_expires_after_five_minutes(http: httpx.AsyncClient, database: Database) -> None:
    token = (await joined(http))["access_token"]
    passkey, _ = await add(http, token)
    challenge = await options(http, "authentication")
    database.rows("update auth.webauthn_challenges set expires_at = expires_at - interval '301 seconds'")

    answer = await verify(http, "authentication", challenge, Authenticator(SITE).get(challenge["options"], passkey))

    assert refusal(answer) == (400, "webauthn_challenge_expired")


async def test_a_response_for_another_challenge_site_or_purpose_is_refused(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    passkey, _ = await add(http, token)
    device = Authenticator(SITE)
    captured = await options(http, "authentication")
    replayed = device.get(captured["options"], passkey)

    challenge = await options(http, "authentication")
    refused = [
        await verify(http, "authentication", challenge, replayed),
        await use(http, passkey, Authenticator("https://app.oneai.example.evil.example")),
        await use(http, passkey, type="webauthn.create"),
        await use(http, Passkey("evil.example", passkey.user_handle, passkey.id, passkey.key)),
        await use(http, Passkey(passkey.rp_id, passkey.user_handle, passkey.id)),
        await use(http, passkey, Authenticator(SITE, FLAG.UV | FLAG.BE | FLAG.BS)),
    ]

    assert [refusal(each) for each in refused] == [FAILED] * 6
    assert (await use(http, passkey)).status_code == 200


async def test_a_passkey_of_one_user_does_not_sign_another_in(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    victim = await joined(http, "victim@example.com")
    await add(http, victim["access_token"])
    passkey, _ = await add(http, token)
    passkey.user_handle = victim["user"]["id"].encode()

    assert refusal(await use(http, passkey)) == FAILED


@pytest.mark.parametrize(
    ("registered", "later"),
    [(FLAG.UP | FLAG.UV, FLAG.UP | FLAG.UV | FLAG.BE | FLAG.BS), (FLAG.UP | FLAG.UV | FLAG.BE, FLAG.UP | FLAG.UV)],
)
async def test_a_passkey_that_changes_its_eligibility_for_backup_is_refused(
    registered: int, later: int, http: httpx.AsyncClient
) -> None:
    token = (await joined(http))["access_token"]
    passkey, _ = await add(http, token, Authenticator(SITE, registered))

    assert refusal(await use(http, passkey, Authenticator(SITE, later))) == FAILED


async def test_a_counter_that_stays_and_no_user_verification_are_accepted(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    passkey, _ = await add(http, token, Authenticator(SITE, FLAG.UP))
    for _ in range(2):
        passkey.count = -1

        assert (await use(http, passkey, Authenticator(SITE, FLAG.UP))).status_code == 200


async def test_a_removed_passkey_no_longer_signs_in(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    passkey, passkey_id = await add(http, token)

    removed = await http.delete(f"/passkeys/{passkey_id}", headers=bearer(token))
    again = await http.delete(f"/passkeys/{passkey_id}", headers=bearer(token))

    assert (removed.status_code, refusal(again)) == (204, (404, "validation_failed"))
    assert refusal(await use(http, passkey)) == FAILED
    assert (await http.get("/passkeys", headers=bearer(token))).json() == []


async def test_the_same_passkey_is_not_added_twice(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    other = (await joined(http, "other@example.com"))["access_token"]
    passkey, _ = await add(http, token)
    challenge = await options(http, "registration", other)
    _, copy = Authenticator(SITE).create(challenge["options"], passkey.id)

    answer = await verify(http, "registration", challenge, copy, other)

    assert refusal(answer) == (422, "webauthn_credential_exists")


async def test_an_eleventh_passkey_is_refused(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    early = await options(http, "registration", token)
    for _ in range(10):
        await add(http, token)

    asked = await http.post("/passkeys/registration/options", json={}, headers=bearer(token))
    late = await verify(http, "registration", early, Authenticator(SITE).create(early["options"])[1], token)

    assert [refusal(asked), refusal(late)] == [(422, "too_many_passkeys")] * 2


async def test_a_passkey_is_renamed_with_at_most_120_bytes(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    other = (await joined(http, "other@example.com"))["access_token"]
    _, passkey_id = await add(http, token)

    async def rename(name: str, by: str = token) -> httpx.Response:
        return await http.patch(f"/passkeys/{passkey_id}", json={"friendly_name": name}, headers=bearer(by))

    renamed = await rename("मेरा फ़ोन")
    assert renamed.json()["friendly_name"] == "मेरा फ़ोन"
    assert (await rename("x" * 120)).status_code == 200
    assert [refusal(await rename(name)) for name in ("", "x" * 121, "क" * 41)] == [(400, "validation_failed")] * 3
    assert refusal(await rename("Mine", other)) == (404, "validation_failed")


async def test_a_banned_or_unconfirmed_user_is_not_signed_in(http: httpx.AsyncClient, database: Database) -> None:
    session = await joined(http)
    passkey, _ = await add(http, session["access_token"])

    database.rows("update auth.users set banned_until = now() + interval '1 day'")
    banned = await use(http, passkey)
    database.rows("update auth.users set banned_until = null, email_confirmed_at = null")
    unconfirmed = await use(http, passkey)

    assert [refusal(banned), refusal(unconfirmed)] == [(403, "user_banned"), (403, "email_not_confirmed")]


@pytest.mark.parametrize(
    "credential",
    [
        *({}, [], "x", 7, {"id": "AA", "rawId": "AB", "response": {}}),
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30", "signature": "AA"}},
        {"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "W10", "attestationObject": "oA"}},
    ],
)
async def test_a_response_that_is_none_is_refused(credential: Any, http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    for ceremony in ("registration", "authentication"):
        challenge = await options(http, ceremony, token)

        assert refusal(await verify(http, ceremony, challenge, credential, token)) == FAILED


async def test_what_is_missing_or_malformed_is_named(http: httpx.AsyncClient) -> None:
    token = (await joined(http))["access_token"]
    headers = bearer(token)
    bodies = [{}, {"challenge_id": "x", "credential": {}}, {"challenge_id": "x"}]

    answers = [await http.post("/passkeys/registration/verify", json=body, headers=headers) for body in bodies]
    strangers = await http.post("/passkeys/registration/options", json={})

    assert [refusal(each) for each in answers] == [(400, "validation_failed")] * 3
    assert refusal(strangers) == (401, "no_authorization")


async def test_operators_list_and_remove_passkeys(http: httpx.AsyncClient) -> None:
    session = await joined(http)
    _, passkey_id = await add(http, session["access_token"])
    path, key = f"/admin/users/{session['user']['id']}/passkeys", {"apikey": LOCAL_SECRET_KEY}

    listed = (await http.get(path, headers=key)).json()
    stranger = await http.delete(f"{path}/{passkey_id}", headers=bearer(session["access_token"]))
    removed = await http.delete(f"{path}/{passkey_id}", headers=key)

    assert [each["id"] for each in listed] == [passkey_id]
    assert (refusal(stranger), removed.status_code) == ((403, "not_admin"), 204)
    assert (await http.get(path, headers=key)).json() == []


async def test_a_password_can_be_changed_after_a_sign_in_with_a_passkey(http: httpx.AsyncClient) -> None:
    """A session by passkey counts as recent: no code from a mail is needed."""
    passkey, _ = await add(http, (await joined(http))["access_token"])
    session = (await use(http, passkey)).json()

    changed = await http.put("/user", json={"password": "four new words"}, headers=bearer(session["access_token"]))

    assert changed.status_code == 200, changed.text
    assert (await sign_in(http, password="four new words")).status_code == 200


async def test_the_settings_say_whether_there_are_passkeys(http: httpx.AsyncClient) -> None:
    assert (await http.get("/settings")).json()["passkeys_enabled"] is True
