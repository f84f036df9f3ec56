"""Inputs after public reports about passkeys in similar products."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fido2.webauthn import AuthenticatorData

from tests.accounts.sign_in import bearer, sign_up
from tests.accounts.test_second_factor import add_factor
from tests.patience import PATIENCE
from tests.stand_ins.supabase_auth.authenticator import Authenticator, add_passkey, options, use_passkey, verify
from tests.world import World

FLAG = AuthenticatorData.FLAG
DEVICE = Authenticator("https://oneai.example")
FAILED = (400, "webauthn_verification_failed")


@pytest.fixture
async def supabase(shared: World) -> AsyncIterator[httpx.AsyncClient]:
    """A page's requests to Supabase Auth."""
    async with httpx.AsyncClient(base_url=f"{shared.address}/auth/v1", timeout=PATIENCE) as client:
        yield client


async def newcomer(world: World) -> dict[str, Any]:
    """The tokens of a new user."""
    return await sign_up(world, f"{uuid4()}@example.com")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error_code"]


async def test_a_captured_response_is_refused_with_a_new_challenge(shared: World, supabase: httpx.AsyncClient) -> None:
    passkey, _ = await add_passkey(supabase, (await newcomer(shared))["access_token"], DEVICE)
    captured = DEVICE.get((await options(supabase, "authentication"))["options"], passkey)

    answer = await verify(supabase, "authentication", await options(supabase, "authentication"), captured)

    assert refusal(answer) == FAILED


async def test_a_stranger_registers_no_passkey_for_another_user(shared: World, supabase: httpx.AsyncClient) -> None:
    owner, stranger = await newcomer(shared), await newcomer(shared)
    challenge = await options(supabase, "registration", owner["access_token"])
    _, credential = DEVICE.create(challenge["options"])

    by_stranger = await verify(supabase, "registration", challenge, credential, stranger["access_token"])
    by_visitor = await verify(supabase, "registration", challenge, credential)

    assert refusal(by_stranger) == (400, "webauthn_challenge_not_found")
    assert refusal(by_visitor) == (401, "no_authorization")
    assert (await supabase.get("/passkeys", headers=bearer(owner))).json() == []


async def test_a_removed_passkey_no_longer_opens_the_account(shared: World, supabase: httpx.AsyncClient) -> None:
    tokens = await newcomer(shared)
    passkey, passkey_id = await add_passkey(supabase, tokens["access_token"], DEVICE)
    assert (await supabase.delete(f"/passkeys/{passkey_id}", headers=bearer(tokens))).status_code == 204

    assert refusal(await use_passkey(supabase, passkey, DEVICE)) == FAILED


async def test_a_passkey_whose_backup_flags_change_is_refused_as_a_removed_one(
    shared: World, supabase: httpx.AsyncClient
) -> None:
    unsynced = Authenticator(DEVICE.origin, FLAG.UP | FLAG.UV)
    passkey, _ = await add_passkey(supabase, (await newcomer(shared))["access_token"], unsynced)

    assert refusal(await use_passkey(supabase, passkey, DEVICE)) == FAILED
    assert (await use_passkey(supabase, passkey, unsynced)).status_code == 200


async def test_a_strangers_passkey_outlives_the_password_and_was_mailed(
    shared: World, supabase: httpx.AsyncClient
) -> None:
    tokens = await newcomer(shared)
    passkey, passkey_id = await add_passkey(supabase, tokens["access_token"], DEVICE)
    changed = await supabase.put("/user", json={"password": "four other words"}, headers=bearer(tokens))
    assert changed.status_code == 200

    outlives = await use_passkey(supabase, passkey, DEVICE)
    await supabase.delete(f"/passkeys/{passkey_id}", headers=bearer(tokens))

    assert outlives.status_code == 200
    mails = (
        "select data ->> 'event' from oneai.outbox where user_id = %s and kind = 'passkey_change' order by created_at"
    )
    assert shared.database.rows(mails, tokens["user"]["id"]) == ["added", "removed"]
    assert refusal(await use_passkey(supabase, passkey, DEVICE)) == FAILED


async def test_a_name_of_more_than_120_bytes_is_refused(shared: World, supabase: httpx.AsyncClient) -> None:
    tokens = await newcomer(shared)
    _, passkey_id = await add_passkey(supabase, tokens["access_token"], DEVICE)

    answers = [
        await supabase.patch(f"/passkeys/{passkey_id}", json={"friendly_name": "क" * count}, headers=bearer(tokens))
        for count in (40, 41)
    ]

    assert [answer.status_code for answer in answers] == [200, 400]


async def test_a_passkey_leaves_the_code_of_the_app_to_be_entered(shared: World, supabase: httpx.AsyncClient) -> None:
    tokens = await newcomer(shared)
    passkey, _ = await add_passkey(supabase, tokens["access_token"], DEVICE)
    await add_factor(shared, tokens)

    lower = (await use_passkey(supabase, passkey, DEVICE)).json()

    refused = await shared.http.get("/conversations", headers=bearer(lower))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_factor_required")
