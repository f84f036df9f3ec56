"""`make grant`, as an operator types it."""

import pytest

from tests.ops.operators import CommandResult, command
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)

LARGE = "select quota_limit from oneai.usage_quotas where workspace_id = %s and quota_key = 'large_messages'"
TIER = "select subscription_tier from oneai.workspaces where id = %s"


async def grant(database: Database, *arguments: str) -> CommandResult:
    """Runs it to its end."""
    return await command("grant", *arguments, database=database)


async def test_a_plan_is_granted_listed_and_revoked(database: Database) -> None:
    user = database.user("asha@example.com")
    assert (await grant(database)).stdout == "No plan is given without payment.\n"
    free = database.one(LARGE, user)

    given = await grant(database, "add", "Asha@example.com", "enterprise", "--reason", "contract 17")

    assert given.stdout == "    1  asha@example.com  enterprise, until revoked  (contract 17)\n", given.stderr
    assert database.one(TIER, user) == "enterprise"
    assert database.one(LARGE, user) > free

    revoked = await grant(database, "revoke", "1")
    assert "contract 17" not in revoked.stdout
    assert database.one(TIER, user) == "free"
    assert database.one(LARGE, user) == free
    history = (
        "select old_tier, new_tier, change_reason from oneai.subscription_history where workspace_id = %s order by id"
    )
    assert database.rows(history, user) == [("free", "enterprise", "system"), ("enterprise", "free", "system")]


async def test_the_highest_granted_plan_counts(database: Database) -> None:
    user = database.user("asha@example.com")
    await grant(database, "add", str(user), "enterprise", "--until", "2999-12-31", "--reason", "a friend")

    listed = (await grant(database, "add", str(user), "pro", "--reason", "a prize")).stdout

    assert "1  asha@example.com  enterprise, until 2999-12-31 00:00  (a friend)" in listed
    assert "2  asha@example.com  pro, until revoked, has enterprise  (a prize)" in listed
    assert database.one(TIER, user) == "enterprise"
    await grant(database, "revoke", "1")
    assert database.one(TIER, user) == "pro"


async def test_an_invalid_grant_is_reported_and_changes_nothing(database: Database) -> None:
    database.user("asha@example.com")
    for arguments in (
        ("add", "unknown@example.com", "pro", "--reason", "why"),
        ("add", "asha@example.com", "free", "--reason", "why"),
        ("add", "asha@example.com", "gold", "--reason", "why"),
        ("add", "asha@example.com", "pro"),
        ("add", "asha@example.com", "pro", "--reason", " "),
        ("add", "asha@example.com", "pro", "--reason", "why", "--until", "2020-01-01"),
        ("add", "asha@example.com", "pro", "--reason", "why", "--until", "soon"),
        ("revoke", "7"),
    ):
        result = await grant(database, *arguments)
        assert result.returncode, arguments
        assert result.stderr
    assert database.rows("select id from oneai.plan_grants") == []
