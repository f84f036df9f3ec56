"""The processes of a stack under load: the gateway's memory, and CPU time by process (Linux)."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.programs import cpu_seconds, status_bytes
from local.own_stack import OwnStack

_TICKS = os.sysconf("SC_CLK_TCK")
_PROGRAMS = {"local.serve": "gateway", "stand_ins.openrouter": "upstream stand-in", "postgres": "Postgres"}
_MEASURING, _OTHERS = "this program", "other programs"
NAMES = (*_PROGRAMS.values(), _MEASURING, _OTHERS)


@dataclass(frozen=True)
class Times:
    """CPU seconds by name, and in total."""

    seconds: dict[str, float]
    capacity: float

    @property
    def others(self) -> float:
        """The share of CPU time of programs outside the run."""
        return self.seconds[_OTHERS] / self.capacity


class Watched:
    """One stack's processes. Processor time counts from `begin` on."""

    def __init__(self, stack: OwnStack) -> None:
        self._stack = stack
        self._gateway = next(pid for pid, command in stack.programs().items() if "local.serve" in command)

    @classmethod
    def of(cls, stack: OwnStack) -> Self | None:
        """The stack's processes; None on a system without `/proc`."""
        return cls(stack) if Path("/proc/stat").exists() else None

    def begin(self) -> None:
        """Processor time counts from now on."""
        self._begun, self._busy, self._before = time.monotonic(), _busy_seconds(), self._read()

    def memory(self) -> int:
        """The gateway's resident bytes."""
        return status_bytes(self._gateway, "VmRSS")

    def processor_times(self) -> Times:
        """CPU time since `begin`. An ended process, such as a job, counts among the others."""
        by_name = dict.fromkeys(NAMES, 0.0)
        for pid, (name, seconds) in self._read().items():
            by_name[name] += seconds - self._before.get(pid, (name, 0.0))[1]
        by_name[_OTHERS] = max(_busy_seconds() - self._busy - sum(by_name.values()), 0.0)
        return Times(by_name, (time.monotonic() - self._begun) * (os.cpu_count() or 1))

    def _read(self) -> dict[int, tuple[str, float]]:
        """The name and the CPU seconds of each process."""
        times = {os.getpid(): (_MEASURING, time.process_time())}
        for pid, command in self._stack.programs().items():
            name = next((name for part, name in _PROGRAMS.items() if part in command.partition(" --fd")[0]), None)
            if name is not None:
                try:
                    times[pid] = (name, cpu_seconds(pid))
                except FileNotFoundError:
                    continue  # it has just ended
        return times


def _busy_seconds() -> float:
    """All processors' time since the machine started that was neither idle nor waiting (proc(5), `/proc/stat`)."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, *_ = map(int, fields)
    return (user + nice + system + irq + softirq) / _TICKS
