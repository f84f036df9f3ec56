"""A child process of the supervisor: restarted when it dies, its output in a file that is shown if it keeps dying."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import die_with_parent, end

# A child that runs this long has started well; one that keeps dying sooner is restarted at longer intervals.
_GOOD_START_SECONDS = 5.0
_MAX_PAUSE_SECONDS = 5.0
_LOG_TAIL_LINES = 20


@dataclass
class Child:
    """One program of the stack."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    socket_fd: int
    """The descriptor of its listening socket, which outlives it: requests wait until it has restarted."""
    grace: float
    """How many seconds it may take to end after a SIGTERM."""
    say: Callable[[str], None]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = field(default=0, repr=False)

    def begin(self) -> None:
        """Starts it with an empty log; the log of the previous stack is kept beside it."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".before.log"))
        self.start()

    def start(self) -> None:
        """Starts it; the kernel ends it with us, even if we are killed."""
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self.socket_fd,),
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
            )

    def restart_if_dead(self) -> None:
        """Restarts it if it has died, at once the first time and later after growing pauses."""
        if self.process is None or self.process.poll() is None:
            if self.deaths and time.monotonic() - self.started_at > _GOOD_START_SECONDS:
                self.deaths = 0
            return
        if self.process.returncode == -signal.SIGKILL:  # by /local/kill, not a crash
            self.say(f"{self.name} was killed; starting it again")
            self.start()
            return
        lived = time.monotonic() - self.started_at
        if lived < min(_MAX_PAUSE_SECONDS, 0.25 * 2**self.deaths) and self.deaths > 0:
            return
        self.deaths = self.deaths + 1 if lived < _GOOD_START_SECONDS else 1
        self.say(f"{self.name} ended ({_how(self.process.returncode)}); starting it again")
        if self.deaths == 3:
            self.say(self.log_tail())
        self.start()

    def restart(self) -> None:
        """Stops it and starts it again."""
        self.stop()
        self.deaths = 0
        self.start()

    def stop(self) -> None:
        """Sends SIGTERM, and SIGKILL after its grace period."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, within=self.grace)

    def died(self) -> bool:
        """Whether it is not running."""
        return self.process is not None and self.process.poll() is not None

    def log_tail(self) -> str:
        """The end of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 16_384))
            lines = log.read().decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return "\n".join([f"The last lines of {self.log}:", *(f"  {line}" for line in lines)])


def _how(returncode: int) -> str:
    return f"signal {signal.Signals(-returncode).name}" if returncode < 0 else f"exit code {returncode}"
