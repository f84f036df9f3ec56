"""Detects changes of the sources by the files' modification times."""

from collections.abc import Iterator
from pathlib import Path

from local.data_folder import REPOSITORY

_WATCHED = ("layers/common/oneai", "functions", "local", "openapi", "stand_ins", "supabase/migrations", "docs/guide")
_KINDS = {".py", ".sql", ".md"}


class Sources:
    """The files' modification times at the last check."""

    def __init__(self) -> None:
        self._last_times = _times()

    def changed(self) -> set[Path]:
        """The files changed, added or removed since the last call."""
        now = _times()
        differences = now.items() ^ self._last_times.items()
        self._last_times = now
        return {path for path, _ in differences}


def _times() -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in _files() if path.exists()}


def _files() -> Iterator[Path]:
    yield REPOSITORY / "template.yaml"
    yield REPOSITORY / ".env"
    for folder in _WATCHED:
        for here, _, names in (REPOSITORY / folder).walk():
            if here.name != "__pycache__":
                yield from (here / name for name in names if Path(name).suffix in _KINDS)
