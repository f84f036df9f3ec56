"""`python -m ops.alerts`, which is `make alerts`: the operator alerts that are not acknowledged.

    make alerts                      the open ones, the newest last
    make alerts ARGS="ack 7 8"       acknowledges some

A report of a shared conversation is not open once that is deleted, revoked or taken down. Uses the database at
DATABASE_URL, else that of the local stack.
"""

import argparse
import json
import sys

from oneai import alerts
from oneai.accounts import audit
from oneai.alerts import OpenAlert
from ops import command
from ops.command import Connection, counted


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or an id is not of an open alert."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make alerts", description="Alerts for operators.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list open alerts")
    acknowledge = actions.add_parser("ack", aliases=["acknowledge"], help="acknowledge alerts")
    acknowledge.add_argument("ids", type=int, nargs="+", metavar="id")
    command.add_reason(acknowledge)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    if options.action in ("ack", "acknowledge") and (missing := _acknowledge(connection, options)):
        print(f"Not open: {', '.join(map(str, missing))}.", file=sys.stderr)
        return 1
    open_alerts = alerts.list_open(connection)
    for alert in open_alerts:
        print(_line(alert))
    print('`make alerts ARGS="ack ID"` puts one aside.' if open_alerts else "Nothing to worry about.")
    return 0


def _acknowledge(connection: Connection, options: argparse.Namespace) -> list[int]:
    """Acknowledges the open ones of these alerts; returns the other ids."""
    with connection.transaction():
        missing = alerts.acknowledge(connection, options.ids)
        acknowledged = sorted(set(options.ids) - set(missing))
        if acknowledged:
            audit.record(
                connection,
                options.operator,
                "operator_alert.acknowledge",
                target=("operator_alert", ",".join(map(str, acknowledged))),
                reason=options.reason,
            )
    return missing


def _line(alert: OpenAlert) -> str:
    detail = ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in alert.detail.items()
    )
    return (
        f"{alert.id:5}  {alert.kind}  {alert.subject}  {counted(alert.count, 'time')}, "
        f"{alert.first_at:%Y-%m-%d %H:%M} to {alert.last_at:%Y-%m-%d %H:%M}  {detail}"
    )


if __name__ == "__main__":
    sys.exit(main())
