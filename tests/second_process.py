"""The streaming function in a second process over the same database, like a second Lambda environment."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import httpx

from tests.canaries import open_log
from tests.patience import PATIENCE, eventually
from tests.world import World


class OtherProcess(World):
    """A world whose requests are handled by a second process, which can be killed or frozen."""

    def __init__(self, world: World, address: str, process: asyncio.subprocess.Process) -> None:
        self.address, self.upstream, self.database = world.address, world.upstream, world.database
        self.signer, self.people, self.process = world.signer, world.people, process
        # It serves this one function, without a gateway in front of it.
        self.http = httpx.AsyncClient(base_url=address, timeout=PATIENCE)

    async def is_ready(self) -> bool:
        """Whether its imports are done and it verifies tokens, so that no test's first request waits for that."""
        response = await self.http.get(f"/chat/stream/{uuid4()}", headers=self.headers("asha"))
        return response.status_code == 404

    def kill(self) -> None:
        """Kills it; no `finally` runs."""
        self.process.kill()

    def freeze(self) -> None:
        """Suspends it until `thaw`, like a function on a machine that is too busy."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resumes it."""
        self.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def serve_in_other_process(world: World) -> AsyncIterator[OtherProcess]:
    """The streaming function in a second process, for the users of `world`."""
    with socket.create_server(("127.0.0.1", 0)) as listener, open_log("chat_stream") as log:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "--factory", "functions.chat_stream.chat_routes:application"),
            *("--fd", str(listener.fileno()), "--log-level", "critical", "--timeout-graceful-shutdown", "1"),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=log,
            stderr=log,
            pass_fds=(listener.fileno(),),
        )
    try:
        async with OtherProcess(world, address, process) as other_process:
            await eventually(other_process.is_ready)
            yield other_process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
