"""The gateway's process: `python -m local.serve --fd N`, on a socket that the supervisor keeps open.

It reads its settings from the environment, as the functions in it do. On SIGTERM it takes no more requests, lets the
streaming apps settle what they are answering, and ends; the supervisor gives it eight seconds for that.
"""

import argparse
import asyncio
import logging
import os
import socket
from typing import Any

import uvicorn

from local import levers, outbox, storage, supabase_auth
from local.clock import Clock
from local.data_folder import REPOSITORY, data_folder
from local.functions import adopt_environment
from local.gateway import Gateway
from local.jobs import Jobs
from local.metrics import Metrics
from local.schedules import Scheduler
from local.template import read

# Longer than the five seconds a streaming app takes to settle, so that its followers hear how it ended.
_GRACE_SECONDS = 7


class Stack:
    """Everything in the gateway's process that has a beginning and an end."""

    def __init__(self) -> None:
        self.template = read(REPOSITORY / "template.yaml")
        adopt_environment(self.template.functions)
        self.metrics = Metrics(data_folder() / "metrics.jsonl")
        self.metrics.watch_stdout()
        self.jobs = Jobs(self.metrics)
        self.scheduler = Scheduler(self.template.triggers, Clock(os.environ["DATABASE_URL"]), self.jobs)
        self.gateway = Gateway(self.template, self._mounts(), os.environ.get("CORS_ORIGINS", ""))
        self._schedules: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Before the first request."""
        await self.gateway.startup()
        self._schedules = asyncio.create_task(self.scheduler.keep_running())

    async def shutdown(self) -> None:
        """After the last: jobs are ended, streams are settled."""
        if self._schedules is not None:
            self._schedules.cancel()
        await self.gateway.shutdown()

    def _mounts(self) -> dict[str, Any]:
        mounts: dict[str, Any] = {}
        # Set by the supervisor, unless mail leaves by a person's own SES. The longer path first: the first one serves.
        if os.environ.get("ONEAI_OWN_MAIL"):
            mounts["/local/outbox"] = outbox.create(data_folder() / "outbox")
        mounts["/local"] = levers.create(self.template, self.scheduler, self.jobs, self.metrics)
        # Set by the supervisor, unless people sign in at a Supabase project of their own.
        if auth_database := os.environ.get("ONEAI_AUTH_DATABASE_URL"):
            url = os.environ["SUPABASE_URL"]
            mounts["/auth/v1"] = supabase_auth.create(auth_database, data_folder(), url)
        # Set by the supervisor, unless files are kept in a bucket of a person's own.
        if os.environ.get("ONEAI_OWN_STORAGE"):
            mounts["/storage"] = storage.create(data_folder() / "storage", Clock(os.environ["DATABASE_URL"]))
        return mounts


class Server(uvicorn.Server):
    """uvicorn, except that the apps begin to settle as soon as the end is in sight, not when all is quiet."""

    def __init__(self, config: uvicorn.Config, stack: Stack) -> None:
        super().__init__(config)
        self.stack = stack

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the apps, then listens."""
        await self.stack.startup()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Both at once: a follower ends when its answer is settled, and only then its connection."""
        settling = asyncio.create_task(self.stack.shutdown())
        await super().shutdown(sockets)
        await settling


def main() -> None:
    """Serves until SIGTERM."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--fd", type=int, required=True, help="the listening socket")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    listener = socket.socket(fileno=given.fd)
    stack = Stack()
    config = uvicorn.Config(
        stack.gateway,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        backlog=2048,
    )
    Server(config, stack).run(sockets=[listener])


if __name__ == "__main__":
    main()
