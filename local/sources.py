"""Notices that somebody edited the sources, by looking at the files' times."""

from collections.abc import Iterator
from pathlib import Path

from local.data_folder import REPOSITORY

_WATCHED = ("layers/common/oneai", "functions", "local", "supabase/migrations")
_KINDS = {".py", ".sql"}


class Sources:
    """What the files looked like last time."""

    def __init__(self) -> None:
        self._seen = _times()

    def changed(self) -> set[Path]:
        """The files that changed, came or went since the last question."""
        now = _times()
        both = now.items() ^ self._seen.items()
        self._seen = now
        return {path for path, _ in both}


def _times() -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in _files() if path.exists()}


def _files() -> Iterator[Path]:
    yield REPOSITORY / "template.yaml"
    yield REPOSITORY / ".env"
    for folder in _WATCHED:
        for here, _, names in (REPOSITORY / folder).walk():
            if here.name != "__pycache__":
                yield from (here / name for name in names if Path(name).suffix in _KINDS)
