"""The notes of jobs."""

from pathlib import Path


class Diary:
    """A file in which jobs note their runs."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def pages(self) -> list[str]:
        """The notes, oldest first."""
        return self._file.read_text().splitlines() if self._file.exists() else []

    async def read(self) -> list[str]:
        """The pages, for a caller that waits for one."""
        return self.pages
