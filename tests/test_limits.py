"""A test that never ends is ended, and said to be; the others run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from tests.patience import PATIENCE

NEVER_ENDING = """
import asyncio
import time

import pytest

from tests import limits

limits.SECONDS_TO_CLOSE = 3


async def something_that_never_comes():
    await asyncio.Event().wait()


async def test_waits():
    asyncio.create_task(something_that_never_comes())
    await asyncio.Event().wait()


def test_blocks():
    time.sleep(10_000)


@pytest.fixture
async def opened():
    yield
    while True:
        try:
            await something_that_never_comes()
        except asyncio.CancelledError:
            pass


async def test_fails_and_closes_nothing(opened):
    assert False


def test_is_good():
    pass
"""


@pytest.mark.exhaustive
def test_a_test_that_never_ends_fails_under_its_name_and_the_others_run(tmp_path: Path) -> None:
    file = tmp_path / "test_never_ending.py"
    file.write_text(NEVER_ENDING)
    plugins = [f"-p{each}" for each in ("pytest_asyncio.plugin", "pytest_timeout", "tests.limits", "no:cacheprovider")]
    options = ["--timeout=3", f"--rootdir={tmp_path}", f"--config-file={REPOSITORY / 'pyproject.toml'}"]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *options, str(file)],
        cwd=REPOSITORY,
        env=os.environ
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "ONEAI_TEST_ALL": "", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert set(re.findall(r"(test_\w+) was not over after 3 s", run.stdout)) >= {
        *("test_waits", "test_blocks", "test_fails_and_closes_nothing"),
    }, run.stdout
    assert "something_that_never_comes" in run.stdout
    assert re.search(r"3 failed, 1 passed, \d errors? in", run.stdout), run.stdout
