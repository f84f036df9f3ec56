"""`privileges.txt` lists which role may do what, so that each change of it is seen."""

import os
import re
from pathlib import Path

import pytest

from tests.database.privileges import listing
from tests.world import Database

FILE = Path(__file__).with_name("privileges.txt")
HEADER = """\
# Who may do what in schema oneai, read from a database that the migrations and local/clock.sql have made (so that
# now() is the stack's clock). After a change that you want: WRITE_PRIVILEGES=1 pytest tests/database/test_privileges.py
"""

# Rows that are found by something else than whose they are.
FOUND_BY = {"document_chunks": "document_id", "chat_messages": "conversation_id"}


def test_privileges_match_the_committed_list(database: Database) -> None:
    found = HEADER + "\n".join(listing(database)) + "\n"
    if os.environ.get("WRITE_PRIVILEGES"):
        FILE.write_text(found)

    assert found == FILE.read_text()


def test_the_public_schema_is_empty(database: Database) -> None:
    assert database.rows("select relname from pg_class where relnamespace = 'public'::regnamespace") == []
    assert database.rows("select proname from pg_proc where pronamespace = 'public'::regnamespace") == []
    assert database.rows("select typname from pg_type where typnamespace = 'public'::regnamespace") == []


def test_every_table_has_row_security(database: Database) -> None:
    query = "select relname from pg_class where relnamespace = 'oneai'::regnamespace and relkind in ('r', 'p') and "
    assert database.rows(query + "relrowsecurity") != []
    assert database.rows(query + "not relrowsecurity") == []


def test_security_definer_functions_have_an_empty_search_path(database: Database) -> None:
    query = "select proname from pg_proc where pronamespace = 'oneai'::regnamespace and prosecdef and "
    assert database.rows(query + "proconfig @> array['search_path=\"\"']") != []
    assert database.rows(query + "not coalesce(proconfig @> array['search_path=\"\"'], false)") == []


def test_no_function_is_executable_by_public(database: Database) -> None:
    assert (
        database.rows(
            "select p.proname from pg_proc as p "
            "cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a "
            "where p.pronamespace = 'oneai'::regnamespace and a.grantee = 0"
        )
        == []
    )


def test_no_function_is_longer_than_eighty_lines(database: Database) -> None:
    functions = database.rows(
        "select p.proname, pg_get_functiondef(p.oid) from pg_proc as p where p.pronamespace = 'oneai'::regnamespace"
    )
    assert {name for name, text in functions if len(text.strip().splitlines()) > 80} == set()


def test_every_user_policy_evaluates_the_user_once_and_uses_an_index(database: Database) -> None:
    policies = database.rows(
        "select tablename, policyname, coalesce(qual, with_check) from pg_policies "
        "where schemaname = 'oneai' and roles = '{authenticated}'"
    )
    leading = database.rows(
        "select i.indrelid::regclass::text, a.attname from pg_index as i "
        "join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indpred is null"
    )
    assert policies
    for table, name, expression in policies:
        asked = re.fullmatch(
            r"\(\( SELECT auth\.uid\(\) AS uid\) = (\w+)\)|"
            r"\(*(\w+) = ANY \(ARRAY\( SELECT oneai\.(my_\w*workspaces)\(\) AS \3\)\)\)"
            # Two conditions, since no index serves one that is an `or`.
            r"(?: AND \(*user_id = \( SELECT auth\.uid\(\) AS uid\)\)"
            r"(?: OR \(\(visibility\)::text = 'workspace'::text\)\))?\)|"
            # Parts of a document, which a statement finds by it.
            r" AND \(EXISTS \( SELECT\s+FROM oneai\.documents d\s+WHERE \(d\.id = \w+\.document_id\)\)\)\))?|"
            # Rows of a message, which a statement finds by it.
            r"\(EXISTS \( SELECT\s+FROM oneai\.chat_messages m\s+WHERE \(m\.id = \w+\.(message_id)\)\)\)|"
            # A user's own rows, some of them about a workspace.
            r"\(\(\( SELECT auth\.uid\(\) AS uid\) = (\w+)\) AND \(\(workspace_id IS NULL\) OR .*"
            r"ANY \(ARRAY\( SELECT oneai\.my_workspaces\(\) .*\)\)",
            expression,
        )
        assert asked, (table, name, expression)
        column = FOUND_BY.get(table) or asked[1] or asked[2] or asked[4] or asked[5]
        assert (f"oneai.{table}", column) in leading, (table, name)


@pytest.mark.parametrize("role", ["oneai_app", "oneai_service", "authenticated", "anon"])
def test_no_serving_role_bypasses_row_security(database: Database, role: str) -> None:
    assert database.one("select rolsuper or rolbypassrls from pg_roles where rolname = %s", role) is False
    owned = "select count(*) from pg_class where relnamespace = 'oneai'::regnamespace and relowner = %s::regrole"
    assert database.one(owned, role) == 0
