"""Writes a dump with its manifest, and reads one back only if it is whole."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from ops.backups import contents, programs
from ops.backups.contents import LEFT_OUT, SCHEMAS, Contents


class DamagedDump(Exception):
    """The dump is not as written; the text states the damage."""


@dataclass(frozen=True)
class Manifest:
    """The contents of a dump, stored beside it as JSON."""

    created_at: str
    size: int
    """Bytes of the dump."""
    sha256: str
    contents: Contents


def manifest_file(dump: Path) -> Path:
    """The path of a dump's manifest."""
    return dump.with_name(f"{dump.name}.json")


def write(address: str, dump: Path) -> Manifest:
    """Dumps the rows of the database at `address` into `dump`. The file appears once it is complete, and only this user
    can read it. Raises ProgramFailed, psycopg.Error, OSError."""
    half = dump.with_name(f"{dump.name}.half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    try:
        with psycopg.connect(address, autocommit=True) as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            (snapshot,) = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
            programs.run(
                "pg_dump",
                *("--format=custom", "--data-only", "--no-unlogged-table-data", f"--snapshot={snapshot}"),
                *(f"--schema={name}" for name in SCHEMAS),
                *(f"--exclude-table-data={name}" for name in sorted(LEFT_OUT)),
                *("--file", half),
                address=address,
            )
            held = contents.read(connection)
        manifest = Manifest(
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            size=half.stat().st_size,
            sha256=_sha256(half),
            contents=held,
        )
        file = manifest_file(dump)
        file.touch(mode=0o600)
        file.write_text(json.dumps(dataclasses.asdict(manifest), indent=1))
        half.rename(dump)
    finally:
        half.unlink(missing_ok=True)
    return manifest


def verify(dump: Path) -> Manifest:
    """The manifest of a dump, after reading the dump to its end. Raises DamagedDump."""
    try:
        stored = json.loads(manifest_file(dump).read_text())
        manifest = Manifest(**stored | {"contents": Contents(**stored["contents"])})
    except FileNotFoundError:
        raise DamagedDump(f"{manifest_file(dump)} is missing: what the dump holds is not known") from None
    except (ValueError, TypeError, KeyError):
        raise DamagedDump(f"{manifest_file(dump)} cannot be read") from None
    try:
        size = dump.stat().st_size
    except FileNotFoundError:
        raise DamagedDump(f"{dump} is missing") from None
    if size != manifest.size:
        raise DamagedDump(
            f"{dump} has {size:,} bytes of {manifest.size:,}: it is truncated, or belongs to another manifest"
        )
    if _sha256(dump) != manifest.sha256:
        raise DamagedDump(f"{dump} is not what was written: its checksum differs")
    try:
        programs.run("pg_restore", "--file=/dev/null", dump)
    except programs.ProgramFailed as error:
        raise DamagedDump(f"{dump} cannot be read: {error}") from None
    return manifest


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
