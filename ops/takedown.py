"""`python -m ops.takedown`, which is `make takedown`: shared conversations that readers reported.

`--token=…` (or the whole link) or `--id=…` takes one of them down, with an optional `--reason=…`. Uses the
database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys
from uuid import UUID

from oneai.admin import shares
from oneai.errors import NotFound
from ops import command
from ops.command import Connection
from ops.reported import print_reported


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
    which.add_argument("--id", type=UUID, help="the share's id, from the list")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    if options.token or options.id:
        return _take_down(options)
    return _list()


def _take_down(options: argparse.Namespace) -> int:
    try:
        share = command.finish(shares.take_down(options.actor, options.reason, link=options.token, share_id=options.id))
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    if share.already:
        print(f"Share {share.id} had been taken down on {share.taken_down_at:%Y-%m-%d %H:%M}.")
    else:
        print(f"Share {share.id} is taken down. Its links find nothing from now on.")
    return 0


def _list() -> int:
    print_reported(
        command.finish(shares.list_reported(None, command.LIST_LIMIT)).items,
        lambda share, times: (
            f"{share.id}  {share.kind}  {times}  {share.title!r}  "
            f"conversation {share.conversation_id} of {share.user_id}"
        ),
        lambda share: [f"{report.kind}: {report.reason!r}" for report in share.reports],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
