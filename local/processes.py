"""Child processes that end with their parent, or within a given time."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child must not need the loader's locks.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(last_word: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send `last_word` to the child when the thread that started it ends.

    Linux only (None elsewhere). It runs after subprocess has changed the user, which would clear the setting.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(last_word), 0, 0, 0)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return before_exec


def end(process: subprocess.Popen[bytes], word: signal.Signals, *, within: float) -> None:
    """Sends `word`, waits `within` seconds, then kills."""
    if process.poll() is None:
        process.send_signal(word)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
