"""Apps on real sockets, for the length of a `with`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn


class Server(uvicorn.Server):
    """uvicorn, except that it ends as soon as it may: by itself it looks ten times a second, and more tests have a
    server of their own than there are seconds in a run."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Stops serving: answers that are being written have `timeout_graceful_shutdown` to end."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Serves until `end`, with the date of the second."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes what is idle at once, and the rest when it has ended."""
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  sets of uvicorn
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()


@asynccontextmanager
async def served(make: Callable[[str], Any]) -> AsyncIterator[str]:
    """Serves what `make` makes of its own address; yields the address."""
    # Named by its number, or asyncio does not recognise TCP and every small write waits for the one before.
    with socket.socket(proto=socket.IPPROTO_TCP) as stream:
        stream.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{stream.getsockname()[1]}"
        config = uvicorn.Config(
            make(address),
            log_level="error",
            lifespan="off",
            proxy_headers=False,  # as local/serve.py
            timeout_graceful_shutdown=1,
            access_log=False,
            backlog=2048,
            # A client gives an idle connection up long before: one that is closed just as it is used fails a test.
            timeout_keep_alive=3600,
        )
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[stream]))
        try:
            while not server.started:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.01)
            yield address
        finally:
            server.end()
            await serving
