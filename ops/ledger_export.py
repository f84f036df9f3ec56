"""`python -m ops.ledger_export`: the whole ledger of credits as JSON lines, for `make ledger-verify`.

A line has a `kind`: `leaf` and `root` by day, then each chain with `entry`, `movement` after its entries, and `end` as
the workspace's row of balances has it. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys

from ops import command
from ops.command import Connection

_ROOTS = """
    select data::text from (
      select l.day, 1 as place, jsonb_build_object('kind', 'leaf', 'workspace_id', l.workspace_id, 'day', l.day,
        'entries', l.entries, 'hash', l.hash) as data
      from oneai.ledger_leaves as l
      union all
      select r.day, 2, to_jsonb(r) - 'parts' || '{"kind": "root"}' from oneai.ledger_roots as r) as line
    order by day, place
"""
_CHAINS = """
    select data::text from (
      select e.workspace_id, e.number, 1 as place, jsonb_build_object('kind', 'entry', 'id', e.number,
        'workspace_id', e.workspace_id, 'account', e.account, 'amount_micro_usd', e.amount_micro_usd, 'cause', e.cause,
        'at', e.at, 'previous_hash', e.previous_hash, 'hash', e.hash) as data
      from oneai.ledger_entries as e
      union all
      select m.workspace_id, m.number, 2, jsonb_build_object('kind', 'movement', 'workspace_id', m.workspace_id,
        'cause', m.cause, 'amount_micro_usd', m.amount_micro_usd, 'balance_micro_usd', m.balance_micro_usd)
      from oneai.ledger_movements as m
      union all
      select b.workspace_id, 9223372036854775807, 3, jsonb_build_object('kind', 'end', 'workspace_id', b.workspace_id,
        'entries', b.entries, 'hash', b.last_hash, 'accounts', jsonb_build_object('paid', b.paid_micro_usd,
          'promotional', b.promotional_micro_usd, 'owed', b.owed_micro_usd))
      from oneai.credit_balances as b) as line
    order by workspace_id, number, place
"""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable."""
    return command.run(command.Parser(prog="make ledger-verify"), _do, arguments)


def _do(connection: Connection, _options: argparse.Namespace) -> int:
    # One snapshot of all tables. The cursors stay at the server, which has any number of rows.
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set time zone 'UTC'")
        for query in (_ROOTS, _CHAINS):
            with connection.cursor(name="lines") as lines:
                lines.itersize = 2_000
                lines.execute(query)
                for (line,) in lines:
                    print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
