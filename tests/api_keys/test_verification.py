"""A valid API key is verified with its scopes and state, and an invalid secret reveals nothing."""

from datetime import datetime
from typing import Any, LiteralString

import httpx
import pytest

from oneai.api_keys import secret
from tests.api_keys.keys import create
from tests.wire import Wire
from tests.world import World

REVOKED: LiteralString = "update oneai.api_keys set revoked_at = oneai.now() where id = %s"
EXPIRED: LiteralString = "update oneai.api_keys set expires_at = oneai.now() where id = %s"
SUSPENDED: LiteralString = (
    "update oneai.users set suspended_at = oneai.now() where id = (select user_id from oneai.api_keys where id = %s)"
)
DELETING: LiteralString = (
    "update oneai.users set deletes_at = oneai.now() where id = (select user_id from oneai.api_keys where id = %s)"
)
# The verification of an unknown secret.
UNKNOWN = {
    "valid": False,
    "kind": "api_key",
    "permissions": [],
    "user_id": None,
    "state": None,
    "expires_at": None,
    "reason": "invalid_api_key",
}


async def verify(world: World, token: str) -> httpx.Response:
    """Asks without being signed in."""
    return await world.post("/auth/verify", {"token": token}, None)


async def rotate(world: World, key: dict[str, Any], overlap_seconds: int) -> str:
    """The key's new secret."""
    answer = await world.post(f"/user/api-keys/{key['id']}/rotate", {"overlap_seconds": overlap_seconds})
    return str(answer.json()["secret"])


async def test_a_key_is_verified_with_its_scopes_state_and_expiry(world: World) -> None:
    key = await create(world, scopes=["usage:read", "models"], expires_at="2999-01-01T00:00:00Z")

    result = (await verify(world, key["secret"])).json()

    assert result == {
        "valid": True,
        "kind": "api_key",
        "permissions": ["usage:read", "models"],
        "user_id": str(world.people["asha"]),
        "state": "active",
        "expires_at": "2999-01-01T00:00:00Z",
        "reason": None,
    }


async def test_a_key_without_an_expiry_has_none(world: World) -> None:
    result = (await verify(world, (await create(world))["secret"])).json()

    assert (result["valid"], result["expires_at"]) == (True, None)


async def test_a_rotated_secret_expires_with_its_overlap_and_the_new_one_does_not(world: World) -> None:
    key = await create(world)
    new = await rotate(world, key, 3600)

    old_result, new_result = [(await verify(world, each)).json() for each in (key["secret"], new)]

    assert (old_result["state"], new_result["state"], new_result["expires_at"]) == ("rotating", "rotating", None)
    left = datetime.fromisoformat(old_result["expires_at"]) - world.database.one("select oneai.now()")
    assert 0 < left.total_seconds() <= 3600


async def test_an_invalid_secret_gets_the_answer_of_an_unknown_one(world: World) -> None:
    revoked, expired, rotated = [await create(world) for _ in range(3)]
    world.database.rows(REVOKED, revoked["id"])
    world.database.rows(EXPIRED, expired["id"])
    await rotate(world, rotated, 0)
    mistyped = revoked["secret"][:-1] + ("a" if revoked["secret"][-1] != "a" else "b")

    secrets = [secret.generate(), mistyped, "oneai_sk_", *(key["secret"] for key in (revoked, expired, rotated))]
    answers = [await verify(world, each) for each in secrets]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, UNKNOWN)] * 6


@pytest.mark.parametrize(("change", "reason"), [(SUSPENDED, "account_suspended"), (DELETING, "account_deleting")])
async def test_a_key_of_a_closed_account_is_invalid(change: LiteralString, reason: str, world: World) -> None:
    key = await create(world)
    world.database.rows(change, key["id"])

    assert (await verify(world, key["secret"])).json() == {**UNKNOWN, "reason": reason}


async def test_a_key_is_invalid_from_an_address_outside_its_list(world: World) -> None:
    elsewhere = await create(world, ip_ranges=["203.0.113.0/24"])
    here = await create(world, ip_ranges=["203.0.113.0/24", "127.0.0.1"])

    results = [(await verify(world, key["secret"])).json() for key in (elsewhere, here)]

    assert results[0] == {**UNKNOWN, "reason": "ip_not_allowed"}
    assert results[1]["valid"]


async def test_verifying_a_key_does_not_count_as_its_use(world: World) -> None:
    key = await create(world)

    await verify(world, key["secret"])

    assert world.database.one("select last_used_at from oneai.api_keys where id = %s", key["id"]) is None


async def test_a_malformed_key_consumes_its_addresss_rate_and_is_not_looked_up(world: World, wire: Wire) -> None:
    wire.trips.clear()

    await verify(world, "oneai_sk_" + "0" * 46)

    assert len(wire.trips) == 1
    assert "verify_api_key" not in wire.trips[0]
    assert "sign_in" in wire.trips[0]
