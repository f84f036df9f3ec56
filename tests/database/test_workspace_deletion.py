"""Teams are closed, restored and erased; each step is exact in SQL."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.turns import TurnClient
from tests.workspaces.ending import DAY, GRACE_DAYS, deletes_at, mails, request, roles, team_of
from tests.world import Database


def refusal(database: Database, statement: Any, *params: Any) -> tuple[str | None, str | None]:
    """SQLSTATE and code of what the statement raises."""
    with pytest.raises(psycopg.DatabaseError) as raised:
        database.rows(statement, *params)
    return raised.value.sqlstate, raised.value.diag.message_primary


@pytest.fixture
def meera(database: Database) -> UUID:
    """A third user."""
    return database.user("meera@example.com")


def test_a_request_closes_the_team_and_mails_every_owner(
    database: Database, asha: UUID, ravi: UUID, meera: UUID
) -> None:
    team = team_of(database, asha, (ravi, "owner"), (meera, "admin"))
    key = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'Key', 'oneai_sk_…', array['chat']) returning id",
        *(team, meera),
    )

    request(database, asha, team)
    request(database, ravi, team, 1)

    assert deletes_at(database, team) == database.one(
        "select date_trunc('second', created_at) + interval '30 days' from oneai.audit_log where workspace_id = %s",
        team,
    )
    assert database.one("select revoked_at is not null from oneai.api_keys where id = %s", key)
    assert mails(database) == sorted([(asha, "requested"), (ravi, "requested")], key=str)


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_only_an_owner_deletes_a_team(database: Database, asha: UUID, ravi: UUID, role: str) -> None:
    team = team_of(database, asha, (ravi, role))
    statement = "select oneai.request_workspace_deletion(%s, %s, slug, 30) from oneai.workspaces where id = %s"

    assert refusal(database, statement, ravi, str(team), team) == ("ON403", "role_insufficient")
    assert deletes_at(database, team) is None


def test_a_stranger_and_a_personal_workspace_are_refused(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha)
    statement = "select oneai.request_workspace_deletion(%s, %s, 'tea', 30)"

    assert refusal(database, statement, ravi, str(team)) == ("ON404", "workspace_not_found")
    assert refusal(database, statement, ravi, "no-such-team") == ("ON404", "workspace_not_found")
    assert refusal(database, statement, ravi, str(ravi)) == ("ON409", "personal_workspace")


def test_a_restore_within_the_grace_period_brings_the_team_back(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha, (ravi, "member"))
    request(database, asha, team)
    database.advance(GRACE_DAYS * DAY - 60)

    database.rows("select oneai.restore_workspace(%s, %s)", asha, team)
    database.advance(120)

    assert deletes_at(database, team) is None
    assert database.one("select oneai.claim_workspace_deletion()") is None
    assert roles(database, team) == {asha: "owner", ravi: "member"}


def test_a_restore_after_the_grace_period_is_refused(database: Database, asha: UUID) -> None:
    team = team_of(database, asha)
    request(database, asha, team)
    database.advance(GRACE_DAYS * DAY)

    restore = "select oneai.restore_workspace(%s, %s)"
    assert refusal(database, restore, asha, team) == ("ON409", "deletion_final")
    assert database.one("select oneai.claim_workspace_deletion()") == team
    assert refusal(database, restore, asha, team) == ("ON409", "deletion_final")


def test_a_claimed_team_is_claimed_again_only_after_half_an_hour(database: Database, asha: UUID) -> None:
    first, second = team_of(database, asha), team_of(database, asha, name="Milk")
    request(database, asha, first)
    database.advance(1)
    request(database, asha, second)
    database.advance(GRACE_DAYS * DAY)
    claim = "select oneai.claim_workspace_deletion()"

    assert [database.one(claim) for _ in range(3)] == [first, second, None]
    database.advance(1800)
    assert database.one(claim) == first


def test_owners_are_reminded_once_a_week_before(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha, (ravi, "owner"))
    request(database, asha, team)
    remind = "select oneai.enqueue_workspace_deletion_reminders()"

    database.advance((GRACE_DAYS - 7) * DAY - 60)
    assert database.one(remind) == 0
    database.advance(120)
    assert [database.one(remind) for _ in range(2)] == [1, 0]
    assert [event for _, event in mails(database)].count("reminder") == 2


def test_a_short_grace_period_has_no_reminder(database: Database, asha: UUID) -> None:
    request(database, asha, team_of(database, asha), 7)
    database.advance(3600)

    assert database.one("select oneai.enqueue_workspace_deletion_reminders()") == 0


def test_a_team_that_no_job_claimed_is_not_deleted(database: Database, asha: UUID) -> None:
    team = team_of(database, asha)
    request(database, asha, team)

    database.rows("select oneai.delete_team(%s)", team)

    assert refusal(database, "select oneai.erase_workspace(%s)", team) == ("ON412", "precondition_failed")
    assert roles(database, team) == {asha: "owner"}


async def test_a_deletion_waits_for_a_change_of_the_team(
    database: Database, owner: TurnClient, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, (ravi, "owner"))
    slug = database.one("select slug from oneai.workspaces where id = %s", team)
    async with hold_locks(database, "select from oneai.workspaces where id = %s for no key update", team) as other:
        deleting = asyncio.create_task(
            owner.call("select oneai.request_workspace_deletion(%s, %s, %s, 30)", asha, str(team), slug)
        )
        await wait_for_blocked(database, 1)
        await other.execute(
            "update oneai.workspace_members set role = 'admin' where user_id = %s and workspace_id = %s", [asha, team]
        )
        await other.commit()

    with pytest.raises(psycopg.DatabaseError) as raised:
        await deleting
    assert raised.value.diag.message_primary == "role_insufficient"
