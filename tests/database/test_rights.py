"""Users see their own rows and write almost nothing. Others see nothing, and the functions' role sees little."""

import json
from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.database.turns import TurnClient
from tests.world import Database

OWN: tuple[LiteralString, ...] = (
    "workspaces",
    "workspace_members",
    "users",
    "usage_quotas",
    "conversations",
    "chat_messages",
    "answer_pieces",
    "message_feedback",
    "usage_events",
    "subscriptions",
    "subscription_history",
    "payments",
    "shares",
    "conversation_sizes",
    "consents",
    "prompts",
)
# Where the column is not `user_id`.
COLUMNS: dict[str, tuple[LiteralString, ...]] = {
    "id": ("users", "workspaces"),
    "workspace_id": (
        *("usage_quotas", "usage_events", "subscriptions", "subscription_history", "payments", "conversation_sizes"),
    ),
}
NOBODYS: tuple[LiteralString, ...] = (
    "plan_quotas",
    "plan_storage",
    "plan_document_pages",
    "document_vectors",
    "storage_counts",
    "search_entries",
    "search_words",
    "embedding_models",
    "operator_alerts",
    "reservations",
    "reservation_lines",
    "daily_spend",
    "cost_samples",
    "pending_cost_checks",
    "snapshot_messages",
    "share_reports",
    "maintenance_mode",
    "incidents",
    "incident_updates",
)


type Query = LiteralString | sql.Composed


class Session:
    """One connection as the functions have it, taking a role for one statement at a time."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def do(self, role: LiteralString, query: Query, *params: Any, claims: object = None) -> int:
        """Runs `query` as `role`; how many rows it saw or changed."""
        with self.connection.transaction():
            self.connection.execute("select set_config('role', %s, true)", [role])
            self.connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims or {})])
            return self.connection.execute(query, params).rowcount

    def refused(self, role: LiteralString, query: Query, *params: Any, claims: object = None) -> str | None:
        """The SQLSTATE with which `query` is refused."""
        with pytest.raises(psycopg.Error) as refused:
            self.do(role, query, *params, claims=claims)
        return refused.value.sqlstate


def on(statement: LiteralString, table: LiteralString) -> sql.Composed:
    """`statement` about one of our tables."""
    return sql.SQL(statement).format(sql.Identifier("oneai", table))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One connection of `oneai_app`."""
    with psycopg.connect(database.url("oneai_app"), autocommit=True) as connection:
        yield Session(connection)


@pytest.fixture
async def full(database: Database, client: TurnClient, asha: UUID, ravi: UUID) -> None:
    """Something of asha's in every table."""
    turn = await client.admit(asha)
    await client.settle(turn.message_id)
    open_turn = await client.admit(asha)
    await client.checkpoint(open_turn.message_id, ("text", 0, "Hi"))
    database.rows(
        "insert into oneai.message_feedback (message_id, user_id, rating) values (%s, %s, 1)", turn.message_id, asha
    )
    database.rows("select oneai.raise_alert('signup_incomplete', 'x', '{}')")
    database.rows(
        "insert into oneai.subscriptions (workspace_id, plan_id, status, payment_provider) "
        "values (%s, 'pro', 'active', 'razorpay')",
        asha,
    )
    database.rows(
        "insert into oneai.subscription_history (workspace_id, new_tier, change_reason) values (%s, 'pro', 'upgrade')",
        asha,
    )
    database.rows(
        "insert into oneai.payments (workspace_id, payment_provider, provider_payment_id, amount, currency, status) "
        "values (%s, 'razorpay', 'pay_1', 100, 'INR', 'captured')",
        asha,
    )
    database.rows(
        "insert into oneai.shares (user_id, conversation_id, token_hash, kind) "
        "values (%s, %s, sha256('token'), 'live')",
        *(asha, turn.conversation_id),
    )
    database.rows("select oneai.save_conversation_size(%s)", turn.conversation_id)
    database.rows("insert into oneai.consents (user_id, kind, version) values (%s, 'age', '18')", asha)
    database.rows("insert into oneai.prompts (user_id, name, content) values (%s, 'Plan', 'Plan my day.')", asha)


