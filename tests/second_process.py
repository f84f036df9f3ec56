"""The same functions in another process over the same database, as another Lambda environment has them."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import httpx

from tests.patience import PATIENCE, eventually
from tests.world import World


class Elsewhere(World):
    """A world whose requests are served by another process, which can be killed or frozen."""

    def __init__(self, world: World, address: str, process: asyncio.subprocess.Process) -> None:
        self.address, self.upstream, self.database = world.address, world.upstream, world.database
        self.signer, self.people, self.process = world.signer, world.people, process
        # Only this one function is there, without a gateway before it.
        self.http = httpx.AsyncClient(base_url=address, timeout=PATIENCE)

    async def serves(self) -> bool:
        """Waits until it has imported everything and verifies users, so that the first request is not slow."""
        answer = await self.http.get(f"/chat/stream/{uuid4()}", headers=self.headers("asha"))
        return answer.status_code == 404

    def kill(self) -> None:
        """Kills it: no `finally` runs."""
        self.process.kill()

    def freeze(self) -> None:
        """Freezes it until it is thawed, as on an overloaded machine."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it continue."""
        self.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def elsewhere(world: World) -> AsyncIterator[Elsewhere]:
    """The streaming function served by another process, for the people of `world`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "--factory", "functions.chat_stream.chat_routes:application"),
            *("--fd", str(listener.fileno()), "--log-level", "critical", "--timeout-graceful-shutdown", "1"),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(listener.fileno(),),
        )
    try:
        async with Elsewhere(world, address, process) as there:
            await eventually(there.serves)
            yield there
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
