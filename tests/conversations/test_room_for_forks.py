"""A fork that does not fit into its reader's storage is refused, however many come at once; nothing of it is left."""

import asyncio
from typing import Any

from tests.conversations.archive.trees import conversation_ids
from tests.conversations.links import create_link
from tests.files.storage_data import FREE, MB, assert_storage_full, fill_storage, storage_status
from tests.talks import conversation
from tests.world import World


async def fork(world: World, token: str, who: str, key: str | None = None) -> Any:
    """Forks a link's conversation as `who`."""
    headers = world.headers(who, **({"idempotency-key": key} if key else {}))
    return await world.http.post(f"/shared/{token}/fork", headers=headers)


async def a_megabyte(world: World) -> str:
    """A link to a conversation of a million bytes; its token."""
    return str((await create_link(world, conversation(world, "asha", 1, "x" * (MB - 1)))).token)


async def test_a_fork_counts_as_storage_at_once(shared: World) -> None:
    who = shared.newcomer()

    assert (await fork(shared, await a_megabyte(shared), who)).status_code == 201

    assert (await storage_status(shared, who))["used_bytes"] == MB


async def test_a_fork_without_enough_storage_leaves_nothing_and_fits_after_a_deletion(shared: World) -> None:
    who, token = shared.newcomer(), await a_megabyte(shared)
    full = fill_storage(shared, who, MB - 1)

    assert_storage_full(await fork(shared, token, who, "mine"), MB)

    assert conversation_ids(shared, who) == [full]
    assert (await storage_status(shared, who))["used_bytes"] == FREE - MB + 1
    await shared.http.delete(f"/conversations/{full}", headers=shared.headers(who))
    copied = await fork(shared, token, who, "mine")
    assert copied.status_code == 201
    assert conversation_ids(shared, who) == [copied.json()["conversation_id"]]


async def test_as_many_concurrent_forks_succeed_as_fit(shared: World) -> None:
    who, token = shared.newcomer(), await a_megabyte(shared)
    full = fill_storage(shared, who, 2 * MB + MB // 2)

    answers = await asyncio.gather(*(fork(shared, token, who) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [413] * 4
    made = {answer.json()["conversation_id"] for answer in answers if answer.is_success}
    assert set(conversation_ids(shared, who)) == {full, *made}
    assert (await storage_status(shared, who))["used_bytes"] == FREE - MB // 2


async def test_a_finished_copy_is_found_by_its_key_even_without_storage(shared: World) -> None:
    who, token = shared.newcomer(), await a_megabyte(shared)
    first = await fork(shared, token, who, "once")
    fill_storage(shared, who, 0)

    again = await fork(shared, token, who, "once")

    assert (again.status_code, again.json()) == (201, first.json())
    assert_storage_full(await fork(shared, token, who, "twice"), MB)
