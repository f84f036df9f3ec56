"""Apps on real sockets, for the length of a `with`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


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
            timeout_graceful_shutdown=1,
            access_log=False,
            backlog=2048,
            # A client gives an idle connection up long before: one that is closed just as it is used fails a test.
            timeout_keep_alive=3600,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[stream]))
        try:
            while not server.started:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.01)
            yield address
        finally:
            server.should_exit = True
            await serving
