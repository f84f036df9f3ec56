"""Wakes a waiting main thread from a signal handler."""

import os
import select
from contextlib import suppress


class WakeUp:
    """An event that a signal handler may set.

    `threading.Event` must not be set there: the handler runs in the main thread, perhaps while that holds the event's
    lock, and would wait for itself without end. Writing into a pipe takes no lock.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        for end in (self._reader, self._writer):
            os.set_blocking(end, False)

    def set(self) -> None:
        """Ends the current wait, or the next one."""
        with suppress(BlockingIOError):  # full: it is set already
            os.write(self._writer, b"\0")

    def wait(self, seconds: float) -> None:
        """Returns after `seconds`, or as soon as it is set; it is no longer set afterwards."""
        select.select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            while os.read(self._reader, 4096):
                pass
