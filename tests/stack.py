"""The whole stack in one loop: gateway, functions, stand-ins, a database; asha and ravi are signed up.

Its servers, its functions and the parsed template are shared by all tests of a worker. Each test has its own state: a
database that equals the template (tests/databases.py), and new stand-ins.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.clock import Clock
from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.template import read
from oneai import settings
from oneai.clients import supabase_auth
from oneai.http import rate_limits
from oneai.models import providers
from oneai.postgres import db
from stand_ins import kms, midtrans, razorpay, storage, stripe
from stand_ins import openrouter as stand_in
from stand_ins.supabase_auth.signer import Signer
from tests.canaries import CANARY
from tests.patience import webhooks_take_their_time
from tests.served import served
from tests.sources import SOURCES
from tests.tasks import tasks_end_here
from tests.world import Database, World, join


class Stack:
    """Two servers, the upstream's and the gateway's, that serve one world after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """Where sign-in keeps its key."""
        self.address = self.upstream = ""
        self._gateway: Gateway | None = None
        self._upstream_app: Any = None
        self.in_use = False
        """Whether it serves a world."""

    @asynccontextmanager
    async def started(self) -> AsyncIterator["Stack"]:
        """The stack, until the `async with` ends."""
        async with AsyncExitStack() as servers:
            self.upstream = await servers.enter_async_context(served(self._make_upstream))
            self.address = await servers.enter_async_context(served(self._make_gateway))
            supabase_auth.reset_cache()  # another stack may have had this address before, and other keys
            yield self

    @asynccontextmanager
    async def world(self, database: Database, folder: Path) -> AsyncIterator[World]:
        """A world over `database`, its files below `folder`. Raises RuntimeError while another world has the stack."""
        if self.in_use:
            raise RuntimeError("This worker's stack serves another world: such a test needs its `own_world`.")
        gateway = self._gateway
        assert gateway is not None
        self.in_use = True
        try:
            async with AsyncExitStack() as ending:
                environment = ending.enter_context(pytest.MonkeyPatch.context())
                await ending.enter_async_context(tasks_end_here())
                self._set(environment, database)
                razorpay.fill_price_list(database.connection)
                await db.close()  # of a world that is shared, where this one stands beside it
                self._upstream_app = stand_in.create([source / "openrouter" for source in SOURCES], pause=0.001)
                clock = Clock(database.url("oneai_app"))
                webhook = f"{self.address}/api/webhooks/razorpay"
                simulator = razorpay.Simulator(
                    folder / "razorpay", clock, f"{self.address}/razorpay", webhook, seed="tests"
                )
                rupiah = midtrans.Simulator(
                    folder / "midtrans",
                    clock,
                    f"{self.address}/midtrans",
                    f"{self.address}/api/webhooks/midtrans",
                    seed="tests",
                )
                cards = stripe.Simulator(
                    folder / "stripe",
                    clock,
                    f"{self.address}/stripe",
                    f"{self.address}/api/webhooks/stripe",
                    seed="tests",
                )
                bucket = storage.create(folder / "storage", clock)
                gateway.mounts = {
                    "/auth/v1": join(database, self.folder, self.address),
                    "/storage": bucket,
                    "/local/storage": bucket,
                    "/local/razorpay": razorpay.control_api.create(simulator),
                    "/razorpay": razorpay.create(simulator),
                    "/local/midtrans": midtrans.control_api.create(rupiah),
                    "/midtrans": midtrans.create(rupiah),
                    "/local/stripe": stripe.control_api.create(cards),
                    "/stripe": stripe.create(cards),
                    "/kms": kms.create(),
                }
                world = World(self.address, self.upstream, database, Signer.load(self.folder, self.address), simulator)
                world.midtrans, world.stripe = rupiah, cards
                await gateway.startup()
                try:
                    async with world:
                        yield world
                finally:
                    await gateway.shutdown()
                    await simulator.close()
                    await rupiah.close()
                    await cards.close()
                    await db.close()
                    await providers.close()
                    providers.reset_catalogue()
        finally:
            self.in_use = False
            settings.reset_cache()

    def _set(self, environment: pytest.MonkeyPatch, database: Database) -> None:
        for name, value in {
            # A password that Postgres does not ask for here.
            "DATABASE_URL": database.url("oneai_app").replace("@", f":{CANARY}@", 1),
            "DATABASE_POOL_SIZE": "20",
            "OPENROUTER_BASE_URL": f"{self.upstream}/api/v1",
            "OPENROUTER_API_KEY": f"sk-or-{CANARY}",
            "OPENROUTER_RETRY_SECONDS": "0.01",
            # A test of a key asks its provider; those about that have a server of their own.
            "OPENAI_BASE_URL": f"{self.upstream}/openai/v1",
            "ANTHROPIC_BASE_URL": f"{self.upstream}/anthropic",
            "GEMINI_BASE_URL": f"{self.upstream}/gemini",
            "REPLICATE_BASE_URL": f"{self.upstream}/replicate",
            # Those of a developer's machine are not for tests.
            **dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"), ""),
            "SUPABASE_URL": self.address,
            "SITE_URL": "https://oneai.example",
            "SHARE_LINK_KEYS": f"key-of-share-links-{CANARY}",
            "VISITOR_KEYS": f"key-of-visitors-of-chatbots-{CANARY}",
            "IDENTITY_KEYS": f"key-of-identities-of-visitors-{CANARY}",
            "LEDGER_KEY": hashlib.sha256(CANARY.encode()).hexdigest(),
            "PROVIDER_KEY_HASH_KEYS": f"key-of-fingerprints-of-provider-keys-{CANARY}",
            "SITE_NAME": "OneAI",
            # Tests ask faster than people; those about rates state their own.
            "RATE_LIMITS": ",".join(f"{name}=1000000/1000000" for name in rate_limits.NAMES),
            "AUTO_SUMMARIES": "false",
            "AUTO_TITLES": "false",  # what is asked upstream is counted; those who want titles say so
            **storage.settings_of(f"{self.address}/storage"),
            **razorpay.keys_of(f"{self.address}/razorpay"),
            **midtrans.keys_of(f"{self.address}/midtrans"),
            **kms.settings_of(f"{self.address}/kms"),
        }.items():
            environment.setenv(name, value)
        webhooks_take_their_time(environment)
        settings.reset_cache()

    def _make_gateway(self, address: str) -> Gateway:
        # The functions are imported with the environment that every world gives them.
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SUPABASE_URL", address)
            self._gateway = Gateway(read(REPOSITORY / "template.yaml"), {}, "https://app.oneai.example")
        return self._gateway

    def _make_upstream(self, _: str) -> Any:
        async def upstream(scope: Any, receive: Any, send: Any) -> None:
            await self._upstream_app(scope, receive, send)

        return upstream
