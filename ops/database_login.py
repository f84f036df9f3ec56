"""The password of the functions' role, which migrations make without one."""

from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

ROLE = "oneai_app"


def password_of(address: str) -> str:
    """The password in a Postgres address; empty if it has none or cannot be read."""
    try:
        return str(conninfo_to_dict(address).get("password") or "")
    except psycopg.ProgrammingError:
        return ""


def with_password(address: str, password: str) -> str:
    """The address with another password; the rest stays as it is."""
    parts = urlsplit(address)
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def set_password(connection: psycopg.Connection[Any], password: str) -> None:
    """Lets the functions' role sign in with `password`, from its next connection on; those that are open stay.

    In a transaction it holds once that has ended. Postgres is sent the verifier, so that the password stands in no log
    of statements. Raises psycopg.Error.
    """
    verifier = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("alter role {} with login password {}")
    connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(verifier)))
