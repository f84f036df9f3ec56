"""Keeps a stack running: Postgres, the stand-in for OpenRouter, the gateway; started in this order, ended in reverse.

The listening sockets belong to the supervisor, so that whoever asks while a program starts again waits instead of
being refused. Everything ends with the supervisor: in good order on SIGTERM and Ctrl-C, at once when it is killed.
"""

import errno
import os
import signal
import socket
import threading
import time
import urllib.request
from pathlib import Path
from types import FrameType

from local import environment, postgres
from local.children import Child
from local.data_folder import address_file, data_folder
from local.greeting import greet, say
from local.sources import Sources

# All is over within ten seconds: eight for the gateway's answers in flight, the rest for everybody else.
_GATEWAY_GRACE = 8.0
_STAND_IN_GRACE = 0.5
_POSTGRES_GRACE = 1.0
_START_SECONDS = 60.0


class StackError(Exception):
    """The stack cannot start; the message is for the person at the terminal."""


class Supervisor:
    """One stack on one port over one data folder."""

    def __init__(self, port: int) -> None:
        self.listener = _listen(port)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.data: Path = data_folder()
        self.server: postgres.Server | None = None
        self.openrouter: Child | None = None
        self.gateway: Child | None = None
        self._woken = threading.Event()
        self._told_to_end = False
        for word in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            if signal.getsignal(word) is not signal.SIG_IGN or word == signal.SIGTERM:  # nohup means it
                signal.signal(word, self._on_signal)

    def run(self) -> None:
        """Sets everything up, says how to use it, and keeps it running until told to end."""
        try:
            self._start()
            if not self._told_to_end:
                greet(self.url, self.data)
            self._keep_running()
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
                command=environment.python("local.openrouter", "--fd", str(listener.fileno())),
                environment=environment.stand_in_environment(),
                log=logs / "openrouter.log",
                listens_on=listener.detach(),
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
            listens_on=self.listener.fileno(),
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

    def _wait_for_gateway(self, gateway: Child) -> None:
        give_up = time.monotonic() + _START_SECONDS
        answered = threading.Event()
        asking = threading.Thread(target=_ask_until_answered, args=(f"{self.url}/local/metrics", answered), daemon=True)
        asking.start()
        while not answered.is_set():
            if gateway.died() or time.monotonic() > give_up:
                raise StackError(f"The gateway does not start.\n{gateway.last_words()}")
            if self._told_to_end:
                return
            answered.wait(0.05)

    def _keep_running(self) -> None:
        sources = None if os.environ.get("ONEAI_RELOAD") == "0" else Sources()
        looked = time.monotonic()
        while not self._told_to_end:
            self._woken.clear()
            if self.server is not None and self.server.process.poll() is not None:
                say("Postgres ended; starting it again")
                self.server.lock.close()
                self._start_postgres()
            for child in (self.openrouter, self.gateway):
                if child is not None:
                    child.look_after()
            if sources is not None and time.monotonic() - looked > 0.8:
                self._reload(sources.changed())
                looked = time.monotonic()
            self._woken.wait(0.2 if self._somebody_is_down() else 1.0)

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

    def _somebody_is_down(self) -> bool:
        return any(child is not None and child.died() for child in (self.openrouter, self.gateway))

    def _end(self) -> None:
        """The gateway first, which settles its answers while everything it needs is still there."""
        address_file(self.data).unlink(missing_ok=True)
        for child in (self.gateway, self.openrouter):
            if child is not None:
                child.stop()
        if self.server is not None:
            postgres.stop(self.server, within=_POSTGRES_GRACE)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  the signature of a handler
        if number != signal.SIGCHLD:
            self._told_to_end = True
        self._woken.set()


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
    # In a thread of its own: the socket takes the question at once, however long the gateway needs to answer.
    while not answered.is_set():
        try:
            with urllib.request.urlopen(url, timeout=_START_SECONDS):  # noqa: S310  our own address
                answered.set()
        except OSError:
            time.sleep(0.1)
