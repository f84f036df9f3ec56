"""Runs the operators' commands for the status page."""

from tests.ops.operators import CommandResult, command
from tests.world import Database


async def maintenance(database: Database, *arguments: str) -> CommandResult:
    """`make maintenance ARGS="…"`."""
    return await command("maintenance", *arguments, database=database)


async def incident(database: Database, *arguments: str) -> CommandResult:
    """`make incident ARGS="…"`."""
    return await command("incidents", *arguments, database=database)
