"""Measured programs: each is a process on its own socket, measured through /proc, which ends with ours."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.data_folder import REPOSITORY
from local.environment import python, python_environment
from local.processes import die_with_parent, end

_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 30.0
_LOWEST = 19


class Program:
    """A running server; `address` is where it listens."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        self.process, self.address, self._log = process, address, log

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self.address.rpartition(":")[2])

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, all its threads."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> int:
        """The resident bytes."""
        return status_bytes(self.process.pid, "VmRSS")

    def peak_memory(self) -> int:
        """The peak of resident bytes since `forget_peak`."""
        return status_bytes(self.process.pid, "VmHWM")

    def forget_peak(self) -> None:
        """Resets the peak to the current value."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def wait_until_it_listens(self) -> None:
        """Returns when it accepts connections. Raises with the end of its log if it has ended."""
        give_up = time.monotonic() + _START_SECONDS
        while True:
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{self.process.args!r} does not start:\n{self._log.read_text()[-3000:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as wire:
                    wire.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                    if wire.recv(1):
                        return
            except OSError:
                time.sleep(0.05)

    def stop(self) -> None:
        """Stops it with SIGTERM."""
        end(self.process, signal.SIGTERM, within=10)


def yield_to_others(pid: int) -> None:
    """Gives the lowest priority to the process and to its session, which must be its own.

    sched(7): where the kernel groups processes by session, a nice value counts within its session alone.
    """
    os.setpriority(os.PRIO_PROCESS, pid, _LOWEST)
    with suppress(FileNotFoundError):  # this kernel does not group them
        Path(f"/proc/{pid}/autogroup").write_text(str(_LOWEST))


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far, all its threads. Raises OSError."""
    # The name in parentheses may contain any character; the fields after it do not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def session_cpu_seconds(session: int) -> float:
    """CPU so far of all processes of a session, by the id of the first."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            fields = file.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
    return ticks / _TICKS


def status_bytes(pid: int, name: str) -> int:
    """A figure in bytes from `/proc/…/status`, such as `VmRSS`, the resident memory. Raises OSError."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def unix_sockets(pid: int) -> int:
    """Open UNIX sockets of the process: its connections to Postgres, and the pair with which asyncio wakes itself.
    Raises OSError."""
    own = {os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
    # proc(5): the inode is the seventh field.
    inodes = [line.split()[6] for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]]
    return sum(f"socket:[{inode}]" in own for inode in inodes)


def reserve_port() -> socket.socket:
    """A listening socket on a free port, for `start`."""
    return socket.create_server(("127.0.0.1", 0), backlog=2048)


def start(module: str, listener: socket.socket, folder: Path, variables: Mapping[str, str]) -> Program:
    """Starts `python -m module --fd N` on `listener`; its output is kept in `folder`."""
    log = folder / f"{module}.log"
    environment = {**os.environ, **python_environment(), **variables}
    with log.open("wb") as output:
        process = subprocess.Popen(
            python(module, "--fd", str(listener.fileno())),
            env=environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
        )
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    return Program(process, address, log)
