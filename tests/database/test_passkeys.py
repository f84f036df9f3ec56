"""The trigger on Supabase Auth's passkeys never stops it: what cannot be recorded raises an alert."""

from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.world import Database


async def change(database: Database, user: UUID) -> None:
    """Adds a passkey and removes it, as Supabase Auth does in its own role."""
    connection = await psycopg.AsyncConnection.connect(database.url("supabase_auth_admin"), autocommit=True)
    async with connection:
        await connection.execute(
            "insert into auth.webauthn_credentials (user_id, credential_id, public_key) values (%s, %s, '')",
            [user, uuid4().bytes],
        )
        await connection.execute("delete from auth.webauthn_credentials where user_id = %s", [user])


MAILS = "select data ->> 'event' from oneai.outbox where kind = 'passkey_change' order by created_at"

BROKEN: dict[str, LiteralString] = {
    "the log is gone": "drop table oneai.audit_log cascade",
    "the outbox lacks the mail": "alter table oneai.outbox add check (kind <> 'passkey_change')",
    "the list lacks passkeys": "alter table oneai.audit_log add check (action !~ '^passkey')",
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_passkey_is_added_and_removed_although_it_cannot_be_recorded(
    database: Database, asha: UUID, what: str
) -> None:
    database.rows(BROKEN[what])

    await change(database, asha)

    assert database.rows("select kind, subject from oneai.operator_alerts order by subject") == [
        ("audit_incomplete", "passkey.added"),
        ("audit_incomplete", "passkey.removed"),
    ]


async def test_a_passkey_changes_even_if_the_alert_cannot_be_stored(database: Database, asha: UUID) -> None:
    database.rows("drop table oneai.audit_log cascade; drop table oneai.operator_alerts")

    await change(database, asha)

    assert database.rows("select count(*) from auth.webauthn_credentials") == [0]


async def test_both_changes_are_recorded_and_mailed_once_each(database: Database, asha: UUID) -> None:
    await change(database, asha)

    assert database.rows("select action from oneai.audit_log order by id") == ["passkey.add", "passkey.remove"]
    assert database.rows(MAILS) == ["added", "removed"]
