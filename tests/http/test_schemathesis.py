"""A client that knows the OpenAPI document tries all that it says, and much that it does not."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from openapi import FILE
from tests import effort
from tests.world import World

# Every value at and beyond the bounds that the document states, and random ones.
PHASES = ["coverage", "fuzzing"]
SCHEMATHESIS = Path(sys.executable).with_name("st")
CODES = Path(__file__).with_name("stated_codes.py")


@pytest.mark.exhaustive
@pytest.mark.timeout(720)  # an hour, in make test-all: it goes through all routes, a hundred requests to each
@pytest.mark.parametrize("phase", PHASES)
async def test_any_request_gets_a_documented_response(world: World, tmp_path: Path, phase: str) -> None:
    """No 500, no status, code, event or header that is not described; nothing answers without a token or takes what
    the document forbids. (Not that everything it allows is taken: it cannot say which cursors and models exist.)"""
    world.database.rows("update oneai.usage_quotas set quota_limit = 1000000")
    exploring = await asyncio.create_subprocess_exec(
        *(str(SCHEMATHESIS), "run", str(FILE), "--url", world.address, "--seed", str(effort.SEED)),
        *("--phases", phase, "--max-examples", "100", "--exclude-checks", "positive_data_acceptance"),
        *("--header", f"Authorization: {world.headers()['authorization']}", "--continue-on-failure", "--no-color"),
        cwd=tmp_path,
        env=os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path), "SCHEMATHESIS_HOOKS": str(CODES)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await exploring.communicate()
    finally:
        if exploring.returncode is None:
            exploring.kill()
    assert exploring.returncode == 0, said.decode()
