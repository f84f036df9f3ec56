"""`python -m ops.takedown`, which is `make takedown`: the shared conversations that readers reported.

`--token=…` (the whole link will do) or `--id=…` takes one of them down, for a `--reason=…` if there is one. Uses the
database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys
from uuid import UUID

from oneai.accounts import audit
from oneai.conversations import takedown
from oneai.errors import NotFound
from ops import command
from ops.command import Connection, counted

_REASONS_SHOWN = 5


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or there is no such share."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make takedown",
        usage="make takedown [TOKEN=LINK | ID=SHARE] [REASON=WHY]",
        description="Shared conversations that were reported; TOKEN or ID takes one down.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--token", help="the link, or the token it ends with")
    which.add_argument("--id", type=UUID, help="the share's id, as it is listed")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    if options.token or options.id:
        return _take_down(connection, options)
    return _list(connection)


def _take_down(connection: Connection, options: argparse.Namespace) -> int:
    try:
        with connection.transaction():
            share = takedown.take_down(connection, link=options.token, share_id=options.id)
            if share.taken_down_at is None:
                audit.record(
                    connection,
                    options.operator,
                    "share.take_down",
                    user_id=share.user_id,
                    target=("share", share.id),
                    reason=options.reason,
                )
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    if share.taken_down_at is None:
        print(f"Share {share.id} is taken down. Its links find nothing from now on.")
    else:
        print(f"Share {share.id} had been taken down on {share.taken_down_at:%Y-%m-%d %H:%M}.")
    return 0


def _list(connection: Connection) -> int:
    """Prints titles and reasons as `repr`, because users wrote them."""
    shares = takedown.list_reported_shares(connection, reasons=_REASONS_SHOWN)
    for share in shares:
        print(
            f"{share.id}  {share.kind}  {counted(share.report_count, 'time')}, "
            f"last {share.last_reported_at:%Y-%m-%d %H:%M}  {share.title!r}  "
            f"conversation {share.conversation_id} of {share.user_id}"
        )
        for reason in share.reasons or []:
            print(f"    {reason!r}")
    if not shares:
        print("Nothing that is open was reported.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
