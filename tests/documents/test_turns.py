"""Many files of one user do not let those of others wait: the job takes turns."""

import asyncio
from uuid import UUID

from oneai.documents.lease import LEASE_SECONDS
from oneai.postgres import db
from tests.documents.library import insert
from tests.world import World


async def claim() -> UUID | None:
    """The owner of the document that a run would take next."""
    row = await db.call("select workspace_id from oneai.claim_document(%s)", [LEASE_SECONDS])
    return row[0] if row else None


def add(world: World, who: str, count: int) -> None:
    """Adds this many documents that are due."""
    for _ in range(count):
        insert(world, who, status="waiting")


async def test_one_file_overtakes_two_hundred_of_another_user(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    add(world, "asha", 200)
    assert [await claim() for _ in range(2)] == [asha, asha]
    world.database.advance(1)
    add(world, "ravi", 2)

    claims = []
    for _ in range(5):
        claims.append(await claim())
        world.database.advance(1)

    assert claims == [ravi, asha, ravi, asha, asha]


async def test_the_owner_who_waits_longer_comes_first(world: World) -> None:
    add(world, "ravi", 1)
    world.database.advance(1)
    add(world, "asha", 1)

    assert [await claim() for _ in range(3)] == [world.people["ravi"], world.people["asha"], None]


async def test_concurrent_runs_take_different_documents_of_one_user(world: World) -> None:
    add(world, "asha", 6)

    async def claim_document() -> UUID:
        row = await db.call("select id from oneai.claim_document(%s)", [LEASE_SECONDS])
        assert row is not None
        return UUID(str(row[0]))

    claimed = await asyncio.gather(*(claim_document() for _ in range(6)))

    assert len(set(claimed)) == 6


async def test_a_document_that_is_not_due_is_not_claimed(world: World) -> None:
    add(world, "asha", 1)
    insert(world, "ravi")
    world.database.rows("update oneai.documents set next_attempt_at = oneai.now() + interval '1 hour'")

    assert await claim() is None
