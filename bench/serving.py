"""Serves an ASGI app on a listening socket that a benchmark passes to it as `--fd`."""

import argparse
import socket
from typing import Any

import uvicorn


def serve(app: Any, description: str | None, **options: Any) -> None:
    """Serves until SIGTERM. `description` is what `--help` says, and `options` are more of `uvicorn.Config`."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--fd", type=int, required=True, help="the listening socket")
    listener = socket.socket(fileno=arguments.parse_args().fd)
    config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False, backlog=2048, **options)
    uvicorn.Server(config).run(sockets=[listener])
