"""Forks a process for each run of a scheduled function: `python -m local.job_server <descriptor of a socket>`.

Starting Python and importing the common layer takes longer than most jobs do. This process has done both, and each run
is a fork of it: with its own variables, its own module `main`, and its own death. `local.jobs` asks for runs.

A request over the socket hands over three descriptors: the run's own socket, a file with the request as JSON, and the
pipe for its output; a fourth is the pipe for its result. The exit status of the run comes back over the run's socket,
as `os.waitpid` reports it; a byte or the end of the stream in the other direction kills the run.
"""

import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from local.invoke import Invocation, invoke
from local.processes import die_with_parent

DESCRIPTORS = 4
# Modules that jobs import. None of them reads an environment variable during its import.
_WARM = (
    *("oneai.jobs", "oneai.log", "oneai.accounts", "oneai.analytics", "oneai.billing", "oneai.chat.jobs"),
    *("oneai.conversations.archive", "oneai.files", "oneai.notifications", "oneai.quota", "oneai.usage"),
    *("aws_lambda_powertools.logging", "aws_lambda_powertools.metrics", "oneai.clients.secrets_manager"),
)


class JobServer:
    """Forks runs, and reports how they ended, until `control` is closed at its other end."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self._runs: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._fork)
        # A process that ends is reported as a byte in this pipe, which the selector waits for.
        wake_up, self._wake_up = os.pipe()
        os.set_blocking(self._wake_up, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_up)
        self._selector.register(wake_up, selectors.EVENT_READ, lambda: self._report(wake_up))
        self._die_with_server: Callable[[], None] | None = die_with_parent(signal.SIGKILL)

    def serve(self) -> None:
        """Serves until the other end of the control socket is closed, which ends all runs."""
        while self.control.fileno() >= 0:
            for key, _ in self._selector.select():
                key.data()
        for pid in self._runs:
            os.kill(pid, signal.SIGKILL)

    def _fork(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self.control, 1, DESCRIPTORS)
        if not message:
            self._selector.unregister(self.control)
            self.control.close()
            return
        run, request, output, result = descriptors
        pid = os.fork()
        if pid == 0:
            self._run(request, output, result)
        for descriptor in (request, output, result):
            os.close(descriptor)
        own = socket.socket(fileno=run)
        self._runs[pid] = own
        self._selector.register(own, selectors.EVENT_READ, lambda: self._kill(pid))

    def _kill(self, pid: int) -> None:
        # A byte or the end of the stream: the process is not reaped yet, so its id is its own.
        self._selector.unregister(self._runs[pid])
        os.kill(pid, signal.SIGKILL)

    def _report(self, wake_up: int) -> None:
        os.read(wake_up, 4096)
        for pid in list(self._runs):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            own = self._runs.pop(pid)
            if own in self._selector.get_map():
                self._selector.unregister(own)
            with own:
                try:
                    own.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                except OSError:  # the caller has gone
                    continue

    def _run(self, request: int, output: int, result: int) -> NoReturn:
        """Runs the forked process, which never returns into the loop of the server."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if self._die_with_server is not None:
                self._die_with_server()
            self._selector.close()
            self.control.close()
            for own in self._runs.values():
                own.close()
            os.dup2(output, 1)
            os.close(output)
            with os.fdopen(request, "rb") as file:
                asked: dict[str, Any] = json.load(file)
            os.environ.clear()
            os.environ.update(asked["environment"])
            time.tzset()
            code = invoke(Invocation(**asked["invocation"]), result)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def main() -> int:
    """Imports what jobs need, and serves."""
    for name in _WARM:
        importlib.import_module(name)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    JobServer(socket.socket(fileno=int(sys.argv[1]))).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
