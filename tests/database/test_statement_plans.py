"""The statements of an answer and of an embedding look rows up by key, with any statistics of the tables.

They never scan all messages or all open answers.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.conftest import TurnClients
from tests.database.turns import TERMS, TurnClient
from tests.world import Database

# Postgres sends the plan of each statement, those within functions included, as a notice.
EXPLAIN = """
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on;
    set auto_explain.log_format = json;
    set client_min_messages = log;
"""
# At most one row, the plans', or one of each provider: read as a whole at any time.
SMALL_TABLES = {"clock", "plan_quotas", "set_aside_providers"}
EXPIRE = "update oneai.reservations set held_until = oneai.now() - interval '1 second' where id = %s"


async def answer(database: Database, client: TurnClient, user: UUID) -> None:
    """A question, an answer in pieces with a title, a follow-up, one whose process dies, and embeddings."""
    first = await client.admit(user)
    await client.checkpoint(first.message_id)
    await client.checkpoint(first.message_id, ("text", 0, "Hi"), generation="gen-1")
    await client.settle(first.message_id, titles=True)
    completion = json.dumps({"outcome": "complete", "model_asked": "maker/small", "price_version": "v1"})
    await client.call("select oneai.write_title(%s, 'Greetings', %s)", first.message_id, completion)
    second = await client.admit(user, "And now?", conversation=first.conversation_id)
    await client.settle(second.message_id)
    third = await client.admit(user, "And then?", conversation=first.conversation_id)
    await client.checkpoint(third.message_id, ("text", 0, "It "))
    database.rows(EXPIRE, third.message_id)
    assert await client.expire_answer(third.message_id)
    terms = json.dumps({"free": {"free": True, "history_bytes": 128_000, "answers": [TERMS]}})
    asked = {"message": "Hello", "conversation_id": str(first.conversation_id), "answers": [{"model": "maker/small"}]}
    await client.call("select oneai.quote(%s, %s, %s)", user, json.dumps(asked), terms)
    embeddings = uuid4()
    texts = {"model": "maker/small", "answers": [{"model": "maker/small"}], "units": 1, "prompt_tokens": 9}
    await client.call("select oneai.admit_embeddings(%s, %s, %s, %s)", user, embeddings, json.dumps(texts), terms)
    await client.settle(embeddings, "", units=1)


async def plans(database: Database, client: TurnClient, user: UUID) -> list[dict[str, Any]]:
    """The plans of all statements of an answer."""
    notices: list[str] = []

    def add(diagnostic: psycopg.errors.Diagnostic) -> None:
        notices.append(diagnostic.message_primary or "")

    await client.connection.execute(EXPLAIN)
    client.connection.add_notice_handler(add)
    await answer(database, client, user)
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
async def test_no_statement_of_an_answer_scans_a_whole_table(
    database: Database, owners: TurnClients, asha: UUID, known: str
) -> None:
    (writer, fresh) = await owners(2)
    for _ in range(1 if known == "small tables" else 20):
        await answer(database, writer, asha)
    if known != "nothing":
        database.rows("vacuum analyze")

    found = await plans(database, fresh, asha)

    assert len(found) > 50
    wrong = [
        (node["Node Type"], node.get("Relation Name"), node.get("Index Name"), plan["Query Text"][:200])
        for plan in found
        for node in nodes(plan["Plan"])
        if reads_everything(node)
    ]
    assert wrong == []
