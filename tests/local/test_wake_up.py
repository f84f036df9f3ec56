"""The supervisor's wait, while signals arrive at any moment."""

import subprocess
import sys

import pytest

from local.wake_up import WakeUp
from tests.patience import PATIENCE

pytestmark = pytest.mark.exhaustive

# Signals that arrive while the wait begins or ends: one that took a lock would wait for itself within seconds.
BOMBARDED = """
import signal
from local.wake_up import WakeUp

wake = WakeUp()
signals = 0

def on_signal(*_):
    global signals
    signals += 1
    wake.set()

signal.signal(signal.SIGALRM, on_signal)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
while signals < 3000:
    wake.wait(0.001)
signal.setitimer(signal.ITIMER_REAL, 0)
print("awake")
"""


def test_a_signal_at_any_moment_ends_the_wait() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOMBARDED], capture_output=True, text=True, timeout=PATIENCE, check=True
    )

    assert done.stdout == "awake\n"


def test_a_signal_before_the_wait_is_kept_and_counts_once() -> None:
    wake = WakeUp()
    wake.set()
    wake.set()

    wake.wait(PATIENCE)
    wake.wait(0)
