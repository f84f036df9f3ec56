"""`python -m ops.maintenance`, which is `make maintenance`: closes the API to clients for a while.

    make maintenance                                                        whether it is on
    make maintenance ARGS="start 'We are moving the database.' --minutes 30 --reason 'Postgres 18'"
    make maintenance ARGS="end --reason 'moved'"

Running answers continue, and so do webhooks, jobs, health, status and the routes of admins. Uses the database at
DATABASE_URL, else that of the local stack.
"""

import argparse
import sys

from pydantic import ValidationError

from oneai.admin import maintenance_mode
from oneai.admin.act import ActReason
from oneai.admin.maintenance_mode import NewMaintenance
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make maintenance", description="Closes the API to clients for a while.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("show", help="show whether maintenance is on")
    start = actions.add_parser("start", help="start maintenance, or change its sentence and end")
    start.add_argument("message", help="the sentence for users")
    start.add_argument("--minutes", type=int, help="the expected duration, for clients that wait")
    command.add_reason(start, required=True)
    end = actions.add_parser("end", help="end maintenance")
    command.add_reason(end, required=True)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    try:
        if options.action == "start":
            new = NewMaintenance(message=options.message, minutes=options.minutes, reason=options.reason)
            command.finish(maintenance_mode.start(options.actor, new))
        elif options.action == "end":
            ended = command.finish(maintenance_mode.end(options.actor, ActReason(reason=options.reason).reason))
            print("Everyone is served again." if ended else "There was no maintenance.")
            return 0
    except ValidationError as error:
        print(command.sentence(error), file=sys.stderr)
        return 1
    _show()
    return 0


def _show() -> None:
    mode = command.finish(maintenance_mode.get_maintenance()).maintenance
    if mode is None:
        print("There is no maintenance.")
        return
    ends = f"is expected to end at {command.end(mode.ends_at)}" if mode.ends_at else "has no expected end"
    print(f"Since {command.end(mode.started_at)} UTC, {ends}: {mode.message}")


if __name__ == "__main__":
    sys.exit(main())
