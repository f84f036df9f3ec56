"""A stack ends without leftovers, and two stacks do not disturb each other."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from local.clock import in_words
from local.postgres_server import running_url
from tests.local.running import Stack, alive, running, start
from tests.patience import PATIENCE

pytestmark = pytest.mark.exhaustive


def test_sigterm_ends_everything_and_notifies_open_streams() -> None:
    with running() as stack, stack.client() as asha:
        programs = stack.programs()
        with asha.stream("POST", "/api/chat/stream", json={"message": "Hi", "model": "local/slow"}) as answer:
            lines = answer.iter_lines()
            next(line for line in lines if '"text"' in line)
            stack.process.send_signal(signal.SIGTERM)
            result = list(lines)
        stack.process.wait(PATIENCE)
        left = alive(programs)

    assert [name for name in ("local.serve", "stand_ins.openrouter", "postgres -D") if name in str(programs)] == [
        "local.serve",
        "stand_ins.openrouter",
        "postgres -D",
    ]
    assert "event: error" in result
    assert any('"truncated"' in line for line in result)
    assert left == {}


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_no_process_survives_a_killed_supervisor_and_the_next_start_is_clean() -> None:
    with running() as stack:
        programs = stack.programs()
        os.kill(stack.process.pid, signal.SIGKILL)
        stack.process.wait()
        give_up = time.monotonic() + PATIENCE
        while left := alive(programs):
            assert time.monotonic() < give_up, left
            time.sleep(0.05)

        with running(over=stack.data) as again, again.client() as asha:
            assert asha.get("/api/quota/status").status_code == 200
            assert [line for line in again.greeting if "clock" in line] == []


@pytest.mark.exhaustive
def test_a_clock_moved_earlier_is_reported_at_the_start() -> None:
    with running() as stack:
        superuser = running_url(stack.data / "postgres", "oneai", "postgres")
        with psycopg.connect(superuser, autocommit=True) as database:
            database.execute("update local.clock set ahead = '71 days 3 hours 20 minutes'")
            database.execute("truncate local.schedule_runs")  # nothing was missed: the jobs need not run
        with httpx.Client(timeout=PATIENCE) as browser:
            clock = browser.get(f"{stack.url}/local/clock").json()
        stack.process.terminate()
        stack.process.wait(PATIENCE)
        with running(over=stack.data) as again:
            (said,) = [line for line in again.greeting if "clock" in line]

    assert "71 days and 3 hours ahead" in said
    assert f"{clock['now'][:10]} " in said
    assert "ONEAI_DATA=" in said


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=1, hours=1, minutes=5), "1 day and 1 hour"),
        (timedelta(days=4000, minutes=2), "4,000 days and 2 minutes"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(seconds=5), "less than a minute"),
    ],
)
def test_a_time_span_is_written_in_words(span: timedelta, words: str) -> None:
    assert in_words(span) == words


@pytest.mark.parametrize("port", ["abc", "99999", "-1", "80.5", "８０"])
def test_an_invalid_port_is_refused_in_a_sentence(tmp_path: Path, port: str) -> None:
    said = _refusal(start(tmp_path, port=port))

    assert said == f"PORT is {port}, and a port is a number from 0 (any that is free) to 65535.\n"


@pytest.mark.parametrize("below", ["", "/deeper"])
def test_an_invalid_data_folder_is_refused_in_a_sentence(tmp_path: Path, below: str) -> None:
    file = tmp_path / "a file"
    file.touch()
    folder = f"{file}{below}"

    said = _refusal(start(Path(folder)))

    assert said.startswith(f"{folder} cannot be the data folder (")
    assert said.endswith("); ONEAI_DATA names another.\n")
    assert said.count("\n") == 1


def _refusal(stack: subprocess.Popen[str]) -> str:
    try:
        said, _ = stack.communicate(timeout=PATIENCE)
    finally:
        stack.terminate()
    assert stack.returncode == 1
    return said


def test_a_second_stack_is_refused_with_what_is_in_its_way(stack: Stack, tmp_path: Path) -> None:
    same_port = start(tmp_path, port=int(stack.url.rpartition(":")[2]))
    same_data = start(stack.data)

    said, _ = same_port.communicate(timeout=PATIENCE)
    assert "is taken" in said
    assert "PORT=" in said
    said, _ = same_data.communicate(timeout=PATIENCE)
    assert "Another stack is running over" in said
    assert (same_port.returncode, same_data.returncode) == (1, 1)
