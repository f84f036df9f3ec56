"""`python -m ops.override`, which is `make override`: overrides of the quotas of plans.

    make override                                                          those in force
    make override ARGS="add asha@example.com small_messages --extra 50 --until 2026-12-31 --reason 'a friend'"
    make override ARGS="add asha@example.com cost --limit 2000000 --reason 'spent too much'"
    make override ARGS="revoke 7 --reason 'no longer needed'"

Units are messages, or tokens for `tokens`, or micro-dollars for `cost`. Uses the database at DATABASE_URL, else that
of the local stack.
"""

import argparse
import sys

from pydantic import ValidationError

from oneai.admin import quota_overrides
from oneai.admin.quota_overrides import KEYS, MAX_UNITS, NewQuotaOverride
from oneai.errors import InvalidRequest, NotFound
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make override", description="Overrides of plans' quotas.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list active overrides")
    add = actions.add_parser("add", help="add an override, which replaces the user's last one for this key")
    add.add_argument("user", help="a user's e-mail address, or a workspace's id or slug")
    add.add_argument("key", choices=KEYS, metavar="key", help=", ".join(KEYS))
    add.add_argument("--limit", type=_units, help="replaces the plan's limit")
    add.add_argument("--extra", type=_units, default=0, help="units in addition to the limit, in every window")
    add.add_argument("--until", type=command.moment, help="a day or a time, in UTC; by default until it is revoked")
    command.add_reason(add, required=True)
    revoke = actions.add_parser("revoke", help="revoke an override")
    revoke.add_argument("id", type=int)
    command.add_reason(revoke)
    return parser


def _units(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_UNITS):
        raise argparse.ArgumentTypeError(f"{text} is no number of units")
    return int(text)


def _do(connection: Connection, options: argparse.Namespace) -> int:
    try:
        if options.action == "add" and not _add(connection, options):
            return 1
        if options.action == "revoke":
            command.finish(quota_overrides.revoke_override(options.actor, options.id, options.reason))
    except (InvalidRequest, NotFound, ValidationError) as error:
        print(command.sentence(error), file=sys.stderr)
        return 1
    _list()
    return 0


def _add(connection: Connection, options: argparse.Namespace) -> bool:
    if options.limit is None and not options.extra:
        print("An exception has a --limit of its own, or --extra units.", file=sys.stderr)
        return False
    workspace_id = command.find_workspace(connection, options.user)
    if workspace_id is None:
        return False
    new = NewQuotaOverride(
        quota_key=options.key,
        own_limit=options.limit,
        extra_units=options.extra,
        until=options.until,
        reason=options.reason,
    )
    command.finish(quota_overrides.add_override(options.actor, workspace_id, new))
    return True


def _list() -> None:
    in_force = command.finish(quota_overrides.list_overrides(None, command.LIST_LIMIT)).items
    for override in reversed(in_force):
        limit = "the plan's" if override.own_limit is None else override.own_limit
        print(
            f"{override.id:5}  {override.workspace or override.email or override.workspace_id}  {override.quota_key}: "
            f"{limit} + {override.extra_units}, until {command.end(override.until)}  ({override.reason})"
        )
    if not in_force:
        print("No exception is in force.")


if __name__ == "__main__":
    sys.exit(main())
