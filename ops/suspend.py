"""`python -m ops.suspend --id=… --reason=…`, which is `make suspend`, or with `--end` `make unsuspend`: refuses a user
everywhere, or serves them again. The id or the slug of a team names that team, whose members are users still.

A suspended user or team keeps its subscription and is still charged; the command says so, and how to end it. Uses
the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys
from uuid import UUID

from pydantic import ValidationError

from oneai.accounts import lookup
from oneai.admin import account_state, workspaces
from oneai.admin.act import REASON_CHARACTERS, ActReason
from oneai.errors import LastAdmin
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable, the user unknown or the reason missing."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make suspend",
        usage="make suspend ID=USER REASON=WHY, or make unsuspend ID=USER REASON=WHY",
        description="Suspends a user or a team, or ends the suspension.",
    )
    parser.add_argument("--id", required=True, help="the user's id or e-mail address, or a team's id or slug")
    parser.add_argument("--reason", required=True, help="for operators; the user does not see it")
    parser.add_argument("--end", action="store_true", help="end the suspension")
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    try:
        reason = ActReason(reason=options.reason).reason
    except ValidationError:
        print(f"REASON says why, in at most {REASON_CHARACTERS:,} characters.", file=sys.stderr)
        return 1
    user_id = command.find_workspace(connection, options.id)
    if user_id is None:
        return 1
    if lookup.is_team(connection, user_id):
        return _set_team_suspended(connection, options, user_id, reason)
    if options.end:
        ended = command.finish(account_state.unsuspend(options.actor, user_id, reason))
        print(f"{options.id} is served again." if ended else f"{options.id} was not suspended.")
        return 0
    try:
        suspended = command.finish(account_state.suspend(options.actor, user_id, reason))
    except LastAdmin as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"{options.id} is suspended." if suspended else f"{options.id} had been suspended before; that reason stays.")
    _list_charged(connection, user_id)
    return 0


def _set_team_suspended(connection: Connection, options: argparse.Namespace, team: UUID, reason: str) -> int:
    changed = command.finish(workspaces.set_suspended(options.actor, team, reason, suspended=not options.end))
    if options.end:
        print(f"{options.id} is served again." if changed else f"{options.id} was not suspended.")
        return 0
    print(f"{options.id} is suspended." if changed else f"{options.id} had been suspended before.")
    _list_charged(connection, team)
    return 0


def _list_charged(connection: Connection, workspace_id: UUID) -> None:
    """Prints what is still charged."""
    for ref in lookup.list_paid_subscriptions(connection, workspace_id):
        print(
            f"{ref} goes on being charged. To end it, cancel it in Razorpay's dashboard, which the webhook reports; "
            "the user can still cancel it too."
        )


if __name__ == "__main__":
    sys.exit(main())
