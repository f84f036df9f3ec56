"""Keeps a stack running: Postgres, the stand-in for OpenRouter, the gateway; started in this order, ended in reverse.

The listening sockets belong to the supervisor, so that requests during a restart wait instead of being refused.
Everything ends with the supervisor: in order on SIGTERM and Ctrl-C, at once when it is killed.
"""

import errno
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from types import FrameType

import psycopg

from local import environment, postgres
from local.children import Child
from local.data_folder import address_file, data_folder
from local.greeting import greet, say
from local.processes import die_with_parent, end
from local.sources import Sources
from local.wake_up import WakeUp

# Everything ends within ten seconds: eight for the gateway's answers in flight, the rest for the others.
_GATEWAY_GRACE = 8.0
_STAND_IN_GRACE = 0.5
_POSTGRES_GRACE = 1.0
_START_SECONDS = 60.0


class StackError(Exception):
    """The stack cannot start; the message is for the developer."""


class Supervisor:
    """One stack on one port over one data folder."""

    def __init__(self, port: int) -> None:
        self.listener = _listen(port)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.data: Path = data_folder()
        self.server: postgres.Server | None = None
        self.openrouter: Child | None = None
        self.gateway: Child | None = None
        self._web: subprocess.Popen[bytes] | None = None
        self._wake = WakeUp()
        self._ending = False
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            # Ignored signals, as under nohup, stay ignored.
            if signal.getsignal(each) is not signal.SIG_IGN or each == signal.SIGTERM:
                signal.signal(each, self._on_signal)

    def run(self) -> None:
        """Starts everything, prints how to use it, and keeps it running until a signal to end."""
        try:
            self._web = _start_web_build()
            self._start()
            self._wait_for_web()
            if not self._ending:
                greet(self.url, self.data)
            self._watch()
        finally:
            self._end()

    def _start(self) -> None:
        logs = self.data / "log"
        logs.mkdir(exist_ok=True)
        (self.data / "metrics.jsonl").unlink(missing_ok=True)
        if environment.own_database():
            say(f"Postgres starts over {self.data}")
            self._start_postgres()
        else:
            say("Using the database of DATABASE_URL, as it is")
        openrouter_port = None
        if environment.own_openrouter():
            listener = _listen(0)
            openrouter_port = listener.getsockname()[1]
            say("The stand-in for OpenRouter starts: its models cost nothing and need no key")
            self.openrouter = Child(
                name="the OpenRouter stand-in",
                command=environment.python("stand_ins.openrouter", "--fd", str(listener.fileno())),
                environment=environment.stand_in_environment(),
                log=logs / "openrouter.log",
                socket_fd=listener.detach(),
                grace=_STAND_IN_GRACE,
                say=say,
            )
            self.openrouter.begin()
        else:
            say("Using OpenRouter as OPENROUTER_BASE_URL and OPENROUTER_API_KEY say")
        if not environment.own_razorpay():
            say("Using Razorpay as RAZORPAY_KEY_ID and RAZORPAY_BASE_URL say")
        self.gateway = Child(
            name="the gateway",
            command=environment.python("local.serve", "--fd", str(self.listener.fileno())),
            environment=environment.gateway_environment(self.url, self.data, self.server, openrouter_port),
            log=logs / "gateway.log",
            socket_fd=self.listener.fileno(),
            grace=_GATEWAY_GRACE,
            say=say,
        )
        say(f"The gateway starts; its log is {self.gateway.log}")
        self.gateway.begin()
        self._wait_for_gateway(self.gateway)

    def _start_postgres(self) -> None:
        try:
            self.server = postgres.start(self.data / "postgres", durable=True)
            applied = postgres.migrate(self.server, environment.DATABASE)
        except (postgres.OccupiedError, postgres.MigrationError, RuntimeError) as error:
            raise StackError(str(error)) from error
        for name in applied:
            say(f"  applied {name}")

    def _restart_postgres(self) -> None:
        """Starts it until it runs: the next try may succeed where it was killed again while it started."""
        say("Postgres ended; starting it again")
        while not self._ending:
            if self.server is not None:
                postgres.stop(self.server)  # takes note of its end: Postgres takes a zombie for a server that runs
            try:
                self._start_postgres()
            except (StackError, psycopg.OperationalError) as error:
                say(str(error))
                self._wake.wait(1.0)
            else:
                return

    def _wait_for_gateway(self, gateway: Child) -> None:
        deadline = time.monotonic() + _START_SECONDS
        answered = threading.Event()
        asking = threading.Thread(target=_ask_until_answered, args=(f"{self.url}/local/metrics", answered), daemon=True)
        asking.start()
        while not answered.is_set():
            if gateway.died() or time.monotonic() > deadline:
                raise StackError(f"The gateway does not start.\n{gateway.log_tail()}")
            if self._ending:
                return
            answered.wait(0.05)

    def _wait_for_web(self) -> None:
        """The app is built beside everything else; where it cannot be, that is said, and the API is served."""
        if self._web is not None and self._web.poll() is None and not self._ending:
            say("The web app is being built, which takes some seconds after its sources have changed")
        while self._web is not None and self._web.poll() is None and not self._ending:
            self._wake.wait(0.2)

    def _watch(self) -> None:
        sources = None if os.environ.get("ONEAI_RELOAD") == "0" else Sources()
        checked_at = time.monotonic()
        while not self._ending:
            if self.server is not None and self.server.process.poll() is not None:
                self._restart_postgres()
            for child in (self.openrouter, self.gateway):
                if child is not None:
                    child.restart_if_dead()
            if sources is not None and time.monotonic() - checked_at > 0.8:
                self._reload(sources.changed())
                checked_at = time.monotonic()
            self._wake.wait(0.2 if self._any_down() else 1.0)

    def _reload(self, changed: set[Path]) -> None:
        if not changed or self.gateway is None:
            return
        say(f"{', '.join(sorted(path.name for path in changed))} changed; the gateway starts again")
        if self.server is not None and any(path.suffix == ".sql" for path in changed):
            try:
                for name in postgres.migrate(self.server, environment.DATABASE):
                    say(f"  applied {name}")
            except postgres.MigrationError as error:
                say(str(error))
        self.gateway.restart()

    def _any_down(self) -> bool:
        return any(child is not None and child.died() for child in (self.openrouter, self.gateway))

    def _end(self) -> None:
        """Stops the gateway first, which settles its answers while everything it needs still runs."""
        address_file(self.data).unlink(missing_ok=True)
        if self._web is not None:
            end(self._web, signal.SIGKILL, within=_STAND_IN_GRACE)
        for child in (self.gateway, self.openrouter):
            if child is not None:
                child.stop()
        if self.server is not None:
            postgres.stop(self.server, within=_POSTGRES_GRACE)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  the signature of a handler
        if number != signal.SIGCHLD:
            self._ending = True
        self._wake.set()


def _start_web_build() -> subprocess.Popen[bytes]:
    """Builds the web app where it has to be; the program says in one line if it cannot."""
    return subprocess.Popen(
        environment.python("local.web"),
        env=dict(os.environ) | environment.python_environment(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal is for the supervisor
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  it only calls prctl
    )


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=2048)
    except OSError as error:
        why = (
            "is taken; is another stack running?" if error.errno == errno.EADDRINUSE else f"refuses: {error.strerror}."
        )
        another = port + 1 if 1024 <= port < environment.HIGHEST_PORT else environment.PORT
        raise StackError(f"Port {port} {why} Another port: PORT={another} ONEAI_DATA=.data-2 make dev") from error


def _ask_until_answered(url: str, answered: threading.Event) -> None:
    # In a thread of its own: the socket accepts the request at once, however long the gateway takes to answer.
    while not answered.is_set():
        try:
            with urllib.request.urlopen(url, timeout=_START_SECONDS):  # noqa: S310  our own address
                answered.set()
        except OSError:
            time.sleep(0.1)
