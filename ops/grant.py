"""`python -m ops.grant`, which is `make grant`: grants plans without payment.

    make grant                                                              those in force
    make grant ARGS="add asha@example.com enterprise --until 2027-12-31 --reason 'contract 17'"
    make grant ARGS="revoke 3 --reason 'contract 17 has ended'"

A user who also pays has the higher of both. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys

from pydantic import ValidationError

from oneai.admin import plan_grants
from oneai.admin.plan_grants import NewPlanGrant
from oneai.errors import InvalidRequest, NotFound
from oneai.plans import PLANS
from ops import command
from ops.command import Connection

TIERS = [plan.tier for plan in PLANS.values() if not plan.free]


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make grant", description="Plans that are granted without payment.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list active grants")
    add = actions.add_parser("add", help="grant a plan")
    add.add_argument("user", help="a user's e-mail address, or a workspace's id or slug")
    add.add_argument("tier", choices=TIERS, metavar="tier", help=", ".join(TIERS))
    add.add_argument("--until", type=command.moment, help="a day or a time, in UTC; by default until it is revoked")
    command.add_reason(add, required=True)
    revoke = actions.add_parser("revoke", help="revoke a grant")
    revoke.add_argument("id", type=int)
    command.add_reason(revoke)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    try:
        if options.action == "add" and not _add(connection, options):
            return 1
        if options.action == "revoke":
            command.finish(plan_grants.revoke_grant(options.actor, options.id, options.reason))
    except (InvalidRequest, NotFound, ValidationError) as error:
        print(command.sentence(error), file=sys.stderr)
        return 1
    _list()
    return 0


def _add(connection: Connection, options: argparse.Namespace) -> bool:
    workspace_id = command.find_workspace(connection, options.user)
    if workspace_id is None:
        return False
    new = NewPlanGrant(tier=options.tier, until=options.until, reason=options.reason)
    command.finish(plan_grants.add_grant(options.actor, workspace_id, new))
    return True


def _list() -> None:
    in_force = command.finish(plan_grants.list_grants(None, command.LIST_LIMIT)).items
    for grant in reversed(in_force):
        has = "" if grant.current_tier == grant.tier else f", has {grant.current_tier}"
        who = grant.workspace or grant.email or grant.workspace_id
        print(f"{grant.id:5}  {who}  {grant.tier}, until {command.end(grant.until)}{has}  ({grant.reason})")
    if not in_force:
        print("No plan is given without payment.")


if __name__ == "__main__":
    sys.exit(main())
