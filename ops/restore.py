"""`python -m ops.restore FILE`, which is `make restore FILE=…`: loads a dump into the database at DATABASE_URL.

The database is a new project's, with the migrations of the dump and without users. A damaged dump, another schema
and a database in use are refused before anything is changed. Loading is one transaction. Then the sums are compared.
"""

import argparse
import os
import sys
from pathlib import Path

import psycopg

from local import dotenv
from ops.backup import describe
from ops.backups import load
from ops.backups.dump import DamagedDump
from ops.backups.load import CannotRestore, NotTheSame
from ops.backups.programs import ProgramFailed


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the database equals the dump."""
    parser = argparse.ArgumentParser(prog="make restore", description="Loads a dump into a new database.")
    parser.add_argument("file", type=Path)
    file = parser.parse_args(arguments).file
    dotenv.load()
    address = os.environ.get("DATABASE_URL")
    if not address:
        print("DATABASE_URL says which database: of a new project, as its role postgres.", file=sys.stderr)
        return 1
    try:
        manifest = load.restore(file, address)
    except (DamagedDump, CannotRestore) as error:
        print(f"{error} Nothing was changed.", file=sys.stderr)
    except (ProgramFailed, psycopg.Error) as error:
        print(f"Nothing was restored. {' '.join(str(error).split())}", file=sys.stderr)
    except NotTheSame as error:
        print(f"The database does not hold what was dumped:\n{error}", file=sys.stderr)
    else:
        print(f"Restored, and the same as when it was dumped: {describe(manifest)}")
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
