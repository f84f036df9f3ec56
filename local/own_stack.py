"""Starts `python -m local` as a developer does, over data of its own, and ends what it started."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local.data_folder import REPOSITORY
from local.environment import DATABASE
from local.postgres_server import SUPERUSER, running_url
from local.processes import die_with_parent

# A developer's own settings would make the stack use other services.
_OTHER_SERVICES = (
    *("DATABASE_URL", "SUPABASE_URL", "SUPABASE_JWT_SECRET", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"),
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"),
    *("STORAGE_BUCKET", "STORAGE_ENDPOINT_URL"),
    *("MAIL_FROM", "MAIL_ENDPOINT_URL"),
    *("RAZORPAY_KEY_ID", "RAZORPAY_BASE_URL", "STRIPE_SECRET_KEY", "STRIPE_BASE_URL"),
)
_END_SECONDS = 60.0


class NotStarted(Exception):
    """The stack does not start; the text is what it printed."""


@dataclass
class OwnStack:
    """A running stack, and its output."""

    process: subprocess.Popen[str]
    greeting: list[str]
    data: Path
    keep_data: bool = False
    """Whether its data are to stay when it has ended, for someone to look at."""

    @property
    def url(self) -> str:
        """The address of the stack."""
        return self.greeting[-1].split()[1]

    @property
    def database(self) -> str:
        """The address of its database, for the superuser."""
        return running_url(self.data / "postgres", DATABASE, SUPERUSER)

    def programs(self) -> dict[int, str]:
        """The command lines of its processes by their ids, its own included."""
        everyone = running_processes()
        ours = {self.process.pid}
        while more := {pid for pid, (parent, _) in everyone.items() if parent in ours} - ours:
            ours |= more
        return {pid: everyone[pid][1] for pid in ours if pid in everyone}

    def end(self) -> None:
        """Ends it with SIGTERM, and with SIGKILL where that takes too long."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_END_SECONDS)
        finally:
            self.process.kill()  # does nothing to one that has ended
            if self.process.stdout is not None:
                self.process.stdout.close()


def start(data: Path, port: int | str = 0, also: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts a stack over `data`, which ends with this process; a port of 0 means any that is free."""
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_SERVICES}
    ours = {"ONEAI_DATA": str(data), "PORT": str(port), "ONEAI_ENV_FILE": os.devnull, "ONEAI_RELOAD": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=REPOSITORY,
        env=environment | ours | dict(also or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal is for this process, which ends the stack
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
    )


@contextmanager
def running(data: Path, port: int | str = 0, also: Mapping[str, str] | None = None) -> Iterator[OwnStack]:
    """A stack that has printed `ready`; it is ended when the `with` is. Raises NotStarted."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o755)  # as root: Postgres's user has to reach it
    stack = OwnStack(start(data, port, also), [], data)
    try:
        for line in stack.process.stdout or ():
            stack.greeting.append(line.rstrip("\n"))
            if line.startswith("ready "):
                break
        else:
            raise NotStarted("\n".join(stack.greeting) or "It ended without a word.")
        # A supervisor whose output nothing reads would wait for its reader once the pipe is full.
        threading.Thread(target=_keep_output, args=(stack,), daemon=True).start()
        yield stack
    finally:
        stack.end()


def _keep_output(stack: OwnStack) -> None:
    with (stack.data / "log" / "supervisor.log").open("a") as log, suppress(ValueError):  # closed at the end
        for line in stack.process.stdout or ():
            log.write(line)
            log.flush()


def running_processes() -> dict[int, tuple[int, str]]:
    """Every process of this machine: the id of its parent, and its command line."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    processes = {}
    for line in listed.stdout.splitlines():
        with suppress(ValueError):
            pid, parent, state, command = line.split(None, 3)
            if not state.startswith("Z"):  # it has ended, and its parent has not noticed yet
                processes[int(pid)] = (int(parent), command)
    return processes
