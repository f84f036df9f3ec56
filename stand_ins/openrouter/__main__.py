"""Runs the stand-in: `python -m stand_ins.openrouter --port 8001`, or `--fd N` on a listening socket."""

import argparse
import os
import socket
from pathlib import Path

import uvicorn

from stand_ins.openrouter import create


def main() -> None:
    """Serves until SIGTERM."""
    arguments = argparse.ArgumentParser(description=__doc__)
    where = arguments.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="a listening socket handed down by the parent")
    where.add_argument("--port", type=int, help="a port on 127.0.0.1")
    arguments.add_argument("--fixtures", type=Path, default=_fixtures(), help="recordings to offer as models")
    arguments.add_argument("--pause", type=float, default=0.02, help="seconds between two words of an answer")
    given = arguments.parse_args()
    listener = (
        socket.socket(fileno=given.fd) if given.fd is not None else socket.create_server(("127.0.0.1", given.port))
    )
    config = uvicorn.Config(
        create([given.fixtures] if given.fixtures else [], pause=given.pause),
        log_level="warning",
        timeout_graceful_shutdown=1,
        # Longer than clients keep an idle connection, as OpenRouter does: none is closed under a request.
        timeout_keep_alive=65,
        lifespan="off",
    )
    uvicorn.Server(config).run(sockets=[listener])


def _fixtures() -> Path | None:
    folder = os.environ.get("ONEAI_FIXTURES")
    return Path(folder) / "openrouter" if folder else None


if __name__ == "__main__":
    main()
