"""The whole stack in one loop: gateway, functions, stand-in upstream, a database; asha and ravi are signed up."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from local import openrouter as stand_in
from local import razorpay, storage
from local.clock import Clock
from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.supabase_auth.signer import Signer
from local.template import read
from oneai import db, openrouter, settings
from tests.served import served
from tests.world import Database, World, join

FIXTURES = Path(os.environ.get("ONEAI_FIXTURES") or REPOSITORY.parent / "shared" / "fixtures")


@asynccontextmanager
async def running(database: Database, folder: Path) -> AsyncIterator[World]:
    """A world over `database`, whose sign-in keeps its key in `folder`; it ends with the `async with`."""
    async with AsyncExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        recordings = FIXTURES / "openrouter"
        upstream = await stack.enter_async_context(
            served(lambda _: stand_in.create(recordings if recordings.is_dir() else None, pause=0.001))
        )
        for name, value in {
            "DATABASE_URL": database.url("oneai_app"),
            "DATABASE_POOL_SIZE": "20",
            "OPENROUTER_BASE_URL": f"{upstream}/api/v1",
            "OPENROUTER_API_KEY": "sk-or-test",
            "OPENROUTER_RETRY_SECONDS": "0.01",
            "SITE_URL": "https://oneai.example",
            "SITE_NAME": "OneAI",
            "AUTO_TITLES": "false",  # what is asked upstream is counted; those who want titles say so
        }.items():
            environment.setenv(name, value)
        gateway: Gateway | None = None
        desk: razorpay.Desk | None = None

        def make(address: str) -> Gateway:
            nonlocal gateway, desk
            environment.setenv("SUPABASE_URL", address)
            for name, value in storage.settings_of(f"{address}/storage").items():
                environment.setenv(name, value)
            for name, value in razorpay.settings_of(f"{address}/razorpay").items():
                environment.setenv(name, value)
            settings.forget()
            clock = Clock(database.url("oneai_app"))
            webhook = f"{address}/api/webhooks/razorpay"
            desk = razorpay.Desk(folder / "razorpay", clock, f"{address}/razorpay", webhook, seed="tests")
            mounts = {
                "/auth/v1": join(database, folder, address),
                "/storage": storage.create(folder / "storage", clock),
                "/local/razorpay": razorpay.levers.create(desk),
                "/razorpay": razorpay.create(desk),
            }
            gateway = Gateway(read(REPOSITORY / "template.yaml"), mounts, "https://app.oneai.example")
            return gateway

        address = await stack.enter_async_context(served(make))
        assert gateway is not None
        assert desk is not None
        await gateway.startup()
        world = World(address, upstream, database, Signer.load(folder, address), desk)
        await stack.enter_async_context(world)
        yield world
        await gateway.shutdown()
        await desk.close()
        await db.close()
        await openrouter.close()
    settings.forget()
