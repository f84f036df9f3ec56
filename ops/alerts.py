"""`python -m ops.alerts`, which is `make alerts`: what operators are to know and have not acknowledged.

    make alerts                      those that are open, the newest last
    make alerts ARGS="ack 7 8"       puts some aside

A report of a shared conversation that is gone, revoked or taken down is open no longer. Looks at DATABASE_URL, else at
the stack that runs here.
"""

import argparse
import json
import sys

from ops import command
from ops.command import Connection, counted


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, or an id is of no open alert."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make alerts", description="What operators are to know.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="those that are open")
    acknowledge = actions.add_parser("ack", aliases=["acknowledge"], help="put some aside")
    acknowledge.add_argument("ids", type=int, nargs="+", metavar="id")
    return parser


def _do(connection: Connection, wanted: argparse.Namespace) -> int:
    if wanted.action in ("ack", "acknowledge") and not _acknowledge(connection, wanted.ids):
        return 1
    _list(connection)
    return 0


def _acknowledge(connection: Connection, ids: list[int]) -> bool:
    """Puts aside those that are open; names the others."""
    put_aside = connection.execute(
        "update oneai.operator_alerts set acknowledged_at = oneai.now() "
        "where id = any(%s) and acknowledged_at is null returning id",
        [ids],
    ).fetchall()
    missing = sorted(set(ids) - {each["id"] for each in put_aside})
    if missing:
        print(f"Not open: {', '.join(map(str, missing))}.", file=sys.stderr)
    return not missing


def _list(connection: Connection) -> None:
    alerts = connection.execute(
        """
        select id, kind, subject, detail, first_at, last_at, count from oneai.operator_alerts as a
        where acknowledged_at is null and not (kind = 'share_reported' and not exists (
          select from oneai.shares as s
          where s.id::text = a.subject and s.revoked_at is null and s.taken_down_at is null))
        order by last_at
        """
    ).fetchall()
    for alert in alerts:
        detail = ", ".join(
            f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            for name, value in alert["detail"].items()
        )
        print(
            f"{alert['id']:5}  {alert['kind']}  {alert['subject']}  {counted(alert['count'], 'time')}, "
            f"{alert['first_at']:%Y-%m-%d %H:%M} to {alert['last_at']:%Y-%m-%d %H:%M}  {detail}"
        )
    print('`make alerts ARGS="ack ID"` puts one aside.' if alerts else "Nothing to worry about.")


if __name__ == "__main__":
    sys.exit(main())
