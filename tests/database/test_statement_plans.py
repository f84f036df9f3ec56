"""An answer is admitted, stored and settled by looking rows up by their keys, whatever Postgres knows of its tables: it
never reads all messages, or all answers that are open, for one."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import TurnClient
from tests.world import Database

# Postgres sends the plan of each statement, those within functions included, as a notice.
EXPLAIN = """
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on;
    set auto_explain.log_format = json;
    set client_min_messages = log;
"""
# At most one row, or the plans': read as a whole at any time.
SMALL_TABLES = {"clock", "plan_quotas"}


async def answer(client: TurnClient, person: UUID) -> None:
    """A question, an answer in pieces with a title, and a follow-up."""
    first = await client.admit(person)
    await client.checkpoint(first.message_id)
    await client.checkpoint(first.message_id, ("text", 0, "Hi"), generation="gen-1")
    await client.settle(first.message_id, titles=True)
    completion = json.dumps({"outcome": "complete", "model_asked": "maker/small", "price_version": "v1"})
    await client.call("select oneai.write_title(%s, 'Greetings', %s)", first.message_id, completion)
    second = await client.admit(person, "And now?", conversation=first.conversation_id)
    await client.settle(second.message_id)


async def plans(client: TurnClient, person: UUID) -> list[dict[str, Any]]:
    """The plans of all statements of an answer."""
    notices: list[str] = []

    def add(diagnostic: psycopg.errors.Diagnostic) -> None:
        notices.append(diagnostic.message_primary or "")

    await client.connection.execute(EXPLAIN)
    client.connection.add_notice_handler(add)
    await answer(client, person)
    return [json.loads(notice.partition("plan:\n")[2]) for notice in notices if "plan:\n" in notice]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan and all below it."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def reads_everything(node: dict[str, Any]) -> bool:
    """Whether this reads all of a table that grows, or of an index of one."""
    if node["Node Type"] == "Seq Scan":
        return node["Relation Name"] not in SMALL_TABLES
    return node["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan") and "Index Cond" not in node


@pytest.mark.parametrize("known", ["nothing", "small tables", "that no answer is open"])
async def test_no_statement_of_an_answer_reads_all_rows(
    database: Database, owners: TurnClients, asha: UUID, known: str
) -> None:
    (writer, fresh) = await owners(2)
    for _ in range(1 if known == "small tables" else 40):
        await answer(writer, asha)
    if known != "nothing":
        database.rows("vacuum analyze")

    found = await plans(fresh, asha)

    assert len(found) > 50
    wrong = [
        (node["Node Type"], node.get("Relation Name"), node.get("Index Name"), plan["Query Text"][:200])
        for plan in found
        for node in nodes(plan["Plan"])
        if reads_everything(node)
    ]
    assert wrong == []
