"""Runs of jobs as processes. A `local.job_server` makes them: it starts with the first and ends with this process."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO

from local.data_folder import REPOSITORY
from local.invoke import Invocation
from local.processes import die_with_parent

# Variables of the machine that any program needs.
MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
IMPORTS = {
    "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "layers" / "common"), str(REPOSITORY)]),
    "PYTHONUNBUFFERED": "1",
}


class JobRun:
    """One run: a process of its own."""

    def __init__(self, process: socket.socket, output: int, result: IO[bytes]) -> None:
        self._process = process
        self._output = output
        self._result = result

    async def output(self) -> asyncio.StreamReader:
        """Its later output. Can be read once."""
        reader = asyncio.StreamReader()
        pipe = os.fdopen(self._output, "rb")
        self._output = -1
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        return reader

    async def exit_code(self) -> int:
        """Waits for its end; negative: the signal that ended it. A run whose server was killed was killed with it."""
        text = await asyncio.get_running_loop().sock_recv(self._process, 16)
        return int(text or -signal.SIGKILL)

    def result(self) -> bytes:
        """Its result; empty if it was killed."""
        self._result.seek(0)
        return self._result.read()

    def kill(self) -> None:
        """Kills it, unless it has ended."""
        try:
            self._process.send(b"k")
        except OSError:
            return

    def close(self) -> None:
        """Closes the run, and kills a process that has not ended."""
        self._process.close()
        self._result.close()
        if self._output >= 0:
            os.close(self._output)


class _Server:
    """The server of this process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._started_by = 0

    def control(self) -> socket.socket:
        """The socket it takes requests from; started if there is none, it has died, or this process was forked."""
        alive = self._process is not None and self._started_by == os.getpid() and self._process.poll() is None
        if self._control is None or not alive:
            self._start()
        assert self._control is not None  # noqa: S101  it has just been started
        return self._control

    def _start(self) -> None:
        if self._control is not None:
            self._control.close()
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.job_server", str(other.fileno())],
                env={name: os.environ[name] for name in MACHINE if name in os.environ} | IMPORTS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(other.fileno(),),
                start_new_session=True,  # Ctrl-C in the terminal is for the supervisor
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
            )
        self._started_by = os.getpid()


_server = _Server()


def start(invocation: Invocation, environment: Mapping[str, str]) -> JobRun:
    """Starts a run, which has these variables alone."""
    request = {"invocation": asdict(invocation), "environment": dict(environment)}
    control = _server.control()
    own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    own.setblocking(False)
    output, output_end = os.pipe()
    result = tempfile.TemporaryFile()  # noqa: SIM115  the run closes it
    with other, tempfile.TemporaryFile() as file:
        try:
            file.write(json.dumps(request).encode())
            file.seek(0)
            descriptors = [other.fileno(), file.fileno(), output_end, result.fileno()]
            socket.send_fds(control, [b"r"], descriptors)
        finally:
            os.close(output_end)
    return JobRun(own, output, result)
