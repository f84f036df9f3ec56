"""A progress bar on stderr: one updated line in a terminal, otherwise a line for every tenth."""

import shutil
import sys
import time

_WIDTH = 30


class Progress:
    """The progress of a run, of a total in its own unit."""

    def __init__(self, total: float, unit: str) -> None:
        self.total, self.unit = total, unit
        self._begun = time.monotonic()
        self._tenth = -1
        self._moves = sys.stderr.isatty()

    def show(self, done: float, note: str = "") -> None:
        """Shows the progress and the current step."""
        share = min(done / self.total, 1.0) if self.total else 1.0
        seconds = time.monotonic() - self._begun
        left = f", {seconds / share - seconds:.0f} s left" if 0.02 < share < 1 else ""
        bar = "█" * round(share * _WIDTH)
        line = f"  {bar:░<{_WIDTH}} {done:g} of {self.total:g} {self.unit}{left}  {note}"
        if self._moves:
            wide = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[2K{line[:wide]}")
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Goes to the next line."""
        if self._moves:
            sys.stderr.write("\n")
