"""A team is offered to a member, who accepts; in no order of what users do at once is a team left without an owner."""

import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from tests import effort
from tests.workspaces.ending import DAY, deletes_at, join, mails, request, roles, team_of
from tests.world import Database

OFFER = "select oneai.offer_transfer(%s, %s, %s, 7)"
ACCEPT = "select oneai.accept_transfer(%s, %s)"
DELETE = "select oneai.request_workspace_deletion(%s, %s, slug, 30) from oneai.workspaces where id = %s"
WITHDRAW = "select oneai.withdraw_transfer(%s, %s)"


def refusal(database: Database, statement: LiteralString, *params: Any) -> str | None:
    """The code of what the statement raises."""
    with pytest.raises(psycopg.DatabaseError) as raised:
        database.rows(statement, *params)
    return raised.value.diag.message_primary


@pytest.fixture
def meera(database: Database) -> UUID:
    """A third user."""
    return database.user("meera@example.com")


def test_an_accepted_offer_swaps_owner_and_admin_and_mails_all_owners(
    database: Database, asha: UUID, ravi: UUID, meera: UUID
) -> None:
    team = team_of(database, asha, (ravi, "member"), (meera, "owner"))

    database.rows(OFFER, asha, str(team), ravi)
    assert mails(database, "workspace_ownership") == sorted(
        [(asha, "offered"), (meera, "offered"), (ravi, "offered")], key=str
    )
    assert database.one(ACCEPT, ravi, str(team)) == team

    assert roles(database, team) == {asha: "admin", ravi: "owner", meera: "owner"}
    accepted = {user for user, event in mails(database, "workspace_ownership") if event == "accepted"}
    assert accepted == {asha, ravi, meera}
    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"


def test_an_offer_needs_a_member_who_does_not_own_the_team(
    database: Database, asha: UUID, ravi: UUID, meera: UUID
) -> None:
    team = team_of(database, asha, (meera, "owner"))

    for receiver in (asha, ravi, meera):
        assert refusal(database, OFFER, asha, str(team), receiver) == "invalid_request"
    assert refusal(database, OFFER, ravi, str(team), asha) == "workspace_not_found"
    assert refusal(database, OFFER, asha, str(asha), ravi) == "personal_workspace"


def test_an_admin_cannot_offer_the_team(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha, (ravi, "admin"))

    assert refusal(database, OFFER, ravi, str(team), ravi) == "role_insufficient"


def test_an_offer_is_for_one_member_and_expires(database: Database, asha: UUID, ravi: UUID, meera: UUID) -> None:
    team = team_of(database, asha, (ravi, "member"), (meera, "member"))
    database.rows(OFFER, asha, str(team), ravi)

    assert refusal(database, ACCEPT, meera, str(team)) == "not_found"
    assert refusal(database, WITHDRAW, meera, str(team)) == "role_insufficient"
    database.advance(7 * DAY)
    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"
    assert roles(database, team) == {asha: "owner", ravi: "member", meera: "member"}


def test_a_new_offer_ends_the_previous_one(database: Database, asha: UUID, ravi: UUID, meera: UUID) -> None:
    team = team_of(database, asha, (ravi, "member"), (meera, "member"))
    database.rows(OFFER, asha, str(team), ravi)
    database.rows(OFFER, asha, str(team), ravi)
    database.advance(1)
    database.rows(OFFER, asha, str(team), meera)

    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"
    assert (ravi, "withdrawn") in mails(database, "workspace_ownership")
    assert database.one(ACCEPT, meera, str(team)) == team


@pytest.mark.parametrize("who", ["owner", "receiver"])
def test_an_owner_withdraws_an_offer_and_its_receiver_declines_it(
    database: Database, asha: UUID, ravi: UUID, who: str
) -> None:
    team = team_of(database, asha, (ravi, "member"))
    database.rows(OFFER, asha, str(team), ravi)

    database.rows(WITHDRAW, {"owner": asha, "receiver": ravi}[who], str(team))

    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"
    assert database.rows("select * from oneai.workspace_transfers") == []


def test_an_unconfirmed_address_cannot_accept(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha, (ravi, "member"))
    database.rows(OFFER, asha, str(team), ravi)
    database.rows("update auth.users set email_confirmed_at = null where id = %s", ravi)

    assert refusal(database, ACCEPT, ravi, str(team)) == "email_not_confirmed"


