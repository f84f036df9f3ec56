"""Several providers send webhooks about one workspace at the same moment, each to a process of its own."""

import asyncio
import os
import sys

from local.data_folder import REPOSITORY
from tests import effort
from tests.billing.any_order.ends import differing, ends
from tests.billing.any_order.many_ways import crowded
from tests.world import Database

PROVIDERS = ("razorpay", "stripe", "midtrans")
HISTORY = "lives_at_all_three"
WORKSPACES = effort.sample(1, 12)


async def test_webhooks_of_three_providers_at_once_end_as_in_order(database: Database) -> None:
    async with crowded(database) as crowd:
        people = await crowd.people(HISTORY, ("in order", *(f"at once {number}" for number in range(WORKSPACES))))
        in_order, *at_once = people
        crowd.set_clock(in_order.life.now)
        for user in people:
            await crowd.do(user)
        for sent in in_order.life.events:
            await crowd.tell(sent)

        for user in at_once:
            senders = [await sender(database, user.life.seed, each) for each in PROVIDERS]
            for process in senders:
                printed, problems = await process.communicate()
                assert process.returncode == 0, problems.decode()
                states = [line for line in printed.decode().splitlines() if not line.startswith("{")]
                assert set(states) <= {"applied", "stored", "duplicate"}, states
                assert len(states) > 1

        for user in people:
            await crowd.let_time_count(user)
        wanted, *found = ends(database, people)
        for end in found:
            assert not differing(end, wanted), differing(end, wanted)


async def sender(database: Database, seed: str, payment_provider: str) -> asyncio.subprocess.Process:
    """A process that delivers what this provider says of the life."""
    environment = os.environ | {"DATABASE_URL": database.url("oneai_app"), "DATABASE_POOL_SIZE": "2"}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.billing.any_order.sender", HISTORY, seed, payment_provider),
        cwd=REPOSITORY,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
