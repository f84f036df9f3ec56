"""The plugin that runs the suite: what a worker reports arrives, and a worker that dies takes one test with it."""

import subprocess
import sys
from pathlib import Path

from local.data_folder import REPOSITORY

_TESTS = """
import os
import pytest

@pytest.mark.parametrize("number", range(20))
def test_passes(number):
    print("printed by", number)

def test_fails(tmp_path):
    (tmp_path / "file").write_text("")
    print("printed before it failed")
    assert False

def test_dies():
    os._exit(3)

@pytest.mark.parametrize("number", range(20))
def test_passes_after_it(number):
    pass

def test_whose_fixture_fails_at_its_end(broken):
    pass
"""
_CONFTEST = """
import pytest

@pytest.fixture
def broken():
    yield
    raise OSError("the end of a fixture")
"""


def test_workers_run_each_test_once_and_report_failures_and_deaths(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    (tmp_path / "test_of_all_kinds.py").write_text(_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.forked_workers", "--workers", "4", "--rootdir"]
    run = subprocess.run([*command, tmp_path, tmp_path], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert "2 failed, 41 passed, 1 error in" in run.stdout
    assert "Captured stdout call" in run.stdout
    assert "printed by" not in run.stdout
    assert "The worker ended during this test, with 3." in run.stdout
    assert "OSError: the end of a fixture" in run.stdout