@pytest.mark.parametrize("gone", ["owner", "receiver"])
def test_an_offer_ends_when_either_side_is_gone(
    database: Database, asha: UUID, ravi: UUID, meera: UUID, gone: str
) -> None:
    team = team_of(database, asha, (ravi, "member"), (meera, "owner"))
    database.rows(OFFER, asha, str(team), ravi)
    left = {"owner": asha, "receiver": ravi}[gone]

    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", left, team)

    assert refusal(database, ACCEPT, ravi, str(team)) in ("not_found", "workspace_not_found")
    # Also for one who joins again.
    join(database, team, left, "member" if gone == "receiver" else "owner")
    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"
    assert ((ravi, "withdrawn") in mails(database, "workspace_ownership")) == (gone == "owner")


def test_an_owner_who_became_an_admin_has_no_offer_open(
    database: Database, asha: UUID, ravi: UUID, meera: UUID
) -> None:
    team = team_of(database, asha, (ravi, "member"), (meera, "owner"))
    database.rows(OFFER, asha, str(team), ravi)
    database.rows(
        "update oneai.workspace_members set role = 'admin' where user_id = %s and workspace_id = %s", asha, team
    )

    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"
    database.rows(
        "update oneai.workspace_members set role = 'owner' where user_id = %s and workspace_id = %s", asha, team
    )
    assert refusal(database, ACCEPT, ravi, str(team)) == "not_found"


def test_a_deletion_ends_the_offer(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha, (ravi, "member"))
    database.rows(OFFER, asha, str(team), ravi)

    request(database, asha, team)

    assert database.rows("select * from oneai.workspace_transfers") == []
    assert refusal(database, OFFER, asha, str(team), ravi) == "workspace_deleting"
    assert refusal(database, ACCEPT, ravi, str(team)) == "workspace_not_found"


def test_a_transfer_ends_the_trial_of_the_team(database: Database, asha: UUID, ravi: UUID) -> None:
    team = team_of(database, asha, (ravi, "member"))
    database.rows("select oneai.override_quota(%s, 'small_messages', null, 50, null, 'Team trial')", team)
    database.rows("select oneai.override_quota(%s, 'large_messages', null, 5, null, 'a friend')", team)

    database.rows(OFFER, asha, str(team), ravi)
    database.rows(ACCEPT, ravi, str(team))

    open_ones = "select reason from oneai.quota_overrides where workspace_id = %s and revoked_at is null"
    assert database.rows(open_ones, team) == ["a friend"]


@pytest.mark.parametrize("seed", effort.seeds(6, 60))
def test_what_users_do_at_once_leaves_no_team_without_an_owner(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    users = [database.user(f"user-{n}@example.com") for n in range(4)]
    teams = [team_of(database, *_members(chance, users), name=f"Team {n}") for n in range(3)]
    for _ in range(3):
        chances = [random.Random(chance.random()) for _ in users]
        with ThreadPoolExecutor(len(users)) as pool:
            list(pool.map(partial(_act, database, users, teams), users, chances))
        for team in teams:
            _require_owner(database, team)


def _members(chance: random.Random, users: list[UUID]) -> list[Any]:
    """An owner, and some others with their roles."""
    owner, *others = chance.sample(users, chance.randint(1, len(users)))
    return [owner, *((user, chance.choice(["owner", "admin", "member"])) for user in others)]


def _act(database: Database, users: list[UUID], teams: list[UUID], user: UUID, chance: random.Random) -> None:
    """Some requests of one user, each in a transaction of its own; refusals are expected."""
    refused = set()
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        for _ in range(12):
            team = chance.choice(teams)
            acts: list[tuple[LiteralString, list[Any]]] = [
                (OFFER, [user, str(team), chance.choice(users)]),
                (ACCEPT, [user, str(team)]),
                (ACCEPT, [user, str(team)]),
                (WITHDRAW, [user, str(team)]),
                ("select oneai.request_account_deletion(%s, 14)", [user]),
                ("select oneai.restore_account(%s)", [user]),
                (DELETE, [user, str(team), team]),
                ("select oneai.restore_workspace(%s, %s)", [user, team]),
            ]
            try:
                connection.execute(*chance.choice(acts))
            except psycopg.DatabaseError as error:
                refused.add((error.sqlstate or "")[:2])
    # None of them is a deadlock or a broken rule of the tables.
    assert refused <= {"ON"}


def _require_owner(database: Database, team: UUID) -> None:
    """The team has an owner whose account is in use, or it is being deleted."""
    owners = database.rows(
        "select m.user_id from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id "
        "where m.workspace_id = %s and m.role = 'owner' and u.deletes_at is null",
        team,
    )
    assert owners or deletes_at(database, team) is not None
