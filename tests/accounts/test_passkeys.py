"""A session of a passkey opens everything that a session of a password does, and a user learns of each passkey."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.accounts.sign_in import bearer, sign_up
from tests.accounts.test_second_factor import add_factor, verify
from tests.patience import PATIENCE
from tests.stand_ins.supabase_auth.authenticator import Authenticator, Passkey, add_passkey, use_passkey
from tests.world import World

DEVICE = Authenticator("https://oneai.example")
# A user's audit entries about passkeys, and the mails about them, the oldest first.
AUDIT = """
select action, actor_kind, target_id from oneai.audit_log where user_id = %s and target_kind = 'passkey' order by id
"""
MAILS = "select data ->> 'event' from oneai.outbox where user_id = %s and kind = 'passkey_change' order by created_at"


@pytest.fixture
async def supabase(shared: World) -> AsyncIterator[httpx.AsyncClient]:
    """A page's requests to Supabase Auth."""
    async with httpx.AsyncClient(base_url=f"{shared.address}/auth/v1", timeout=PATIENCE) as client:
        yield client


async def with_passkey(world: World, supabase: httpx.AsyncClient) -> tuple[dict[str, Any], Passkey, str]:
    """The tokens of a new user, their passkey, and its id at Supabase Auth."""
    tokens = await sign_up(world, f"{uuid4()}@example.com")
    return tokens, *await add_passkey(supabase, tokens["access_token"], DEVICE)


async def signed_in(supabase: httpx.AsyncClient, passkey: Passkey) -> dict[str, Any]:
    """The tokens of a sign-in with the passkey."""
    answer = await use_passkey(supabase, passkey, DEVICE)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def test_a_session_of_a_passkey_reads_creates_keys_and_deletes_the_account(
    shared: World, supabase: httpx.AsyncClient
) -> None:
    first, passkey, _ = await with_passkey(shared, supabase)
    tokens = await signed_in(supabase, passkey)

    me = await shared.http.get("/me", headers=bearer(tokens))
    key = await shared.http.post("/user/api-keys", json={"name": "Report"}, headers=bearer(tokens))
    sessions = await shared.http.get("/auth/sessions", headers=bearer(tokens))
    body = {"confirm": first["user"]["email"]}
    deleted = await shared.http.request("DELETE", "/user", json=body, headers=bearer(tokens))

    assert (me.status_code, me.json()["profile"]["id"]) == (200, first["user"]["id"])
    assert key.status_code == 201
    assert [each["current"] for each in sessions.json()["items"]] == [True, False]
    assert deleted.status_code == 202, deleted.text


async def test_a_passkey_does_not_replace_the_second_factor(shared: World, supabase: httpx.AsyncClient) -> None:
    first, passkey, _ = await with_passkey(shared, supabase)
    factor, _ = await add_factor(shared, first)
    tokens = await signed_in(supabase, passkey)

    refused = await shared.http.get("/me", headers=bearer(tokens))
    raised = await verify(shared, tokens, factor)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_factor_required")
    assert (await shared.http.get("/me", headers=bearer(raised))).status_code == 200


async def test_adding_and_removing_a_passkey_is_audited_and_mailed(shared: World, supabase: httpx.AsyncClient) -> None:
    first, passkey, passkey_id = await with_passkey(shared, supabase)
    await signed_in(supabase, passkey)
    renamed = await supabase.patch(f"/passkeys/{passkey_id}", json={"friendly_name": "Phone"}, headers=bearer(first))

    removed = await supabase.delete(f"/passkeys/{passkey_id}", headers=bearer(first))

    assert (renamed.status_code, removed.status_code) == (200, 204)
    user = first["user"]["id"]
    assert shared.database.rows(AUDIT, user) == [
        ("passkey.add", "user", passkey_id),
        ("passkey.remove", "user", passkey_id),
    ]
    assert shared.database.rows(MAILS, user) == ["added", "removed"]


async def test_a_passkey_removed_with_its_user_is_neither_audited_nor_mailed(
    shared: World, supabase: httpx.AsyncClient
) -> None:
    first, _, _ = await with_passkey(shared, supabase)
    before = shared.database.rows("select count(*) from oneai.audit_log where action = 'passkey.remove'")

    shared.database.rows("delete from auth.users where id = %s", first["user"]["id"])

    assert shared.database.rows("select count(*) from oneai.audit_log where action = 'passkey.remove'") == before
    assert shared.database.rows(MAILS, first["user"]["id"]) == []
