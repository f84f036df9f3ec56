"""The audit log is only ever added to, survives erasure without the user, and never keeps one from signing in."""

import asyncio
import re
from typing import LiteralString, get_args
from uuid import UUID, uuid4

import psycopg
import pytest

from oneai.accounts.audit import AuditAction
from tests.database.audit import record
from tests.database.conftest import TurnClients
from tests.database.rows import all_rows, hold_locks, wait_for_blocked
from tests.database.turns import TurnClient
from tests.patience import PATIENCE
from tests.world import Database

pytestmark = pytest.mark.sampled(0.4)

ENTRY: LiteralString = """
    select actor_kind, actor, action, user_id, target_kind, target_id, reason, host(ip), user_agent, request_id, detail
    from oneai.audit_log order by id"""
CHANGES: tuple[LiteralString, ...] = (
    "update oneai.audit_log set reason = 'another'",
    "update oneai.audit_log set created_at = now()",
    "update oneai.audit_log set actor = 'another'",
    "update oneai.audit_log set ip = null, user_agent = null, request_id = null",
    "update oneai.audit_log set user_id = null, ip = null, user_agent = null, request_id = null",
    "update oneai.audit_log set user_id = gen_random_uuid(), ip = null, user_agent = null, request_id = null",
    "delete from oneai.audit_log",
    "truncate oneai.audit_log",
)


async def sign_in(database: Database, user: UUID, ip: str | None = "203.0.113.7", agent: str = "Firefox") -> UUID:
    """A new session, as Supabase Auth stores it in its own role."""
    session = uuid4()
    connection = await psycopg.AsyncConnection.connect(database.url("supabase_auth_admin"), autocommit=True)
    async with connection:
        await connection.execute(
            "insert into auth.sessions (id, user_id, created_at, updated_at, ip, user_agent) "
            "values (%s, %s, now(), now(), %s, %s)",
            [session, user, ip, agent],
        )
    return session


def test_an_action_is_recorded_with_actor_target_reason_and_origin(database: Database, asha: UUID) -> None:
    record(
        database,
        "admin",
        asha,
        "account.suspend",
        asha,
        target=("user", asha),
        reason=" spam ",
        ip="2001:db8::1",
        agent="curl/8",
        request="req-1",
        detail={"days": 3},
    )

    assert database.one(ENTRY) == (
        *("admin", str(asha), "account.suspend", asha, "user", str(asha), "spam"),
        *("2001:db8::1", "curl/8", "req-1", {"days": 3}),
    )
    assert database.one("select created_at <= oneai.now() from oneai.audit_log")


def test_python_and_the_table_have_the_same_actions(database: Database) -> None:
    constraint = database.one(
        "select pg_get_constraintdef(oid) from pg_constraint "
        "where conrelid = 'oneai.audit_log'::regclass and conname = 'audit_log_action_check'"
    )
    actions = re.findall(r"'([a-z_.]+)'", constraint)

    assert sorted(actions) == sorted(get_args(AuditAction.__value__))
    assert len(actions) == len(set(actions))


@pytest.mark.parametrize("role", ["oneai_app", "oneai_service", "authenticated", "anon", "service_role"])
def test_no_role_reads_changes_or_inserts_rows_directly(database: Database, asha: UUID, role: LiteralString) -> None:
    record(database, "user", asha, "api_key.create")
    more: tuple[LiteralString, ...] = (
        "select from oneai.audit_log",
        "insert into oneai.audit_log (actor_kind, actor, action) values ('system', 'x', 'plan.change')",
        "alter table oneai.audit_log disable trigger all",
        "select oneai.anonymize_audit_log(gen_random_uuid())",
    )
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("select set_config('role', %s, false)", [role])
        for statement in (*CHANGES, *more):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert len(database.rows(ENTRY)) == 1


@pytest.mark.parametrize("role", ["migrator", "postgres"])
def test_its_owner_and_a_superuser_cannot_change_a_row_either(database: Database, asha: UUID, role: str) -> None:
    record(database, "operator", "maya", "account.suspend", asha, target=("user", asha), reason="spam", ip="192.0.2.1")
    before = database.rows(ENTRY)

    with psycopg.connect(database.url(role), autocommit=True) as connection:
        for statement in CHANGES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(statement)

    assert database.rows(ENTRY) == before


