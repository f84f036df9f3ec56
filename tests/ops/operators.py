"""Operators' commands, as they are typed."""

import asyncio
import os
import subprocess
import sys

from local.data_folder import REPOSITORY
from tests.world import Database

type CommandResult = subprocess.CompletedProcess[str]


async def command(name: str, *arguments: str, database: Database | None = None, **environment: str) -> CommandResult:
    """Runs `python -m ops.…` to its end, beside the test's own stack, in the current environment."""
    return await asyncio.to_thread(run, name, *arguments, database=database, **environment)


def run(name: str, *arguments: str, database: Database | None = None, **environment: str) -> CommandResult:
    """The same where the command needs no stack."""
    variables = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/layers/common", **environment}
    variables |= {"DATABASE_URL": database.url("postgres")} if database else {}
    return subprocess.run(
        [sys.executable, "-m", f"ops.{name}", *arguments],
        env=variables,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
