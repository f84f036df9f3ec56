"""`make remove-second-factor`, as an operator types it after identifying the user."""

import asyncio
from uuid import uuid4

import pytest

from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY
from tests.accounts.sign_in import bearer, sign_in, sign_up
from tests.accounts.test_second_factor import add_factor
from tests.ops.operators import CommandResult, command
from tests.world import World

pytestmark = pytest.mark.sampled(0.34)


async def remove(world: World, email: str, key: str = LOCAL_SECRET_KEY) -> CommandResult:
    """Runs it to its end."""
    return await command(
        "remove_second_factor",
        f"--id={email}",
        "--reason=ticket 12, called back",
        database=world.database,
        SUPABASE_URL=world.address,
        SUPABASE_SECRET_KEY=key,
    )


async def test_a_user_who_lost_the_app_signs_in_after_the_operator_removed_it(world: World) -> None:
    email = f"{uuid4()}@example.com"
    user = await sign_up(world, email)
    _, verified = await add_factor(world, user)

    done = await remove(world, email)

    assert done.stdout == f"{email} signs in without a second factor: 1 factor removed, all sessions ended.\n"
    assert (await world.http.get("/me", headers=bearer(verified))).status_code == 401
    assert (await world.http.get("/me", headers=bearer(await sign_in(world, email)))).status_code == 200
    acts = world.database.rows(
        "select actor_kind, reason, detail from oneai.audit_log where action = 'second_factor.remove' and user_id = %s",
        user["user"]["id"],
    )
    assert acts == [("operator", "ticket 12, called back", {"factors": 1})]
    again = await remove(world, email)
    assert again.stdout == f"{email} has no second factor.\n"


async def test_a_wrong_key_and_an_unknown_user_are_reported_and_change_nothing(world: World) -> None:
    email = f"{uuid4()}@example.com"
    user = await sign_up(world, email)
    await add_factor(world, user)

    refused, unknown = await asyncio.gather(
        remove(world, email, key="sb_secret_of_another_project"), remove(world, "unknown@example.com")
    )

    assert (refused.returncode, unknown.returncode) == (1, 1)
    assert "SUPABASE_SECRET_KEY" in refused.stderr
    assert "No users found" in unknown.stderr
    assert (await world.http.get("/me", headers=bearer(await sign_in(world, email)))).status_code == 403
