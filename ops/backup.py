"""`python -m ops.backup FILE`, which is `make backup FILE=…`: dumps every row of the database at DATABASE_URL.

Its manifest, FILE.json, has a checksum, and the rows and digest of every table at that moment. Without DATABASE_URL it
dumps the database of the local stack. The dump contains users' messages: keep it encrypted.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from ops import command
from ops.backups import dump
from ops.backups.dump import Manifest
from ops.backups.programs import ProgramFailed
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the dump is written."""
    parser = argparse.ArgumentParser(prog="make backup", description="Dumps every row of the database.")
    parser.add_argument(
        "file", nargs="?", default="", help="the file to write; by default oneai-TIME.dump in this folder"
    )
    return command.run(parser, _do, arguments)


def _do(_: Connection, options: argparse.Namespace) -> int:
    file = Path(options.file or f"oneai-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.dump")
    if file.exists():
        print(f"{file} is there already.", file=sys.stderr)
        return 1
    try:
        manifest = dump.write(os.environ["DATABASE_URL"], file)
    except (ProgramFailed, psycopg.Error, OSError) as error:
        print(f"Nothing was written. {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    print(f"{file}: {describe(manifest)}")
    return 0


def describe(manifest: Manifest) -> str:
    """Describes a dump in one line."""
    tables = manifest.contents.tables
    rows = sum(int(count) for count, _ in tables.values())
    return f"{rows:,} rows of {len(tables)} tables, {manifest.size / 1e6:.1f} MB, {manifest.created_at}"


if __name__ == "__main__":
    sys.exit(main())
