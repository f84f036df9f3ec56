"""The stack's own Postgres: created if missing, on a unix socket only, ended with its parent process."""

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg

from local.data_folder import reachable
from local.postgres_binaries import binaries, unprivileged_user
from local.processes import die_with_parent, end

SUPERUSER = "postgres"

# A socket's path with its terminating zero has to fit 108 bytes (104 on macOS).
_LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %u@%d ",
    "timezone": "UTC",
}
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
}

# A server that was just killed has processes, a checkpoint's for one, that hold its memory until they end.
_STILL_HELD = re.compile(r"pre-existing shared memory block|lock file .* already exists")
_SECONDS_HELD = 60


class OccupiedError(Exception):
    """Another stack is running over this data folder."""


@dataclass
class Server:
    """A running Postgres."""

    folder: Path
    socket_folder: Path
    process: subprocess.Popen[bytes]
    lock: IO[str]

    def url(self, database: str, role: str) -> str:
        """The URL of `database` for `role`."""
        return _url(self.socket_folder, database, role)

    def connect(self, database: str, *, within: int = 60) -> psycopg.Connection[Any]:
        """An autocommit connection as superuser, opened `within` seconds. Raises psycopg.OperationalError."""
        return psycopg.connect(self.url(database, SUPERUSER), autocommit=True, connect_timeout=within)


def start(folder: Path, *, durable: bool) -> Server:
    """Starts Postgres over `folder` (created if missing) and waits until it answers.

    It ends with the calling thread (Linux); elsewhere a server left over from before is stopped first. Without
    `durable` nothing survives a crash of the machine, which tests do not need.
    Raises OccupiedError when another process runs a server here.
    """
    given_folder, folder = folder.absolute(), reachable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise OccupiedError(f"Another stack is running over {folder}.") from None
    programs = binaries(copy_to=folder.parent if folder == given_folder else folder)
    cluster = folder / "cluster"
    if cluster.exists():
        _stop_leftover(cluster)
    else:
        _initdb(programs, folder, cluster)
    socket_folder = _make_socket_folder(folder)
    settings = _SETTINGS if durable else _SETTINGS | _NOT_DURABLE
    arguments = [f"--{name}={value}" for name, value in settings.items()]
    command = [str(programs / "postgres"), "-D", str(cluster), "-k", str(socket_folder), *arguments]
    log = folder / "log"
    deadline = time.monotonic() + _SECONDS_HELD
    while True:
        before = log.stat().st_size if log.exists() else 0
        server = Server(folder, socket_folder, _launch(command, log), lock)
        if _becomes_ready(server):
            return server
        # Processes of a server that was killed write to the same log as they end.
        written = log.read_bytes()[before:].decode(errors="replace")
        if not _STILL_HELD.search(written) or time.monotonic() > deadline:
            lock.close()
            raise RuntimeError(f"Postgres did not start:\n{written[-2000:]}")
        time.sleep(0.5)


def running_url(folder: Path, database: str, role: str) -> str:
    """The URL of `database` for `role` at the server that another process runs over `folder`, if one does."""
    return _url(_socket_folder(reachable(folder)), database, role)


def stop(server: Server, *, within: float = 5) -> None:
    """Stops the server by a fast shutdown, or kills it if that takes too long."""
    end(server.process, signal.SIGINT, within=within)
    server.lock.close()


def _url(socket_folder: Path, database: str, role: str) -> str:
    return f"postgresql://{quote(role)}@/{quote(database)}?host={quote(str(socket_folder), safe='')}"


def _user_arguments() -> dict[str, Any]:
    user = unprivileged_user()
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


def _initdb(programs: Path, folder: Path, cluster: Path) -> None:
    half = folder / "cluster.half"
    subprocess.run(["rm", "-rf", half], check=True)
    half.mkdir(mode=0o700)
    user = unprivileged_user()
    if user is not None:
        os.chown(half, user.pw_uid, user.pw_gid)
    made = subprocess.run(
        [
            *(programs / "initdb", "-D", half, "-U", SUPERUSER, "--auth=trust", "--no-sync", "--no-instructions"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ],
        env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
        **_user_arguments(),
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
    half.rename(cluster)


def _socket_folder(folder: Path) -> Path:
    place = folder / "socket"
    if len(os.fsencode(place)) > _LONGEST_SOCKET_FOLDER:
        name = f"oneai-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
        place = Path(tempfile.gettempdir()) / name
        if len(os.fsencode(place)) > _LONGEST_SOCKET_FOLDER:
            place = Path("/tmp") / name  # noqa: S108
    return place


def _make_socket_folder(folder: Path) -> Path:
    place = _socket_folder(folder)
    place.mkdir(mode=0o700, exist_ok=True)
    user = unprivileged_user()
    ours = {os.geteuid()} if user is None else {os.geteuid(), user.pw_uid}
    if place.is_symlink() or place.stat().st_uid not in ours:
        raise RuntimeError(f"{place} belongs to another user.")
    if user is not None:
        os.chown(place, user.pw_uid, user.pw_gid)
    return place


def _stop_leftover(cluster: Path) -> None:
    """Stops a server whose parent was killed, and waits for its end."""
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    described = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    if not described:
        return  # Postgres itself detects that this one is dead
    if str(cluster) not in described:
        pid_file.unlink()  # another program has the pid by now, which Postgres might take for a server
        return
    for word in (signal.SIGINT, signal.SIGQUIT):
        with suppress(ProcessLookupError):
            os.kill(pid, word)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if not pid_file.exists():  # a server's last step
                return
            time.sleep(0.02)


def _launch(command: list[str], log_file: Path) -> subprocess.Popen[bytes]:
    with log_file.open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which stops us last
            preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509  it only calls prctl
            **_user_arguments(),
        )


def _becomes_ready(server: Server) -> bool:
    deadline = time.monotonic() + 60  # after a crash of the machine it may have to recover first
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            # A process of a killed server may still hold the socket without answering.
            server.connect("postgres", within=5).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    end(server.process, signal.SIGQUIT, within=5)
    return False
