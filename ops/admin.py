"""`python -m ops.admin --email=…`, which is `make grant-admin`, or with `--revoke` `make revoke-admin`: makes a user an
admin, or takes it back.

Both hold from the user's next request on. The last admin keeps the role. Uses the database at DATABASE_URL, else that
of the local stack.
"""

import argparse
import sys
from uuid import UUID

from oneai.accounts import admins, audit
from oneai.accounts.permissions import Role
from oneai.errors import InvalidRequest
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable, the user unknown, or the last admin."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make grant-admin",
        usage="make grant-admin EMAIL=PERSON, or make revoke-admin EMAIL=PERSON; REASON=WHY is kept",
        description="Makes a person an admin, or takes it back.",
    )
    parser.add_argument("--email", required=True, help="the person's e-mail address or id")
    parser.add_argument("--revoke", action="store_true", help="take it back")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    user_id = command.find_user(connection, options.email)
    if user_id is None:
        return 1
    if not options.revoke:
        return _grant(connection, options, user_id)
    try:
        return _revoke(connection, options, user_id)
    except InvalidRequest as error:
        print(error.message, file=sys.stderr)
        return 1


def _grant(connection: Connection, options: argparse.Namespace, user_id: UUID) -> int:
    with connection.transaction():
        before = admins.grant_admin(connection, user_id)
        if before is not None:
            _record(connection, options, user_id, before, "admin")
    print(f"{options.email} is an admin." if before else f"{options.email} was an admin before.")
    return 0


def _revoke(connection: Connection, options: argparse.Namespace, user_id: UUID) -> int:
    with connection.transaction():
        revoked = admins.revoke_admin(connection, user_id)
        if revoked:
            _record(connection, options, user_id, "admin", "user")
    print(f"{options.email} is no admin any more." if revoked else f"{options.email} was no admin.")
    return 0


def _record(connection: Connection, options: argparse.Namespace, user_id: UUID, before: Role, role: Role) -> None:
    audit.record(
        connection, options.operator, "role.change", user_id=user_id, reason=options.reason, before=before, role=role
    )


if __name__ == "__main__":
    sys.exit(main())
