"""The gateway's process: `python -m local.serve --fd N`, on a socket that the supervisor keeps open.

It reads its settings from the environment, as the functions in it do. On SIGTERM it accepts no more requests, lets the
streaming apps settle their running answers, and ends; the supervisor gives it eight seconds for that.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import uvicorn

from local import control_api, invoke_api
from local.clock import Clock
from local.data_folder import REPOSITORY, data_folder
from local.functions import adopt_environment
from local.gateway import Gateway
from local.jobs import Jobs
from local.metrics import Metrics
from local.schedules import Scheduler
from local.template import read
from local.web.app import WebApp
from local.web.build import FOLDER
from oneai import settings
from oneai.documents.virus_scan import VirusScanSettings
from stand_ins import kms, midtrans, outbox, razorpay, storage, stripe, supabase_auth
from stand_ins.storage.created_events import CreatedEvents

# Longer than the five seconds a streaming app takes to settle, so that its followers receive the end.
_GRACE_SECONDS = 7


class Stack:
    """Everything in the gateway's process that is started and stopped."""

    def __init__(self) -> None:
        self.template = read(REPOSITORY / "template.yaml")
        adopt_environment(self.template.functions)
        self.metrics = Metrics(data_folder() / "metrics.jsonl")
        self.metrics.watch_stdout()
        self.jobs = Jobs(self.metrics)
        clock = Clock(os.environ["DATABASE_URL"])
        self.razorpay: razorpay.Simulator | None = None
        # Set by the supervisor, unless the developer has a Razorpay key.
        if os.environ.get("ONEAI_OWN_RAZORPAY"):
            _fill_price_list(razorpay.fill_price_list)
            address = os.environ["RAZORPAY_BASE_URL"]
            webhook = f"{address.removesuffix('/razorpay')}/api/webhooks/razorpay"
            self.razorpay = razorpay.Simulator(data_folder() / "razorpay", clock, address, webhook)
        # Set by the supervisor, unless the developer has a key of Midtrans.
        self.midtrans: midtrans.Simulator | None = None
        if os.environ.get("ONEAI_OWN_MIDTRANS"):
            _fill_price_list(midtrans.fill_price_list)
            address = os.environ["MIDTRANS_BASE_URL"]
            webhook = f"{address.removesuffix('/midtrans')}/api/webhooks/midtrans"
            self.midtrans = midtrans.Simulator(data_folder() / "midtrans", clock, address, webhook)
        # Set by the supervisor, unless the developer has a key of Stripe.
        self.stripe: stripe.Simulator | None = None
        if os.environ.get("ONEAI_OWN_STRIPE"):
            _fill_price_list(stripe.fill_price_list)
            address = os.environ["STRIPE_BASE_URL"]
            webhook = f"{address.removesuffix('/stripe')}/api/webhooks/stripe"
            self.stripe = stripe.Simulator(data_folder() / "stripe", clock, address, webhook)
        self.created_events = CreatedEvents(storage.BUCKET, self._process_documents)
        self.scheduler = Scheduler(self.template.triggers, clock, self.jobs, self._catch_up)
        web = WebApp(FOLDER, os.environ)
        widget_origin = os.environ.get("WIDGET_ORIGIN", "")
        self.gateway = Gateway(self.template, {}, os.environ.get("CORS_ORIGINS", ""), web, widget_origin)
        self.gateway.mounts = self._mounts()
        self._tasks: list[asyncio.Task[None]] = []

    async def startup(self) -> None:
        """Runs before the first request."""
        await self.gateway.startup()
        self._tasks = [asyncio.create_task(self.scheduler.run_forever())]
        if self.razorpay is not None:
            self._tasks.append(asyncio.create_task(self.razorpay.deliver_forever()))
        if self.midtrans is not None:
            self._tasks.append(asyncio.create_task(self.midtrans.deliver_forever()))
        if self.stripe is not None:
            self._tasks.append(asyncio.create_task(self.stripe.deliver_forever()))

    async def shutdown(self) -> None:
        """Runs after the last request: ends jobs, settles streams."""
        for task in self._tasks:
            task.cancel()
        self.created_events.cancel()
        await self.gateway.shutdown()

    async def _catch_up(self, now: datetime) -> None:
        """Stand-ins with timed changes that jobs read."""
        for simulator in (self.razorpay, self.midtrans, self.stripe):
            if simulator is not None:
                await simulator.catch_up(now)

    async def _process_documents(self, event: dict[str, Any]) -> None:
        """Runs the function that S3's events go to, beside the schedule's runs."""
        function = self.template.function("process_documents")
        if function is not None:
            await self.jobs.run(function, event)

    def _mounts(self) -> dict[str, Any]:
        mounts: dict[str, Any] = {}
        # Set by the supervisor, unless the developer has an SES or a Supabase project of their own.
        # The longer path comes first: the first match serves.
        if os.environ.get("ONEAI_OWN_MAIL") or os.environ.get("ONEAI_AUTH_DATABASE_URL"):
            mounts["/local/outbox"] = outbox.create(data_folder() / "outbox")
        if self.razorpay is not None:
            mounts["/local/razorpay"] = razorpay.control_api.create(self.razorpay)
            mounts["/razorpay"] = razorpay.create(self.razorpay)
        if self.midtrans is not None:
            mounts["/local/midtrans"] = midtrans.control_api.create(self.midtrans)
            mounts["/midtrans"] = midtrans.create(self.midtrans)
        if self.stripe is not None:
            mounts["/local/stripe"] = stripe.control_api.create(self.stripe)
            mounts["/stripe"] = stripe.create(self.stripe)
        # Set by the supervisor, unless the developer has a bucket of their own.
        if os.environ.get("ONEAI_OWN_STORAGE"):
            scans = settings.read(VirusScanSettings).virus_scan
            bucket = storage.create(
                data_folder() / "storage",
                Clock(os.environ["DATABASE_URL"]),
                scans=scans,
                on_written=self.created_events.announce,
            )
            mounts["/local/storage"] = mounts["/storage"] = bucket
        # Set by the supervisor, unless the developer has a key of KMS.
        if os.environ.get("ONEAI_OWN_KMS"):
            mounts["/kms"] = kms.create()
        # Set by the supervisor beside the stand-in for OpenRouter: own keys of workspaces reach no real provider then.
        if os.environ.get("ONEAI_OWN_PROVIDERS"):
            mounts |= {f"/{name}": create(key=None) for name, create in _direct_providers().items()}
        # Set by the supervisor, unless the developer has deployed functions of their own.
        if os.environ.get("ONEAI_OWN_LAMBDA"):
            mounts["/local/lambda"] = mounts["/lambda"] = invoke_api.create(self.template, self.jobs)
        # Set by the supervisor, unless the developer has a Supabase project of their own.
        if auth_database := os.environ.get("ONEAI_AUTH_DATABASE_URL"):
            auth = supabase_auth.create(auth_database, data_folder(), os.environ["SUPABASE_URL"])
            mounts["/local/people"] = supabase_auth.control_api.create(auth.state.project)
            mounts["/auth/v1"] = auth
        mounts["/local"] = control_api.create(
            self.template,
            self.scheduler,
            self.jobs,
            self.metrics,
            mounted=tuple(mounts),
            kill_processes=self.gateway.kill,
        )
        return mounts


