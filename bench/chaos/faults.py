"""Makes each fault by signals to the stack's processes or by its control API, and ends it."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx
import psycopg

from bench.chaos.plan import JOBS, Fault, FaultKind
from local.own_stack import OwnStack

_GATEWAY, _UPSTREAM, _SUPERVISOR, _POSTGRES = "local.serve", "stand_ins.openrouter", "-m local", "postgres"
# Chat, if it runs in its own processes (CHAT_RUNTIME=lambda).
_CHAT = "oneai.lambda_stream"
_CLOCK_SECONDS = (5, 31, 45, 90, 600)
_CONTROL_SECONDS = 20


class Faults:
    """The faults of one stack."""

    def __init__(self, stack: OwnStack) -> None:
        self.stack = stack
        self._makers: dict[FaultKind, Callable[[Fault], Awaitable[None]]] = {
            "kill-functions": lambda fault: self._signal_functions(fault, signal.SIGKILL),
            "stop-functions": lambda fault: self._signal_functions(fault, signal.SIGTERM),
            "kill-job": self._kill_job,
            "cut-clients": self._nothing,
            "kill-upstream": lambda _: self._signal(_UPSTREAM, signal.SIGKILL),
            "upstream-faults": self._nothing,
            "pause-postgres": self._pause_postgres,
            "stop-postgres": self._stop_postgres,
            "restart-postgres": lambda _: self._signal_postmaster(signal.SIGINT),
            "kill-postgres": lambda _: self._signal_postmaster(signal.SIGKILL),
            "lose-webhooks": lambda fault: self._webhooks(fault, "drop"),
            "double-webhooks": lambda fault: self._webhooks(fault, "duplicate"),
            "reorder-webhooks": lambda fault: self._webhooks(fault, "reorder"),
            "provider-away": lambda fault: self._provider(fault, "away"),
            "lose-replies": lambda fault: self._provider(fault, "lost"),
            "move-clock": self._move_clock,
        }

    async def make(self, fault: Fault) -> None:
        """Waits until the fault is due, makes it, and returns when it has ended; its effects may last longer."""
        await asyncio.sleep(fault.at)
        await self._makers[fault.kind](fault)

    async def end_all(self) -> None:
        """Ends every lasting fault, before the invariants are checked or when a run is interrupted."""
        for pid in self.stack.programs():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        await self._control("/razorpay/webhooks", {"mode": "normal"})
        await self._control("/razorpay/trouble", {"trouble": None})

    async def _nothing(self, fault: Fault) -> None:
        """Does nothing here, because the clients or their models make this fault."""
        await asyncio.sleep(fault.seconds)

    async def _signal_functions(self, fault: Fault, number: signal.Signals) -> None:
        """Processes of all functions, or every other time of chat alone if possible."""
        programs = await asyncio.to_thread(self.stack.programs)
        has_own_processes = any(_CHAT in command for command in programs.values())
        await self._signal(_CHAT if has_own_processes and fault.choice % 2 else _GATEWAY, number)

    async def _signal(self, program: str, number: signal.Signals) -> None:
        for pid, command in (await asyncio.to_thread(self.stack.programs)).items():
            if program in command and pid != self.stack.process.pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    async def _postgres(self) -> list[int]:
        """Its processes, the postmaster first."""
        programs = await asyncio.to_thread(self.stack.programs)
        return sorted(
            (pid for pid, command in programs.items() if _POSTGRES in command.split(" ")[0]),
            key=lambda pid: " -D " not in programs[pid],
        )

    async def _signal_postmaster(self, number: signal.Signals) -> None:
        for pid in (await self._postgres())[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    async def _pause_postgres(self, fault: Fault) -> None:
        """Makes it hang, as behind a network that drops packets."""
        paused = await self._postgres()
        try:
            for pid in paused:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(2 * fault.seconds)
        finally:
            for pid in paused:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    async def _stop_postgres(self, fault: Fault) -> None:
        """Stops it until its supervisor, which is paused for that time, starts it again."""
        os.kill(self.stack.process.pid, signal.SIGSTOP)
        try:
            await self._signal_postmaster(signal.SIGINT)
            await asyncio.sleep(fault.seconds)
        finally:
            os.kill(self.stack.process.pid, signal.SIGCONT)

    async def _kill_job(self, fault: Fault) -> None:
        job = JOBS[fault.choice % len(JOBS)]
        running = asyncio.create_task(self._control(f"/run/{job}", None))
        await asyncio.sleep(fault.seconds)
        # A task of `maintenance` is killed with its function.
        await self._control(f"/kill/{'maintenance' if job == 'roll_up_usage' else job}", None)
        await running

    async def _webhooks(self, fault: Fault, mode: str) -> None:
        await self._control("/razorpay/webhooks", {"mode": mode})
        try:
            await asyncio.sleep(2 * fault.seconds)
        finally:
            await self._control("/razorpay/webhooks", {"mode": "normal"})

    async def _provider(self, fault: Fault, trouble: str) -> None:
        await self._control("/razorpay/trouble", {"trouble": trouble})
        try:
            await asyncio.sleep(2 * fault.seconds)
        finally:
            await self._control("/razorpay/trouble", {"trouble": None})

    async def _move_clock(self, fault: Fault) -> None:
        """Moves the clock past one or more leases, so that running answers expire for all but their writers."""
        seconds = _CLOCK_SECONDS[fault.choice % len(_CLOCK_SECONDS)]
        with suppress(psycopg.OperationalError):
            async with await psycopg.AsyncConnection.connect(
                self.stack.database, autocommit=True, connect_timeout=5
            ) as connection:
                await connection.execute("update local.clock set ahead = ahead + make_interval(secs => %s)", [seconds])

    async def _control(self, path: str, body: object) -> None:
        """Sends a request to the control API; another fault may prevent the answer."""
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(base_url=f"{self.stack.url}/local", timeout=_CONTROL_SECONDS) as http:
                await http.post(path, json=body)
