"""`python -m ops.rotate_database_password`, which is `make rotate-database-password`: a new password for the functions.

    SECRET_ARN=… make rotate-database-password ARGS="--reason 'every quarter'"

The role `oneai_app` gets a random password, and the secret's DATABASE_URL gets it too: either both change or
neither. Open connections are kept. A function that is refused reloads the secret, at most every five minutes.
DATABASE_URL of the environment is the operator's.
"""

import argparse
import secrets
import sys

import psycopg

from oneai.accounts import audit
from oneai.clients import secret_versions
from oneai.clients.secret_versions import SecretUnavailable
from ops import command, database_login
from ops.command import Connection

BYTES = 32
SETTING = "DATABASE_URL"


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when both the database and the secret have the new password."""
    parser = command.Parser(prog="make rotate-database-password", description="Changes the functions' password.")
    command.add_reason(parser)
    return command.run(parser, _do, arguments)


def _do(connection: Connection, options: argparse.Namespace) -> int:
    try:
        version = secret_versions.read()
        address = version.value(SETTING)
        if not database_login.password_of(address):
            raise SecretUnavailable(f"The secret has no {SETTING} with a password to replace.")
        password = secrets.token_urlsafe(BYTES)
        changed = database_login.with_password(address, password)
        # The database commits last: if the secret cannot be written, both keep the old password.
        with connection.transaction():
            database_login.set_password(connection, password)
            audit.record(
                connection, options.operator, "secret.rotate", target=("secret", SETTING), reason=options.reason
            )
            secret_versions.replace(version, **{SETTING: changed})
    except SecretUnavailable as error:
        print(f"{error} The password is the old one.", file=sys.stderr)
        return 1
    print(f"{database_login.ROLE} has a new password, and the secret has it. Functions read it when they are refused.")
    return _try(changed)


def _try(address: str) -> int:
    try:
        psycopg.connect(address, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        print(f"It was not taken from here: {reason}. Look at /health/ready, and run this again.", file=sys.stderr)
        return 1
    print("Signing in with it works.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
