"""A child of the supervisor: kept running, its output in a file, its last words shown when it keeps dying."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import die_with_parent, end

# Whoever lives this long had a good start; whoever dies sooner again and again is started at longer intervals.
_GOOD_START = 5.0
_LONGEST_PAUSE = 5.0
_LAST_WORDS = 20


@dataclass
class Child:
    """One program of the stack."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    listens_on: int
    """The descriptor of its listening socket, which outlives it: requests wait until it is back."""
    grace: float
    """How long it may take to end when told to."""
    say: Callable[[str], None]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = field(default=0, repr=False)

    def begin(self) -> None:
        """Starts it with an empty log; what it said in the life before is kept beside it."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".before.log"))
        self.start()

    def start(self) -> None:
        """Starts it; it dies with us, whatever happens to us."""
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self.listens_on,),
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
            )

    def look_after(self) -> None:
        """Starts it again if it has died, at once the first time and later more patiently."""
        if self.process is None or self.process.poll() is None:
            if self.deaths and time.monotonic() - self.started_at > _GOOD_START:
                self.deaths = 0
            return
        if self.process.returncode == -signal.SIGKILL:  # somebody's wish (/local/kill), not its own weakness
            self.say(f"{self.name} was killed; starting it again")
            self.start()
            return
        lived = time.monotonic() - self.started_at
        if lived < min(_LONGEST_PAUSE, 0.25 * 2**self.deaths) and self.deaths > 0:
            return
        self.deaths = self.deaths + 1 if lived < _GOOD_START else 1
        self.say(f"{self.name} ended ({_how(self.process.returncode)}); starting it again")
        if self.deaths == 3:
            self.say(self.last_words())
        self.start()

    def restart(self) -> None:
        """Ends it in good order and starts it again."""
        self.stop()
        self.deaths = 0
        self.start()

    def stop(self) -> None:
        """Tells it to end, and waits no longer than its grace."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, within=self.grace)

    def died(self) -> bool:
        """Whether it is not running."""
        return self.process is not None and self.process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 16_384))
            lines = log.read().decode(errors="replace").splitlines()[-_LAST_WORDS:]
        return "\n".join([f"The last lines of {self.log}:", *(f"  {line}" for line in lines)])


def _how(returncode: int) -> str:
    return f"signal {signal.Signals(-returncode).name}" if returncode < 0 else f"exit code {returncode}"
