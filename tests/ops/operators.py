"""Operators' commands, as they are typed."""

import asyncio
import os
import subprocess

from tests.ops import fork_server
from tests.world import Database

type CommandResult = subprocess.CompletedProcess[str]


async def command(
    name: str, *arguments: str, database: Database | None = None, typed: str = "", **environment: str
) -> CommandResult:
    """Runs `python -m ops.…` to its end, beside the test's own stack, in the current environment."""
    return await asyncio.to_thread(run, name, *arguments, database=database, typed=typed, **environment)


def run(
    name: str, *arguments: str, database: Database | None = None, typed: str = "", **environment: str
) -> CommandResult:
    """The same where the command needs no stack."""
    variables = {**os.environ, **environment}
    variables |= {"DATABASE_URL": database.url("postgres")} if database else {}
    return fork_server.run(f"ops.{name}", *arguments, environment=variables, typed=typed)