def test_a_row_is_deleted_at_the_earliest_after_a_year(database: Database, asha: UUID) -> None:
    record(database, "user", asha, "api_key.create")
    database.advance(364 * 24 * 3600)
    record(database, "user", asha, "api_key.revoke")
    # The condition is of no use to a caller who asks for less than a year.
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.rows("select oneai.delete_audit_log(100, 10)")

    database.advance(2 * 24 * 3600)

    assert database.one("select oneai.delete_audit_log(365, 10)") == 1
    assert database.rows("select action from oneai.audit_log") == ["api_key.revoke"]


def test_overlong_text_is_cut_and_never_fails_the_action(database: Database, asha: UUID) -> None:
    record(
        database,
        "operator",
        "m" * 300,
        "account.suspend",
        asha,
        target=("user", "u" * 300),
        reason="r" * 2000,
        agent="a" * 2000,
        request="q" * 300,
        detail={"text": "d" * 5000},
    )

    (row,) = database.rows(ENTRY)
    assert [len(row[at]) for at in (1, 5, 6, 8, 9)] == [200, 200, 1000, 500, 200]
    assert row[10] == {"dropped": "too large"}


def test_an_unknown_action_is_refused(database: Database, asha: UUID) -> None:
    for kind, actor, action in (
        ("user", asha, "api_key.forge"),
        ("robot", "x", "plan.change"),
        ("admin", "maya", "account.suspend"),  # an admin is a user, and has an id
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            record(database, kind, actor, action)
    assert database.rows(ENTRY) == []


CREDENTIALS = (
    "oneai_sk_" + "A1b2" * 10 + "Zz09aA",
    "sk-or-v1-" + "0123456789abcdef" * 4,
    "sk-proj-" + "x" * 40,
    "sb_secret_" + "y" * 30,
    "whsec_" + "z" * 32,
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
)


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_pasted_credential_is_removed_from_every_field(database: Database, asha: UUID, credential: str) -> None:
    address = "postgresql://postgres.ref:pa55/word@host:5432/postgres"
    record(
        database,
        "operator",
        f"maya {credential}",
        "api_key.revoke",
        asha,
        target=("api_key", "42"),
        reason=f"leaked {credential}, see {address}",
        agent=f"curl {credential}",
        request=credential,
        detail={"note": f'"{credential}"', "deep": [{"key": credential, "address": address}]},
    )

    (row,) = all_rows(database)["audit_log"]
    assert credential not in row
    assert "pa55" not in row
    assert row.count("[redacted]") == 8
    assert database.one("select reason from oneai.audit_log") == (
        "leaked [redacted], see postgresql://postgres.ref:[redacted]@host:5432/postgres"
    )


def test_names_of_keys_are_not_mistaken_for_credentials(database: Database, asha: UUID) -> None:
    hints = {
        "hint": "oneai_sk_…Zz09",
        "label": "sk-or-v1-0e6...c96",
        "id": str(uuid4()),
        "url": "https://x.example/a:b@c",
    }
    record(database, "user", asha, "api_key.create", detail=hints)

    assert database.one("select detail from oneai.audit_log") == hints


def test_only_actions_and_times_of_an_erased_user_are_kept(database: Database, asha: UUID, ravi: UUID) -> None:
    hers = {"target": ("api_key", "k1"), "ip": "203.0.113.9", "agent": "Asha's phone", "request": "r-1"}
    record(database, "user", asha, "api_key.create", **hers, detail={"name": "Asha's key"})  # type: ignore[arg-type]
    record(database, "operator", "maya", "account.suspend", asha, target=("user", asha), reason="Asha Rao sent spam")
    record(database, "admin", asha, "account.suspend", ravi, target=("user", ravi), reason="fraud", ip="203.0.113.9")
    record(
        database, "user", ravi, "api_key.create", target=("api_key", "k2"), ip="203.0.113.2", detail={"name": "ravi"}
    )
    at = database.rows("select created_at from oneai.audit_log order by id")
    database.rows("delete from auth.users where id = %s", asha)

    database.rows("select oneai.erase(%s)", asha)

    own, suspended, as_admin, others = database.rows(ENTRY)
    opaque = own[3]
    assert opaque not in (asha, None)
    assert own == ("user", str(opaque), "api_key.create", opaque, "api_key", *[None] * 5, {})
    assert suspended == ("operator", "maya", "account.suspend", opaque, "user", str(opaque), *[None] * 4, {})
    assert as_admin == ("admin", str(opaque), "account.suspend", ravi, "user", str(ravi), "fraud", *[None] * 3, {})
    assert others == (
        *("user", str(ravi), "api_key.create", ravi, "api_key", "k2", None, "203.0.113.2", None, None),
        {"name": "ravi"},
    )
    assert database.rows("select created_at from oneai.audit_log order by id") == at
    assert not any(str(asha) in row or "Asha" in row for row in all_rows(database)["audit_log"])


def test_an_action_on_a_user_without_a_sign_in_does_not_name_them(database: Database) -> None:
    user = uuid4()
    record(
        database,
        "operator",
        "maya",
        "account.erase",
        user,
        target=("user", user),
        reason="asha@example.com asked",
        detail={"email": "asha@example.com"},
    )

    (row,) = database.rows(ENTRY)
    assert row[:3] == ("operator", "maya", "account.erase")
    assert row[3] != user
    assert row[4:7] == ("user", str(row[3]), None)
    assert row[10] == {}


async def test_an_action_recorded_during_an_erasure_does_not_name_the_user(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    act = "select oneai.record_audit('user', %s, 'api_key.revoke', p_reason => 'mine')"
    async with await psycopg.AsyncConnection.connect(database.url("oneai_app")) as open_act:
        await open_act.execute(act, [str(asha)])
        (eraser,) = await clients(1)
        deletion = asyncio.create_task(asyncio.to_thread(_delete_sign_in, database, asha))
        await wait_for_blocked(database, 1)
        await open_act.commit()
    await deletion
    await eraser.call("select oneai.erase(%s)", asha)

    assert not any(str(asha) in row for row in all_rows(database)["audit_log"])
    assert database.rows("select action, reason from oneai.audit_log") == [("api_key.revoke", None)]


def _delete_sign_in(database: Database, user: UUID) -> None:
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("delete from auth.users where id = %s", [user])


async def test_a_sign_in_is_recorded_with_its_origin(database: Database, asha: UUID) -> None:
    session = await sign_in(database, asha)

    assert database.one(ENTRY) == (
        *("user", str(asha), "session.create", asha, "session", str(session), None, "203.0.113.7", "Firefox", None, {}),
    )


@pytest.mark.parametrize(("ip", "agent"), [(None, ""), ("2001:db8::7", "x" * 5000), ("192.0.2.1", CREDENTIALS[0])])
async def test_an_unusual_client_signs_in_normally(database: Database, asha: UUID, ip: str | None, agent: str) -> None:
    assert await sign_in(database, asha, ip, agent)

    assert database.rows("select action from oneai.audit_log") == ["session.create"]
    assert CREDENTIALS[0] not in str(all_rows(database)["audit_log"])


BROKEN: dict[str, LiteralString] = {
    "the log is gone": "drop table oneai.audit_log cascade",
    "the log wants more": "alter table oneai.audit_log add shoe_size integer not null",
    "the list lacks sign-ins": "alter table oneai.audit_log add check (action <> 'session.create')",
    "the function is gone": "drop function oneai.record_audit",
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_sign_in_succeeds_without_its_row_and_raises_an_alert(
    database: Database, asha: UUID, what: str
) -> None:
    database.rows(BROKEN[what])

    sessions = [await sign_in(database, asha) for _ in range(2)]

    assert set(database.rows("select id from auth.sessions")) == set(sessions)
    assert database.rows("select kind, subject, count from oneai.operator_alerts") == [
        ("audit_incomplete", "session.create", 2)
    ]


async def test_a_sign_in_succeeds_even_if_the_alert_cannot_be_stored(database: Database, asha: UUID) -> None:
    database.rows("drop function oneai.record_audit; drop table oneai.operator_alerts")

    assert await sign_in(database, asha)


async def test_a_sign_in_does_not_wait_for_a_migration_that_locks_the_log(database: Database, asha: UUID) -> None:
    async with hold_locks(database, "lock table oneai.audit_log in access exclusive mode"):
        assert await asyncio.wait_for(sign_in(database, asha), PATIENCE)

    assert database.rows("select kind from oneai.operator_alerts") == ["audit_incomplete"]


async def test_an_action_that_is_rolled_back_is_not_recorded(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await client.call("select oneai.record_audit('user', %s, 'api_key.create'), 1 / 0", str(asha))

    assert database.rows(ENTRY) == []