def _direct_providers() -> dict[str, Callable[..., Any]]:
    """The stand-ins for direct providers of models."""
    from stand_ins import anthropic, gemini, openai, replicate

    return {each.__name__.rpartition(".")[2]: each.create for each in (openai, anthropic, gemini, replicate)}


def _fill_price_list(fill: Callable[[psycopg.Connection[Any]], None]) -> None:
    """Prices for a stand-in of a payment provider, unless this is a database in which only its owner may set them."""
    with (
        contextlib.suppress(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(os.environ["ONEAI_OPERATORS_DATABASE_URL"], autocommit=True) as connection,
    ):
        fill(connection)


class Server(uvicorn.Server):
    """uvicorn, except that the apps start to settle when the shutdown begins, not when all connections are closed."""

    def __init__(self, config: uvicorn.Config, stack: Stack) -> None:
        super().__init__(config)
        self.stack = stack

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the apps, then listens."""
        await self.stack.startup()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops both at once: a follower's connection ends only when its answer is settled."""
        settling = asyncio.create_task(self.stack.shutdown())
        await super().shutdown(sockets)
        await settling


def main() -> None:
    """Serves until SIGTERM."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--fd", type=int, required=True, help="the listening socket")
    options = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    listener = socket.socket(fileno=options.fd)
    stack = Stack()
    config = uvicorn.Config(
        stack.gateway,
        lifespan="off",
        # The gateway sees who sent a request, as API Gateway does, and believes no header about it.
        proxy_headers=False,
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