@pytest.mark.usefixtures("full")
def test_users_see_only_their_own_rows(session: Session, asha: UUID, ravi: UUID) -> None:
    for table in OWN:
        query = on("select from {}", table)
        column = next((each for each, tables in COLUMNS.items() if table in tables), "user_id")
        whose = sql.SQL("select from {} where {} = %s").format(sql.Identifier("oneai", table), sql.Identifier(column))

        assert session.do("authenticated", query, claims={"sub": str(asha)}) > 0
        assert session.do("authenticated", whose, ravi, claims={"sub": str(asha)}) == 0
        assert session.do("authenticated", whose, asha, claims={"sub": str(ravi)}) == 0
        assert session.do("authenticated", query, claims={"sub": str(uuid4())}) == 0
        assert session.do("authenticated", query) == 0


@pytest.mark.usefixtures("full")
def test_tables_without_an_owner_are_refused_with_an_error(session: Session, asha: UUID) -> None:
    for table in NOBODYS:
        assert session.refused("authenticated", on("select from {}", table), claims={"sub": str(asha)}) == "42501"


@pytest.mark.usefixtures("full")
def test_users_cannot_insert_delete_or_truncate(session: Session, asha: UUID) -> None:
    changes: tuple[LiteralString, ...] = ("delete from {}", "insert into {} default values", "truncate {}")
    for statement in (on(change, table) for table in (*OWN, *NOBODYS) for change in changes):
        assert session.refused("authenticated", statement, claims={"sub": str(asha)}) == "42501"


CHANGES: tuple[LiteralString, ...] = (
    "update oneai.usage_quotas set used = 0",
    "update oneai.usage_quotas set quota_limit = 1000000",
    "update oneai.chat_messages set content = 'never said'",
    "update oneai.answer_pieces set text = 'never said'",
    "update oneai.message_feedback set rating = 1",
    "update oneai.usage_events set charged = 0",
    "update oneai.reservations set settled_at = now()",
    "update oneai.workspaces set subscription_tier = 'enterprise'",
    "update oneai.users set suspended_at = null",
    "update oneai.conversations set answering_until = null",
    "update oneai.conversations set user_id = gen_random_uuid()",
    "update oneai.subscriptions set status = 'active'",
    "update oneai.payments set status = 'captured'",
    "update oneai.shares set taken_down_at = null",
    "select token_hash from oneai.shares",
    "select report_count from oneai.shares",
    "select oneai.open_share('')",
    "select oneai.shared_messages(gen_random_uuid(), 0, 1)",
    "select oneai.add_spend(gen_random_uuid(), '2026-01-01', 0, 0)",
    "select oneai.roll_windows(gen_random_uuid())",
    "select oneai.admit(gen_random_uuid(), gen_random_uuid(), '{}', '{}')",
    "select oneai.settle(gen_random_uuid(), '{}')",
    "update oneai.conversation_sizes set bytes = 0",
    "select oneai.require_storage(gen_random_uuid(), 0, true, null)",
    "create table oneai.mine ()",
)


@pytest.mark.usefixtures("full")
def test_users_cannot_write_columns_that_count(session: Session, asha: UUID) -> None:
    for change in CHANGES:
        assert session.refused("authenticated", change, claims={"sub": str(asha)}) == "42501"


@pytest.mark.usefixtures("full")
def test_users_change_only_their_own_name_and_titles(
    database: Database, session: Session, asha: UUID, ravi: UUID
) -> None:
    rename = "update oneai.conversations set title = 'Rain'"
    call = "update oneai.users set name = 'Asha'"

    assert session.do("authenticated", rename, claims={"sub": str(ravi)}) == 0
    assert session.do("authenticated", rename, claims={"sub": str(asha)}) == 2
    assert session.do("authenticated", call, claims={"sub": str(asha)}) == 1
    assert database.rows("select name from oneai.users where id = %s", ravi) == [None]


TOO_MUCH: tuple[LiteralString, ...] = (
    "update oneai.conversations set system_prompt = repeat('x', 50000000)",
    "update oneai.conversations set system_prompt = repeat('x', 80001)",
    "update oneai.conversations set title = repeat('x', 4001)",
    "update oneai.conversations set model = repeat('x', 4001)",
    "update oneai.conversations set folder = repeat('x', 4001)",
    "update oneai.conversations set tags = array[repeat('x', 16001)]",
    "update oneai.conversations set metadata = jsonb_build_object('x', repeat('x', 64001))",
)


