"""Sets the password of the functions' role, which migrations create without one."""

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
    """The address with another password."""
    parts = urlsplit(address)
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def set_password(connection: psycopg.Connection[Any], password: str) -> None:
    """Sets the password of the functions' role for new connections; open ones are kept.

    In a transaction it takes effect at the commit. Only the verifier is sent to Postgres, so that no statement log has
    the password. Raises psycopg.Error.
    """
    verifier = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("alter role {} with login password {}")
    connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(verifier)))
