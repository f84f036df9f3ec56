"""Gives a process the share of a core that Lambda gives it by its memory, through a control group of Linux."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# "Lambda allocates CPU power in proportion to the amount of memory", one vCPU at 1,769 MB (Lambda's developer guide).
MEGABYTES_OF_A_CORE = 1769
PERIOD_US = 20_000
_ROOTS = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))


class NoControlGroup(Exception):
    """This machine lets no control group be made: it needs Linux, and root."""


@contextmanager
def share_of(megabytes: int) -> Iterator[Callable[[int], None]]:
    """Yields what puts a process, by its id, on the share of this memory. The process has to end before the block.
    Raises NoControlGroup."""
    quota = PERIOD_US * megabytes // MEGABYTES_OF_A_CORE
    group = _made()
    try:
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))

        def put(pid: int) -> None:
            (group / "cgroup.procs").write_text(str(pid))

        yield put
    finally:
        group.rmdir()


def _made() -> Path:
    """A new group with a limit of CPU, of either version of control groups."""
    for root in _ROOTS:
        group = root / f"oneai-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        if any((group / name).exists() for name in ("cpu.max", "cpu.cfs_quota_us")):
            return group
        group.rmdir()
    raise NoControlGroup("No control group can be made here: it needs Linux, and root.")
