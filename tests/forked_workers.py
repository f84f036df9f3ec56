"""Runs tests in several processes that are forked after collection: `-p tests.forked_workers --workers 6`.

Workers that import and collect all tests again, as those of pytest-xdist do, spend a third of what `make test` computes
on it. Forked workers have all of it already. Each gets a contiguous range of the tests, so that those of a module share
its fixtures, and takes over the second half of the longest range when its own is done.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest

# Plugins that only the first process needs.
_NOT_IN_WORKERS = ("terminalreporter", "canary search", "forked workers")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the number of workers."""
    parser.addoption("--workers", type=int, default=1, help="in how many processes the tests run")


def pytest_configure(config: pytest.Config) -> None:
    """Takes over the running of the tests, if several workers are wanted."""
    if config.option.workers > 1 and not config.option.collectonly:
        config.pluginmanager.register(_Workers(config), "forked workers")


@dataclass
class _Worker:
    """A forked process."""

    number: int
    pid: int
    connection: Connection
    """Indices of tests go in, reports come out."""
    tests: list[int]
    """What is left of its range."""
    given: list[int] = field(default_factory=list)
    """Those that it has and has not finished."""


class _Workers:
    """The first process: hands out tests, and reports what workers report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._workers: list[_Worker] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Runs all tests in workers. Raises `session.Interrupted` or `session.Failed` as pytest itself does."""
        number = min(self._config.option.workers, len(session.items))
        if number < 2 or session.testsfailed:
            return None
        bounds = [len(session.items) * n // number for n in range(number + 1)]
        try:
            for n in range(number):
                self._start(session, n, [*range(bounds[n], bounds[n + 1])])
            while self._workers:
                self._receive(session)
        finally:
            for worker in self._workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGINT)
                os.waitpid(worker.pid, 0)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    def _start(self, session: pytest.Session, number: int, tests: list[int]) -> None:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _work(session, number, theirs)
        theirs.close()
        worker = _Worker(number, pid, ours, tests)
        self._workers.append(worker)
        # A test needs to know the next one, because fixtures of both stay.
        self._give(session, worker)
        self._give(session, worker)

    def _give(self, session: pytest.Session, worker: _Worker) -> None:
        """Gives it one more test, or says that there is none."""
        if not worker.tests:
            longest = max(self._workers, key=lambda each: len(each.tests))
            middle = len(longest.tests) // 2
            longest.tests, worker.tests = longest.tests[:middle], longest.tests[middle:]
        index = None
        if worker.tests and not (session.shouldfail or session.shouldstop):
            index = worker.tests.pop(0)
            worker.given.append(index)
        with contextlib.suppress(BrokenPipeError):
            worker.connection.send(index)

    def _receive(self, session: pytest.Session) -> None:
        """Waits for messages of workers, and handles one of each."""
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection)):
            assert isinstance(connection, Connection)
            worker = by_connection[connection]
            try:
                finished, message = connection.recv()
            except (EOFError, ConnectionError):
                self._ended(session, worker)
                continue
            if finished:
                self._config.hook.pytest_runtest_logfinish(**_named(session, worker.given.pop(0)))
                self._give(session, worker)
            else:
                report = self._config.hook.pytest_report_from_serializable(config=self._config, data=message)
                self._config.hook.pytest_runtest_logreport(report=report)

    def _ended(self, session: pytest.Session, worker: _Worker) -> None:
        """Reports the test that ended a worker, if one did, and starts another worker for the rest of its range."""
        self._workers.remove(worker)
        worker.connection.close()
        _, status = os.waitpid(worker.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if worker.given:
            lost, *later = worker.given
            why = f"The worker ended during this test, with {code}."
            report = pytest.TestReport(
                **_named(session, lost), keywords={}, outcome="failed", longrepr=why, when="call"
            )
            self._config.hook.pytest_runtest_logreport(report=report)
            self._start(session, worker.number, [*later, *worker.tests])
        elif code:
            session.shouldfail = f"A worker ended with {code} after its last test."


def _named(session: pytest.Session, index: int) -> dict[str, Any]:
    item = session.items[index]
    return {"nodeid": item.nodeid, "location": item.location}


def _work(session: pytest.Session, number: int, connection: Connection) -> None:
    """The whole life of a worker."""
    config = session.config
    failed = True
    try:
        for name in _NOT_IN_WORKERS:
            config.pluginmanager.unregister(name=name)
        # It shares open files with the other workers, and so their positions.
        capture = config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
        factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
        factory._basetemp = factory.getbasetemp() / f"worker{number}-{os.getpid()}"
        factory._basetemp.mkdir()
        config.pluginmanager.register(_Reports(config, connection))
        _run(session, connection)
        failed = False
    finally:
        os._exit(failed)


def _run(session: pytest.Session, connection: Connection) -> None:
    tests = _received(connection)
    index = next(tests, None)
    try:
        while index is not None:
            following = next(tests, None)
            item = session.items[index]
            nextitem = None if following is None else session.items[following]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            connection.send((True, None))
            index = following
    except (KeyboardInterrupt, BrokenPipeError):
        session._setupstate.teardown_exact(None)


def _received(connection: Connection) -> Iterator[int]:
    with contextlib.suppress(EOFError):
        while (index := connection.recv()) is not None:
            yield index


class _Reports:
    """Sends the reports of a worker."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config = config
        self._connection = connection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Sends one, in the form that pytest has for it."""
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send((False, data))
