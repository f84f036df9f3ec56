"""`make grant-admin` and `make revoke-admin`, as an operator types them."""

import asyncio
from typing import Any, LiteralString

import pytest

from tests.ops.operators import CommandResult, command
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.4)

ROLE: LiteralString = "select role from oneai.admins where user_id = %s"
RECORDED: LiteralString = """
    select action, user_id, target_kind, target_id, reason, detail from oneai.audit_log
    where actor_kind = 'operator' order by id"""

# Ways to close the account of another admin.
SUSPENDED: LiteralString = "update oneai.users set suspended_at = oneai.now() where id = %s"
DELETING: LiteralString = "update oneai.users set deletes_at = oneai.now() where id = %s"


async def grant(database: Database, user: str, *more: str) -> CommandResult:
    """`make grant-admin`."""
    return await command("admin", f"--email={user}", *more, database=database)


async def revoke(database: Database, user: str, *more: str) -> CommandResult:
    """`make revoke-admin`."""
    return await command("admin", "--revoke", f"--email={user}", *more, database=database)


def recorded(database: Database) -> list[Any]:
    """The acts of operators."""
    return database.rows(RECORDED)


async def test_an_admin_has_the_role_from_the_next_request_until_it_is_revoked(world: World) -> None:
    await grant(world.database, "ravi@example.com")
    path = f"/admin/users/{world.people['ravi']}/unsuspend"
    before = await world.post(path, {"reason": "A check"})

    granted = await grant(world.database, "Asha@example.com")
    during = await world.post(path, {"reason": "A check"})
    revoked = await revoke(world.database, "asha@example.com")
    after = await world.post(path, {"reason": "A check"})

    assert (granted.returncode, granted.stdout) == (0, "Asha@example.com is an admin.\n"), granted.stderr
    assert (revoked.returncode, revoked.stdout) == (0, "asha@example.com is no admin any more.\n"), revoked.stderr
    assert [answer.status_code for answer in (before, during, after)] == [404, 204, 404]
    assert (await world.get("/me")).json()["profile"]["role"] == "user"


async def test_each_change_of_a_role_is_recorded_once_with_its_reason(database: Database) -> None:
    asha, ravi = database.user("asha@example.com"), database.user("ravi@example.com")
    database.rows("insert into oneai.admins (user_id, role) values (%s, 'support')", ravi)

    for _ in range(2):
        assert (await grant(database, "asha@example.com", "--reason=on call")).returncode == 0
    await grant(database, str(ravi))
    for _ in range(2):
        assert (await revoke(database, "asha@example.com", "--reason=has left")).returncode == 0

    assert recorded(database) == [
        ("role.change", asha, "user", str(asha), "on call", {"before": "user", "role": "admin"}),
        ("role.change", ravi, "user", str(ravi), None, {"before": "support", "role": "admin"}),
        ("role.change", asha, "user", str(asha), "has left", {"before": "admin", "role": "user"}),
    ]


@pytest.mark.parametrize("close", [SUSPENDED, DELETING, None], ids=["suspended", "deleting", "none"])
async def test_the_last_admin_who_can_sign_in_keeps_the_role(close: LiteralString | None, database: Database) -> None:
    asha, ravi = database.user("asha@example.com"), database.user("ravi@example.com")
    await grant(database, "asha@example.com")
    if close is not None:
        await grant(database, "ravi@example.com")
        database.rows(close, ravi)
    acts = recorded(database)

    refused = await revoke(database, "asha@example.com")

    assert refused.returncode == 1
    assert refused.stderr == "There would be no admin left. Grant the role to another user first.\n"
    assert database.one(ROLE, asha) == "admin"
    assert recorded(database) == acts


async def test_the_last_admin_is_not_erased(world: World) -> None:
    asha = world.people["asha"]
    world.database.rows("delete from oneai.admins")
    world.database.rows("insert into oneai.admins (user_id, role) values (%s, 'admin')", asha)

    result = await command("erase", f"--id={asha}", "--yes", database=world.database, STORAGE_BUCKET="files")

    assert result.returncode == 1
    assert result.stderr == "There would be no admin left. Grant the role to another user first.\n"
    assert world.database.one("select count(*) from auth.users where id = %s", asha) == 1


async def test_one_of_two_concurrently_revoked_admins_keeps_the_role(database: Database) -> None:
    for name in ("asha", "ravi"):
        database.user(f"{name}@example.com")
        await grant(database, f"{name}@example.com")

    results = await asyncio.gather(*(revoke(database, f"{name}@example.com") for name in ("asha", "ravi")))

    assert sorted(result.returncode for result in results) == [0, 1]
    assert database.one("select count(*) from oneai.admins") == 1


async def test_a_user_can_be_support_with_read_access_until_it_is_revoked(database: Database) -> None:
    asha = database.user("asha@example.com")

    granted = await command("admin", "--email=asha@example.com", "--role=support", database=database)
    role = database.one(ROLE, asha)
    revoked = await revoke(database, "asha@example.com")

    assert (granted.returncode, granted.stdout) == (0, "asha@example.com is of support.\n")
    assert role == "support"
    assert (revoked.returncode, revoked.stdout) == (0, "asha@example.com is no admin any more.\n")


async def test_an_unknown_user_or_one_without_a_role_is_reported_and_changes_nothing(database: Database) -> None:
    asha = database.user("asha@example.com")

    unknown = await grant(database, "none@example.com")
    no_admin = await revoke(database, "asha@example.com")

    assert (unknown.returncode, unknown.stderr) == (1, "No users found as none@example.com; an id names one user.\n")
    assert (no_admin.returncode, no_admin.stdout) == (0, "asha@example.com was no admin.\n")
    assert database.rows(ROLE, asha) == []
    assert recorded(database) == []
