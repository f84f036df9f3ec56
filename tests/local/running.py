"""A stack in processes of its own, for tests: its logs are searched for secrets, and its data removed."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from local import own_stack
from tests import canaries
from tests.patience import PATIENCE


class Stack(own_stack.OwnStack):
    """A running stack, and clients of it."""

    def client(self, name: str = "asha") -> httpx.Client:
        """A client that has signed in."""
        user = {"email": f"{name}@example.com", "password": f"{name}-password"}
        answer = httpx.post(f"{self.url}/auth/v1/token?grant_type=password", json=user, timeout=PATIENCE)
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)


@contextmanager
def running(over: Path | None = None, also: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A stack that has said `ready`, over data of its own or of a stack before; ended if it is not over by then."""
    data = over or Path(tempfile.mkdtemp(prefix="oneai-test-"))
    try:
        with own_stack.running(data, also=also) as stack:
            yield Stack(stack.process, stack.greeting, stack.data)
    finally:
        canaries.keep_logs(*(data / "log").glob("*.log"))
        shutil.rmtree(data, ignore_errors=True)


def start(data: Path, port: int | str = 0, also: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """`python -m local` over `data`; a port of 0 means any that is free."""
    return own_stack.start(data, port, also)


def alive(pids: dict[int, str]) -> dict[int, str]:
    """The processes that still run."""
    now = own_stack.running_processes()
    return {pid: command for pid, command in pids.items() if now.get(pid, (0, ""))[1] == command}


def free_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
