"""`python -m ops.admin --email=…`, which is `make grant-admin`, or with `--revoke` `make revoke-admin`: makes a user an
admin, or with `--role=support` a user who may read what admins read, or revokes the role.

Both take effect with the user's next request. The last admin keeps the role. Uses the database at DATABASE_URL, else
that of the local stack.
"""

import argparse
import sys

from oneai.accounts.permissions import Role
from oneai.admin import account_state
from oneai.errors import LastAdmin
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable, the user unknown, or the last admin."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make grant-admin",
        usage="make grant-admin EMAIL=USER [ROLE=support], or make revoke-admin EMAIL=USER; REASON=WHY is kept",
        description="Makes a user an admin, or revokes that role.",
    )
    parser.add_argument("--email", required=True, help="the user's e-mail address or id")
    parser.add_argument("--revoke", action="store_true", help="revoke the role")
    parser.add_argument("--role", choices=["admin", "support"], default="admin", help="support only reads")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    user_id = command.find_user(connection, options.email)
    if user_id is None:
        return 1
    role: Role = "user" if options.revoke else options.role
    try:
        before = command.finish(account_state.set_role(options.actor, user_id, role, options.reason))
    except LastAdmin as error:
        print(error.message, file=sys.stderr)
        return 1
    print(_outcome(options.email, before, role))
    return 0


def _outcome(email: str, before: Role, role: Role) -> str:
    if role == "user":
        return f"{email} was no admin." if before == "user" else f"{email} is no admin any more."
    name = "an admin" if role == "admin" else "of support"
    return f"{email} was {name} before." if before == role else f"{email} is {name}."


if __name__ == "__main__":
    sys.exit(main())
