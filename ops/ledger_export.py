"""`python -m ops.ledger_export`: the whole ledger of credits as JSON lines, for `make ledger-verify`.

Each line is an entry, or the end of a chain as the workspace's balance row has it, after the entries of all chains.
Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import json
import sys

from ops import command
from ops.command import Connection

_ENTRIES = """
    select jsonb_build_object('id', e.number, 'workspace_id', e.workspace_id, 'account', e.account,
        'amount_micro_usd', e.amount_micro_usd, 'cause', e.cause, 'at', e.at, 'previous_hash', e.previous_hash,
        'hash', e.hash)
    from oneai.ledger_entries as e order by e.workspace_id, e.number
"""
_ENDS = "select workspace_id, entries, last_hash from oneai.credit_balances"


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable."""
    return command.run(command.Parser(prog="make ledger-verify"), _do, arguments)


def _do(connection: Connection, _options: argparse.Namespace) -> int:
    # One snapshot of both tables. The cursor stays at the server, which has any number of entries.
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set time zone 'UTC'")
        ends = connection.execute(_ENDS).fetchall()
        with connection.cursor(name="entries") as entries:
            entries.execute(_ENTRIES)
            for (entry,) in entries:
                print(json.dumps(entry))
    for workspace, count, last_hash in ends:
        print(json.dumps({"workspace_id": str(workspace), "entries": count, "hash": last_hash}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
