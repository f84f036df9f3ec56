"""A run of the suite whose functions log a secret fails, and says where."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from tests.canaries import CANARY, search, search_folder

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"
HARMLESS = [
    '{"level":"INFO","message":"turn settled","service":"oneai","user_id":"0b9c6f0e-6a0c-4f43-9a5b-2f6f3ab8a001"}',
    '{"level":"WARNING","message":"key set aside","key":"9f2c41","hint":"oneai_sk_aB3d...x9Yz"}',
    '{"level":"ERROR","message":"connection failed: http://127.0.0.1:8000/auth/v1/token?grant_type=pkce"}',
    '{"_aws":{},"OperatorAlert":[1.0],"kind":"sign_in_not_deleted"}',
]
RUN = """
from pathlib import Path

from oneai import log
from tests import canaries


def pytest_configure(config):
    config.pluginmanager.register(canaries, "canaries")
"""
TESTS = """
import os
from pathlib import Path

import pytest

from oneai import log
from tests import canaries


@pytest.fixture(scope="session", autouse=True)
def logger():
    log.info("tests begin")


def test_that_logs():
    {logs}


def test_that_leaves_a_log(tmp_path):
    (tmp_path / "gateway.log").write_text("started" + chr(10) + {left!r} + chr(10))
    canaries.keep_logs(tmp_path / "gateway.log")


def test_that_does_neither():
    pass
"""


@pytest.mark.parametrize(
    "secret",
    [
        f"sk-or-{CANARY}",
        "sk-or-local",
        "local-webhook-secret",
        "sb_secret_local_stack_only",
        "asha-password",
        TOKEN,
        "oneai_sk_" + "0aB" * 15 + "x",
        "postgresql://oneai_app:hunter2@db.example/postgres",
        "person-7@example.com",
    ],
)
def test_a_secret_in_a_log_is_found_with_file_and_line(secret: str, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_text("\n".join([*HARMLESS, f'{{"level":"INFO","message":"started","value":"{secret}"}}', *HARMLESS]))

    (found,) = search_folder(tmp_path)

    assert str(found).startswith(f"{log}:{len(HARMLESS) + 1}: ")


def test_ordinary_log_lines_contain_no_secret(tmp_path: Path) -> None:
    (tmp_path / "gateway.log").write_text("\n".join(HARMLESS))

    assert list(search_folder(tmp_path)) == []


def test_the_output_of_a_test_may_have_an_address_and_no_canary() -> None:
    printed = ["Welcome, asha@example.com", f"Key {CANARY}"]

    assert [each.line for each in search(printed, "a test", printed=True)] == [2]


async def run(folder: Path, *arguments: str, logs: str = "pass", left: str = "ready") -> tuple[int, str]:
    """A run of three tests: one runs `logs`, one leaves a log with the line `left`; its exit code and output."""
    (folder / "conftest.py").write_text(RUN)
    (folder / "test_run.py").write_text(TESTS.format(logs=logs, left=left))
    packages = os.pathsep.join([str(REPOSITORY / "layers" / "common"), str(REPOSITORY)])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *arguments),
        *("-c", os.devnull, str(folder)),
        env=os.environ | {"PYTHONPATH": packages, "TMPDIR": str(folder)},  # a log with a finding is not removed
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode().replace(CANARY, "***")


WORKERS = [
    pytest.param((), id="one process"),
    pytest.param(("-p", "tests.forked_workers", "--workers", "2"), id="workers", marks=pytest.mark.exhaustive),
]


@pytest.mark.parametrize("workers", WORKERS)
async def test_a_run_that_logs_secrets_fails_even_if_its_tests_pass(workers: tuple[str, ...], tmp_path: Path) -> None:
    logs = f'log.info("asked", question="What about {CANARY}?")'

    code, output = await run(tmp_path, *workers, logs=logs, left=f"Bearer {CANARY}")

    assert "3 passed" in output
    assert code == 1
    assert "test_run.py::test_that_logs (Captured stdout call):1: a canary: " in output
    assert "gateway-" in output
    assert ".log:2: a canary: Bearer ***" in output


@pytest.mark.exhaustive
@pytest.mark.parametrize("workers", WORKERS)
async def test_a_run_that_logs_no_secrets_passes(workers: tuple[str, ...], tmp_path: Path) -> None:
    code, output = await run(tmp_path, *workers, logs='log.info("asked", words=3)')

    assert (code, "secrets in logs" in output) == (0, False), output
