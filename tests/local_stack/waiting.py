"""What jobs write down, and waiting for it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path


class Diary:
    """Where jobs write down that they ran."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def pages(self) -> list[str]:
        """What they have written, oldest first."""
        return self._file.read_text().splitlines() if self._file.exists() else []

    async def read(self) -> list[str]:
        """The pages, for somebody who waits for one."""
        return self.pages


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool]) -> T:
    """What `look` finds once it is what is `wanted`."""
    async with asyncio.timeout(20):
        while True:
            found = await look()
            if wanted(found):
                return found
            await asyncio.sleep(0.05)