@pytest.mark.usefixtures("full")
def test_users_cannot_exceed_the_apis_limits_in_a_conversation(session: Session, asha: UUID) -> None:
    claims = {"sub": str(asha)}
    for change in TOO_MUCH:
        assert session.refused("authenticated", change, claims=claims) == "23514", change
    longest = "update oneai.conversations set system_prompt = repeat('\U0001f431', 20000)"
    assert session.do("authenticated", longest, claims=claims) == 2


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("role", ["anon", "service_role"])
def test_other_roles_can_do_nothing(database: Database, role: LiteralString) -> None:
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        session = Session(connection)
        for table in (*OWN, *NOBODYS):
            assert session.refused(role, on("select from {}", table)) == "42501"
        assert session.refused(role, "select oneai.now()") == "42501"
        held = connection.execute(
            "select has_table_privilege(%s, oid, 'select, insert, update, delete') from pg_class "
            "where relnamespace = 'oneai'::regnamespace and relkind = 'r'",
            [role],
        )
        assert not any(may for (may,) in held)
        callable_ = connection.execute(
            "select has_function_privilege(%s, oid, 'execute') from pg_proc where pronamespace = 'oneai'::regnamespace",
            [role],
        )
        assert not any(may for (may,) in callable_)


@pytest.mark.usefixtures("full")
def test_the_functions_role_accesses_no_table_without_switching_roles(session: Session) -> None:
    for table in (*OWN, *NOBODYS):
        assert session.refused("oneai_app", on("select from {}", table)) == "42501"
        assert session.refused("oneai_app", on("delete from {}", table)) == "42501"


def test_the_functions_role_can_switch_to_no_other_role(session: Session) -> None:
    for role in ("postgres", "migrator", "service_role", "anon", "supabase_auth_admin"):
        assert session.refused("oneai_app", "select set_config('role', %s, true)", role) == "42501", role


NOT_THE_SERVICES: tuple[LiteralString, ...] = (
    "update oneai.usage_events set charged = 0",
    "delete from oneai.usage_events",
    "delete from oneai.payments",
    "update oneai.subscription_history set new_tier = 'free'",
    "update oneai.plan_quotas set quota_limit = 0",
    "update oneai.plan_storage set limit_bytes = 0",
    "delete from oneai.conversation_sizes",
    "delete from oneai.daily_spend",
    "truncate oneai.chat_messages",
    "alter table oneai.users disable row level security",
    "create table public.mine ()",
    "create function oneai.mine() returns void language sql as ''",
    "select * from auth.users",
    "select oneai.record_usage(null, null, null, null, null, null, null, null, null)",
    "select oneai.require_active_user(gen_random_uuid(), gen_random_uuid(), false)",
)


@pytest.mark.usefixtures("full")
def test_the_service_role_can_change_neither_history_nor_schema(session: Session) -> None:
    for statement in NOT_THE_SERVICES:
        assert session.refused("oneai_service", statement) == "42501", statement


OUR_OWN_FUNCTIONS_ONLY: tuple[LiteralString, ...] = (
    "select oneai.workspace_billing_record(gen_random_uuid())",
    "select oneai.upsert_facts(gen_random_uuid(), '{}')",
    "select oneai.save_projection(gen_random_uuid(), '{}', 'webhook')",
    "select oneai.set_entitled_plan(gen_random_uuid(), 'enterprise', null, null)",
    "select oneai.save_operations('{}', '{}', '{}', '[]')",
    "select oneai.issue_invoice(gen_random_uuid(), '{}')",
    "select oneai.issue_credit_note(gen_random_uuid())",
)


def test_plans_and_documents_are_written_only_by_their_functions(session: Session) -> None:
    for statement in OUR_OWN_FUNCTIONS_ONLY:
        assert session.refused("oneai_app", statement) == "42501", statement


async def test_a_message_in_a_conversation_of_another_user_is_impossible(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    hers = await client.admit(asha)

    for message in (
        "insert into oneai.chat_messages "
        "(conversation_id, user_id, role, model_id, sequence_number, is_chosen) "
        "values (%s, %s, 'user', 'maker/small', 9, false)",
        "update oneai.chat_messages set conversation_id = %s, user_id = %s",
    ):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            database.rows(message, hers.conversation_id, ravi)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.rows("update oneai.conversations set user_id = %s", ravi)
