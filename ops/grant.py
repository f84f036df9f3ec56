"""`python -m ops.grant`, which is `make grant`: plans that operators grant without payment.

    make grant                                                              those in force
    make grant ARGS="add asha@example.com enterprise --until 2027-12-31 --reason 'contract 17'"
    make grant ARGS="revoke 3 --reason 'contract 17 has ended'"

A user who also pays has the higher of both. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys
from uuid import UUID

from oneai.accounts import audit
from oneai.billing import grants
from oneai.billing.grants import TIERS
from oneai.errors import InvalidRequest, NotFound
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make grant", description="Plans given without payment.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="those in force")
    add = actions.add_parser("add", help="give one")
    add.add_argument("person", help="an e-mail address or an id")
    add.add_argument("tier", choices=TIERS, metavar="tier", help=", ".join(TIERS))
    add.add_argument("--until", type=command.moment, help="a day or a time, in UTC; without it until it is revoked")
    command.add_reason(add, required=True)
    revoke = actions.add_parser("revoke", help="end one")
    revoke.add_argument("id", type=int)
    command.add_reason(revoke)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    if options.action in ("add", "revoke"):
        user_id = _change(connection, options)
        if user_id is None:
            return 1
        command.finish(grants.project_grants(user_id))
    _list(connection)
    return 0


def _change(connection: Connection, options: argparse.Namespace) -> UUID | None:
    """Adds or revokes a grant; the user whose grants changed, or None after an error message."""
    try:
        if options.action == "revoke":
            return _revoke(connection, options)
        user_id = command.find_user(connection, options.person)
        if user_id is not None:
            _add(connection, options, user_id)
    except (InvalidRequest, NotFound) as error:
        print(error.message, file=sys.stderr)
        return None
    return user_id


def _add(connection: Connection, options: argparse.Namespace, user_id: UUID) -> None:
    with connection.transaction():
        grant_id = grants.add_grant(connection, user_id, options.tier, reason=options.reason, until=options.until)
        audit.record(
            connection,
            options.operator,
            "plan_grant.create",
            user_id=user_id,
            target=("plan_grant", grant_id),
            reason=options.reason,
            tier=options.tier,
            until=options.until,
        )


def _revoke(connection: Connection, options: argparse.Namespace) -> UUID:
    with connection.transaction():
        user_id = grants.revoke_grant(connection, options.id)
        audit.record(
            connection,
            options.operator,
            "plan_grant.revoke",
            user_id=user_id,
            target=("plan_grant", options.id),
            reason=options.reason,
        )
    return user_id


def _list(connection: Connection) -> None:
    in_force = grants.list_grants(connection)
    for grant in in_force:
        has = "" if grant.current_tier == grant.tier else f", has {grant.current_tier}"
        print(f"{grant.id:5}  {grant.person}  {grant.tier}, until {command.end(grant.until)}{has}  ({grant.reason})")
    if not in_force:
        print("No plan is given without payment.")


if __name__ == "__main__":
    sys.exit(main())
