"""The folder of a stack's data: `.data` in the repository, or ONEAI_DATA. Postgres's user can always reach it."""

import errno
import hashlib
import os
import stat
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The stack's data folder, created if missing. Raises SystemExit with a message if that is impossible."""
    path = Path(os.environ.get("ONEAI_DATA") or REPOSITORY / ".data")
    try:
        existing = next(part for part in (path.absolute(), *path.absolute().parents) if part.exists())
        if not existing.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{existing} is a file")
        folder = reachable(path)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "its owner is another user")
    except OSError as error:
        raise SystemExit(f"{path} cannot be the data folder ({error.strerror}); ONEAI_DATA names another.") from None
    return folder


def address_file(folder: Path) -> Path:
    """The file in which a running stack over `folder` writes its address."""
    return folder / "address"


def running_address() -> str | None:
    """The address of the stack over the data folder, such as `http://127.0.0.1:8000`; None if there is none."""
    file = address_file(data_folder())
    return file.read_text().strip() if file.exists() else None


def reachable(folder: Path) -> Path:
    """`folder`, or as root another one for it under /var/tmp if it is inside a closed home.

    Postgres refuses to run as root, and the user it runs as instead cannot read /root.
    """
    folder = folder.absolute()
    if os.geteuid() != 0 or reachable_by_all(folder):
        return folder
    stand_in = Path("/var/tmp") / f"oneai-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"  # noqa: S108
    if stand_in.exists() and (stand_in.is_symlink() or stand_in.stat().st_uid != 0):
        raise PermissionError(errno.EACCES, f"{stand_in} belongs to another user")  # any user may create folders there
    return stand_in


def reachable_by_all(path: Path) -> bool:
    """Whether any user can reach `path` through its parents (those that exist)."""
    existing = (parent for parent in path.resolve().parents if parent.exists())
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in existing)
