"""Starts `python -m local` as a developer does, over its own data, and ends what it started."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.data_folder import REPOSITORY
from tests import canaries
from tests.patience import PATIENCE

# A developer's own settings would make the stack use other services.
_NOT_OURS = (
    *("DATABASE_URL", "SUPABASE_URL", "SUPABASE_JWT_SECRET", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"),
    *("STORAGE_BUCKET", "STORAGE_ENDPOINT_URL"),
    *("MAIL_FROM", "MAIL_ENDPOINT_URL"),
    *("RAZORPAY_KEY_ID", "RAZORPAY_BASE_URL", "RAZORPAY_PLANS", "PLAN_PRICES"),
)


@dataclass
class Stack:
    """A running stack, and its output."""

    process: subprocess.Popen[str]
    greeting: list[str]
    data: Path

    @property
    def url(self) -> str:
        """Its address."""
        return self.greeting[-1].split()[1]

    def client(self, name: str = "asha") -> httpx.Client:
        """A client that has signed in."""
        person = {"email": f"{name}@example.com", "password": f"{name}-password"}
        answer = httpx.post(f"{self.url}/auth/v1/token?grant_type=password", json=person, timeout=PATIENCE)
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

    def programs(self) -> dict[int, str]:
        """The processes it consists of, its own included."""
        everybody = _processes()
        ours = {self.process.pid}
        while more := {pid for pid, (parent, _) in everybody.items() if parent in ours} - ours:
            ours |= more
        return {pid: everybody[pid][1] for pid in ours}


@contextmanager
def running(over: Path | None = None, also: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A stack that has said `ready`, over data of its own or of a stack before; ended if it is not over by then."""
    data = over or Path(tempfile.mkdtemp(prefix="oneai-test-"))
    data.chmod(0o755)  # under root, Postgres's user has to get there
    process = start(data, also=also)
    assert process.stdout is not None
    greeting: list[str] = []
    try:
        for line in process.stdout:
            greeting.append(line.rstrip("\n"))
            if line.startswith("ready "):
                break
        else:
            raise AssertionError("\n".join(greeting))
        yield Stack(process, greeting, data)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()  # nothing, to one that is over
            process.stdout.close()
            canaries.keep_logs(*(data / "log").glob("*.log"))
            shutil.rmtree(data, ignore_errors=True)


def start(data: Path, port: int | str = 0, also: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """`python -m local` over `data`; a port of 0 means any that is free."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    ours = {"ONEAI_DATA": str(data), "PORT": str(port), "ONEAI_ENV_FILE": os.devnull, "ONEAI_RELOAD": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=REPOSITORY,
        env=environment | ours | dict(also or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def alive(pids: dict[int, str]) -> dict[int, str]:
    """Those of them that still run."""
    now = _processes()
    return {pid: command for pid, command in pids.items() if now.get(pid, (0, ""))[1] == command}


def _processes() -> dict[int, tuple[int, str]]:
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    found = {}
    for line in listed.stdout.splitlines():
        with suppress(ValueError):
            pid, parent, state, command = line.split(None, 3)
            if not state.startswith("Z"):  # over, and only not yet counted
                found[int(pid)] = (int(parent), command)
    return found


def free_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
