"""Each role's rights in a workspace, and whom Postgres refuses with which code."""

import json
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.team_members import team_of
from tests.world import Database

ROLES = ("viewer", "member", "admin", "owner")
RIGHTS = {"read": "viewer", "write": "member", "manage": "admin", "spend": "owner", "own": "owner"}
NOT_FOUND = ("workspace_not_found", None)


def refusal(database: Database, user: UUID, workspace: UUID, right: str) -> tuple[str, Any]:
    """The role of a user who has the right, else code and detail of the refusal."""
    try:
        return database.one("select oneai.require_right(%s, %s, %s)", user, workspace, right), "allowed"
    except psycopg.Error as error:
        detail = error.diag.message_detail
        return str(error.diag.message_primary), detail and json.loads(detail)


def test_each_role_has_the_rights_of_the_table(database: Database) -> None:
    for role, (right, lowest) in product(ROLES, RIGHTS.items()):
        has = database.one("select oneai.role_has_right(%s, %s)", role, right)
        assert has == (ROLES.index(role) >= ROLES.index(lowest)), (role, right)


@pytest.mark.parametrize(("role", "right"), [("guest", "read"), ("owner", "fly"), (None, "read"), ("owner", None)])
def test_an_unknown_role_or_right_permits_nothing(database: Database, role: str | None, right: str | None) -> None:
    assert database.one("select oneai.role_has_right(%s, %s)", role, right) is False


def test_a_role_without_the_right_gets_the_lowest_role_that_has_it(database: Database, asha: UUID) -> None:
    users = {role: database.user(f"{role}@example.com") for role in ROLES[:3]}
    team = team_of(database, asha, **users)
    users["owner"] = asha

    for (role, user), (right, lowest) in product(users.items(), RIGHTS.items()):
        allowed = ROLES.index(role) >= ROLES.index(lowest)
        expected = (role, "allowed") if allowed else ("role_insufficient", {"required_role": lowest})
        assert refusal(database, user, team, right) == expected, (role, right)


def test_strangers_and_former_members_get_the_same_refusal_as_for_no_workspace(
    database: Database, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, admin=ravi)
    stranger = database.user("stranger@example.com")
    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", ravi, team)

    for user, workspace in [(stranger, team), (ravi, team), (ravi, uuid4()), (ravi, asha)]:
        assert [refusal(database, user, workspace, right) for right in RIGHTS] == [NOT_FOUND] * len(RIGHTS)


def test_a_user_has_every_right_in_the_personal_workspace(database: Database, asha: UUID) -> None:
    assert [refusal(database, asha, asha, right) for right in RIGHTS] == [("owner", "allowed")] * len(RIGHTS)


def test_owners_read_and_restore_a_workspace_in_deletion_and_others_do_not_find_it(
    database: Database, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, admin=ravi)
    database.rows("update oneai.workspaces set deletes_at = '2026-12-24T09:30:00Z' where id = %s", team)

    deleting = ("workspace_deleting", {"deletes_at": "2026-12-24T09:30:00Z"})
    allowed = ("owner", "allowed")
    assert [refusal(database, asha, team, right) for right in RIGHTS] == [allowed, *[deleting] * 3, allowed]
    assert [refusal(database, ravi, team, right) for right in RIGHTS] == [NOT_FOUND] * len(RIGHTS)


def test_members_learn_of_a_suspension_and_strangers_do_not(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha)
    database.rows("update oneai.workspaces set suspended_at = oneai.now() where id = %s", team)

    assert refusal(database, asha, team, "read") == ("workspace_suspended", None)
    assert refusal(database, ravi, team, "read") == NOT_FOUND
