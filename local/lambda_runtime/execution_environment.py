"""One environment of a function: a process that the wrapper script starts, and the Runtime API that it polls."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from local.data_folder import REPOSITORY
from local.lambda_runtime.invocation import Failure, Invocation
from local.lambda_runtime.runtime_api import EventQueue, RuntimeApi, serving
from local.processes import die_with_parent

START = REPOSITORY / "layers" / "common" / "oneai" / "start"
# Longer than a function takes to settle its answers, and shorter than the supervisor's patience with the gateway.
SECONDS_TO_STOP = 7.5


async def start_process(
    environment: Mapping[str, str], folder: Path, stdout: Any, start: Path = START
) -> asyncio.subprocess.Process:
    """Starts a function as Lambda does, through the wrapper script; it ends with this process."""
    return await asyncio.create_subprocess_exec(
        start,
        sys.executable,
        "/var/runtime/bootstrap.py",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env=environment,
        start_new_session=True,  # Ctrl-C in the terminal is for the supervisor
        preexec_fn=die_with_parent(signal.SIGKILL),
    )


class ExecutionEnvironment:
    """A running environment, whose events come from a queue that it may share with others.

    `variables` are the function's; `concurrency` is None on demand, where one invocation has it at a time, and on
    Managed Instances what their setting `PerExecutionEnvironmentMaxConcurrency` says.
    """

    def __init__(self, queue: EventQueue, variables: Mapping[str, str], folder: Path, concurrency: int | None) -> None:
        self._queue, self._variables, self._folder = queue, variables, folder
        self._concurrency = concurrency
        self._resources = AsyncExitStack()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ends: set[asyncio.Task[None]] = set()
        self._killed = False
        self.polled = False
        """Whether its initialisation has succeeded."""
        self.init_error: Failure | None = None
        self.api: RuntimeApi | None = None
        self.process: asyncio.subprocess.Process | None = None

    @property
    def free(self) -> int:
        """The number of events it can take at once; during its start the maximum."""
        if self._killed:
            return 0
        most = self._concurrency or 1
        if self.api is None or self.api.polls < most:
            return most - (len(self.api.delivered) if self.api else 0)
        return self.api.open_polls

    async def run(self) -> None:
        """Starts the process, and returns when it has ended and each of its invocations with it."""
        async with self._resources:
            self.api = await self._resources.enter_async_context(serving(self._concurrency or 1, self._queue))
            self.api.on_delivery = self._watch
            if self._killed:
                return
            environment = {**self._variables, "AWS_LAMBDA_RUNTIME_API": self.api.address}
            self.process = await start_process(environment, self._folder, asyncio.subprocess.PIPE)
            await _forward_output(self.process)
            await self.process.wait()
            self._killed = True
            self.polled = "/next" in self.api.calls
            self.init_error = None if self.api.failures.empty() else self.api.failures.get_nowait()
            for timer in self._timers.values():
                timer.cancel()
            for invocation in [*self.api.delivered.values()]:
                invocation.truncated = True
                await self.api.end(invocation)

    def kill(self) -> None:
        """SIGKILL, so that no `finally` runs."""
        self._signal(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM as Lambda sends it, and SIGKILL where that takes too long."""
        self._signal(signal.SIGTERM)
        if self.process is not None:
            try:
                await asyncio.wait_for(self.process.wait(), SECONDS_TO_STOP)
            except TimeoutError:
                self.kill()

    def _signal(self, number: signal.Signals) -> None:
        self._killed = True
        if self.process is not None and self.process.returncode is None:
            os.kill(self.process.pid, number)

    def _watch(self, invocation: Invocation) -> None:
        """Ends the invocation at its deadline: on demand with the whole process, on Managed Instances only for its
        client, while the function goes on."""
        self._timers = {key: timer for key, timer in self._timers.items() if timer.when() > time.monotonic()}
        late = asyncio.get_running_loop().call_later(invocation.timeout_s, self._time_out, invocation)
        self._timers[invocation.request_id] = late

    def _time_out(self, invocation: Invocation) -> None:
        assert self.api is not None  # noqa: S101  it has delivered this event
        if self._concurrency is None and not self.api.open_polls:
            self.kill()
        elif invocation.request_id in self.api.delivered:
            invocation.truncated = True
            ending = asyncio.create_task(self.api.end(invocation))
            self._ends.add(ending)
            ending.add_done_callback(self._ends.discard)


async def _forward_output(process: asyncio.subprocess.Process) -> None:
    """Prints what the process prints, line by line, until it ends: metrics among it are recorded from there."""
    assert process.stdout is not None  # noqa: S101  it is a pipe
    pending = b""
    while part := await process.stdout.read(65536):
        *lines, pending = (pending + part).split(b"\n")
        for line in lines:
            print(line.decode(errors="replace"), flush=True)
