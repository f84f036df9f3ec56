"""An answer that credits pay locks rows of its workspace alone, so the answers of two workspaces never wait."""

from uuid import UUID

from tests.credits.test_ledger import problems
from tests.credits.test_paying_with_credits import costs, with_credits
from tests.database.conftest import TurnClients
from tests.world import Database

# Written for an answer of credits, and not by the workspace: the operator's limits of a day, in shards by workspace.
_SHARDED = {"credit_daily_spend"}
_WRITTEN = """
    select distinct c.relname from pg_catalog.pg_locks as l join pg_catalog.pg_class as c on c.oid = l.relation
    where l.mode = 'RowExclusiveLock' and c.relkind = 'r' and c.relnamespace = 'oneai'::regnamespace
"""


def in_another_shard(database: Database, user: UUID) -> UUID:
    """A user whose workspace counts in another shard of the day."""
    shard = "select oneai.spend_shard(%s)"
    mine = database.one(shard, user)
    for number in range(100):
        other = database.user(f"other{number}@example.com")
        if database.one(shard, other) != mine:
            return other
    raise AssertionError("all users have one shard")


async def test_no_row_of_the_operator_is_locked_by_an_answer_of_credits(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    other = in_another_shard(database, asha)
    for user in (asha, other):
        with_credits(database, user, order="credits")
    mine, theirs = await clients(2)

    await mine.connection.execute("begin")
    turn = await mine.admit(asha)
    await mine.settle(turn.message_id, usage=costs(100))
    written = set(database.rows(_WRITTEN))

    assert {"credit_balances", "credit_grants", "credit_holds", "ledger_entries", "ledger_movements"} <= written
    columns = "select attrelid::regclass::text from pg_catalog.pg_attribute where attname = 'workspace_id'"
    of_workspaces = {name.removeprefix("oneai.") for name in database.rows(columns)}
    of_answers = {"reservation_lines", "workspaces", "users", "search_queue"}
    of_answers |= {"answer_followers", "answer_pieces"}
    assert written - of_workspaces - of_answers == _SHARDED

    # Another workspace's answer is admitted, paid and settled meanwhile. A lock that it waits for fails it.
    await theirs.connection.execute("set lock_timeout = '5s'")
    answered = await theirs.admit(other)
    await theirs.settle(answered.message_id, usage=costs(100))
    await theirs.connection.execute("reset lock_timeout")
    await mine.connection.execute("commit")
    assert database.one("select count(*) from oneai.ledger_movements where kind = 'use'") == 2
    assert problems(database) == []
