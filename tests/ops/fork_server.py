"""Operators' commands as processes of their own, forked from one that has imported what they import.

Started by `python -m`, a command spends most of a second of the processor on its imports, and tests run two hundred.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import cache

import ops
from local.data_folder import REPOSITORY

_starting = threading.Lock()


def run(
    module: str, *arguments: str, environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m module` in the repository to its end, with `typed` on its stdin."""
    with _starting:
        server = _server()
    ours, theirs = socket.socketpair()
    with ExitStack() as opened:
        for end in (ours, theirs):
            opened.enter_context(end)
        stdin, stdout, stderr = (opened.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))
        stdin.write(typed)
        stdin.seek(0)
        socket.send_fds(server, [b"+"], [each.fileno() for each in (theirs, stdin, stdout, stderr)])
        theirs.close()
        request = {"module": module, "arguments": arguments, "environment": dict(environment)}
        ours.sendall(json.dumps(request).encode() + b"\n")
        status = int(ours.makefile().readline())
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess([module, *arguments], status, stdout.read(), stderr.read())


@cache
def _server() -> socket.socket:
    """The socket of this process's server, which ends with it."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ops.fork_server", str(theirs.fileno())],
            env=os.environ | {"PYTHONPATH": f"{REPOSITORY}/layers/common"},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(requests: socket.socket) -> None:
    """Forks for each request; returns in the process that is the command, and where no more requests come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 1, 4)
        if not message:
            return
        if os.fork() == 0:
            requests.close()
            _run(*descriptors)
            return
        for each in descriptors:
            os.close(each)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _run(reply_to: int, *standard: int) -> None:
    """Runs one command, and answers with its exit code. Returns in the process that is the command, after its end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.socket(fileno=reply_to) as reply:
        request = json.loads(reply.makefile().readline())
        command = os.fork()
        if command:
            _, status = os.waitpid(command, 0)
            reply.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os._exit(0)
    for descriptor, number in zip(standard, (0, 1, 2), strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _import_commands() -> None:
    """Imports what the commands import; each command itself is imported as it starts."""
    names = [f"ops.{module.name}" for module in pkgutil.iter_modules(ops.__path__)]
    modules = {name: importlib.import_module(name) for name in names}
    for name, module in modules.items():
        if hasattr(module, "main"):
            del sys.modules[name]
    gc.freeze()


if __name__ == "__main__":
    _import_commands()
    _serve(socket.socket(fileno=int(sys.argv[1])))
