"""`make override`, as an operator types it."""

import pytest

from tests.ops.operators import CommandResult, run
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)


def override(database: Database, *arguments: str) -> CommandResult:
    """Runs it to its end."""
    return run("override", *arguments, database=database)


def test_an_override_is_made_listed_and_revoked(database: Database) -> None:
    user = database.user("asha@example.com")
    assert override(database).stdout == "No exception is in force.\n"

    made = override(database, "add", "Asha@example.com", "small_messages", "--extra", "50", "--reason", "a friend")

    assert made.stdout == "    1  asha@example.com  small_messages: the plan's + 50, until revoked  (a friend)\n"
    whose = "from oneai.usage_quotas as q where workspace_id = %s and quota_key = %s"
    limit = "select oneai.effective_limit(q, oneai.now()) " + whose
    assert database.one(limit, user, "small_messages") == 150
    override(database, "add", str(user), "cost", "--limit", "9000000000", "--until", "2999-12-31", "--reason", "x")
    assert database.one(limit, user, "cost") == 9_000_000_000
    assert "until 2999-12-31 00:00" in override(database, "list").stdout

    assert "a friend" not in override(database, "revoke", "1").stdout
    assert database.one(limit, user, "small_messages") == 100


def test_an_invalid_override_is_reported_and_changes_nothing(database: Database) -> None:
    database.user("asha@example.com")
    for arguments in (
        ("add", "unknown@example.com", "small_messages", "--extra", "5", "--reason", "why"),
        ("add", "asha@example.com", "small_messages", "--reason", "why"),
        ("add", "asha@example.com", "small_messages", "--extra", "-5", "--reason", "why"),
        ("add", "asha@example.com", "small_messages", "--extra", "5"),
        ("add", "asha@example.com", "small_message", "--extra", "5", "--reason", "why"),
        ("add", "asha@example.com", "small_messages", "--limit", "9223372036854775807", "--reason", "why"),
        ("add", "asha@example.com", "small_messages", "--extra", "5", "--until", "2020-01-01", "--reason", "why"),
        ("revoke", "7"),
    ):
        result = override(database, *arguments)
        assert result.returncode, arguments
        assert result.stderr
    assert database.rows("select id from oneai.quota_overrides") == []


def test_a_refusal_by_the_database_is_reported_with_its_sqlstate(database: Database) -> None:
    database.user("asha@example.com")
    database.rows("revoke execute on function oneai.override_quota from oneai_admin")

    result = override(database, "add", "asha@example.com", "cost", "--limit", "9", "--reason", "a friend")

    assert result.returncode == 1
    assert "InsufficientPrivilege 42501. Look at what is done, and run this again." in result.stderr
    assert "Traceback" not in result.stderr
