"""A developer's settings take precedence over the stack's, and what keeps failing is shown."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local import dotenv
from local.children import Child
from local.data_folder import REPOSITORY
from local.environment import python
from local.postgres_server import running_url
from tests.local.running import Stack, free_port, running
from tests.patience import PATIENCE

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def upstream() -> Iterator[str]:
    """Another OpenRouter."""
    port = free_port()
    process = subprocess.Popen(python("stand_ins.openrouter", "--port", str(port)), cwd=REPOSITORY)
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.mark.exhaustive
def test_the_environment_takes_precedence_over_every_stand_in(stack: Stack, upstream: str) -> None:
    theirs = {
        "DATABASE_URL": running_url(stack.data / "postgres", "oneai", "oneai_app"),
        "SUPABASE_URL": stack.url,
        "OPENROUTER_BASE_URL": upstream,
        "OPENROUTER_API_KEY": "sk-or-of-a-user",
        "RAZORPAY_KEY_ID": "rzp_test_somebodys",
    }
    with running(also=theirs) as other:
        programs = "\n".join(other.programs().values())
        headers = {"authorization": stack.client().headers["authorization"]}
        question = {"message": "Where am I?"}
        answer = httpx.post(f"{other.url}/api/chat/stream", json=question, headers=headers, timeout=PATIENCE)
        auth = httpx.get(f"{other.url}/auth/v1/health", timeout=PATIENCE)
        razorpay = httpx.get(f"{other.url}/razorpay/v1/plans", timeout=PATIENCE)

    assert "event: done" in answer.text
    assert (auth.status_code, razorpay.status_code) == (404, 404)
    assert "local.serve" in programs
    assert "postgres" not in programs
    assert "stand_ins.openrouter" not in programs
    assert any(line.startswith("curl -N ") and "$ACCESS_TOKEN" in line for line in other.greeting)
    with stack.client() as asha:
        (newest, *_) = asha.get("/api/conversations").json()["items"]
    assert newest["id"] in answer.text


def test_the_environment_takes_precedence_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nexport PLAIN=from the file  # why\nQUOTED='a # b'\nTHERE=from the file\nnonsense\n")
    monkeypatch.setenv("ONEAI_ENV_FILE", str(file))
    monkeypatch.setenv("THERE", "from the environment")
    for name in ("PLAIN", "QUOTED"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    dotenv.load()

    assert [os.environ[name] for name in ("PLAIN", "QUOTED", "THERE")] == [
        "from the file",
        "a # b",
        "from the environment",
    ]


def test_the_last_output_of_a_program_that_keeps_crashing_is_shown(tmp_path: Path) -> None:
    said: list[str] = []
    command = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
    child = Child("the program", command, os.environ, tmp_path / "log", 0, 1.0, said.append)
    child.begin()

    give_up = time.monotonic() + PATIENCE
    while not any("the reason" in line for line in said):
        assert time.monotonic() < give_up
        child.restart_if_dead()
        time.sleep(0.02)
    child.stop()

    assert said[0] == "the program ended (exit code 3); starting it again"
