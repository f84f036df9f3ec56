"""What operators do to the stack that the browser tests use."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.local.running import Stack
from tests.ops import fork_server


async def operate(stack: Stack, name: str, *arguments: str) -> str:
    """Runs `python -m ops.…` over the stack's data; what it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"ONEAI_DATA": str(stack.data)}
    result = await asyncio.to_thread(fork_server.run, f"ops.{name}", *arguments, environment=environment, typed="")
    assert result.returncode == 0, result.stderr
    return result.stdout


@asynccontextmanager
async def maintenance(stack: Stack, sentence: str, *more: str) -> AsyncIterator[None]:
    """Meanwhile clients are refused with this sentence. The stack is the worker's: it always ends."""
    await operate(stack, "maintenance", "start", sentence, *more, "--reason", "A test")
    try:
        yield
    finally:
        await operate(stack, "maintenance", "end", "--reason", "A test")
