"""After a suspicion keys get another data key, while they are used."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from oneai.postgres import db
from oneai.provider_keys import data_keys, envelope
from oneai.provider_keys.encrypt_again import encrypt_again as run
from oneai.provider_keys.stored import StoredKey
from tests.canaries import CANARY
from tests.ops.operators import command
from tests.provider_keys.keys import KEY, add, change
from tests.world import World

pytestmark = pytest.mark.usefixtures("kept_data_keys")
SEALED = "select oneai.sealed_provider_key(k) from oneai.provider_keys as k where k.id = %s"


async def read(world: World, key_id: str) -> str:
    """The key as an answer reads it."""
    return (await StoredKey.of(world.database.one(SEALED, key_id)).secret()).get_secret_value()


async def test_suspected_data_keys_are_replaced_and_deleted(world: World) -> None:
    keys = [(await add(world)).json()["id"], (await add(world, key=f"sk-{CANARY}-2")).json()["id"]]
    theirs = (await add(world, "ravi")).json()["id"]
    before = set(world.database.rows("select id from oneai.provider_data_keys"))
    marked = await command("suspect_data_keys", "--all", "--reason=a copy", database=world.database)
    data_keys.forget()
    done = await run()

    assert marked.returncode == 0
    assert done == {"encrypted": 3, "unreadable": 0, "data_keys": 2}
    assert not before & set(world.database.rows("select id from oneai.provider_data_keys"))
    assert [await read(world, key) for key in (*keys, theirs)] == [KEY, f"sk-{CANARY}-2", KEY]
    assert world.database.rows("select count(*) from oneai.audit_log where action = 'data_key.suspect'") == [2]
    assert await run() == {"encrypted": 0, "unreadable": 0, "data_keys": 0}


async def test_only_the_named_workspace_is_suspected(world: World) -> None:
    await add(world)
    await add(world, "ravi")
    marked = await command("suspect_data_keys", "--workspace=asha@example.com", database=world.database)

    assert marked.returncode == 0
    assert await run() == {"encrypted": 1, "unreadable": 0, "data_keys": 1}
    unknown = await command("suspect_data_keys", "--workspace=nobody@example.com", database=world.database)
    assert unknown.returncode == 1


async def test_keys_are_read_at_every_moment_of_the_change(world: World) -> None:
    """Fifty answers read the key while its data key is replaced again and again."""
    key = (await add(world)).json()["id"]
    reading = True

    async def answer() -> int:
        count = 0
        while reading:
            row = (await db.call("select oneai.provider_keys_of_tests(%s)", [key]))[0]
            assert (await StoredKey.of(row).secret()).get_secret_value() == KEY
            count += 1
        return count

    world.database.rows(
        "create function oneai.provider_keys_of_tests(p_id uuid) returns jsonb language sql security definer as "
        "$$ select oneai.sealed_provider_key(k) from oneai.provider_keys as k where k.id = p_id $$"
    )
    answers = [asyncio.create_task(answer()) for _ in range(50)]
    for _ in range(5):
        world.database.rows("update oneai.provider_data_keys set suspected_at = oneai.now()")
        await run()
    reading = False
    counts = await asyncio.gather(*answers)
    world.database.rows("drop function oneai.provider_keys_of_tests")

    assert all(counts)
    assert world.database.rows("select count(*) from oneai.provider_data_keys") == [1]


async def test_a_key_that_is_replaced_meanwhile_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (await add(world)).json()["id"]
    world.database.rows("update oneai.provider_data_keys set suspected_at = oneai.now()")
    seal = envelope.seal

    def seal_late(*arguments: Any) -> object:
        world.database.rows("update oneai.provider_keys set nonce = %s where id = %s", b"n" * 12, key)
        return seal(*arguments)

    monkeypatch.setattr(envelope, "seal", seal_late)
    done = await run()

    assert done["encrypted"] == 0
    assert world.database.rows("select nonce from oneai.provider_keys") == [b"n" * 12]


async def test_a_key_that_cannot_be_read_stays_and_stops_no_other(world: World) -> None:
    first = (await add(world)).json()["id"]
    second = (await add(world, key=f"sk-{CANARY}-2")).json()["id"]
    world.database.rows("update oneai.provider_keys set ciphertext = %s where id = %s", b"x" * 40, first)
    world.database.rows("update oneai.provider_data_keys set suspected_at = oneai.now()")

    assert await run() == {"encrypted": 1, "unreadable": 1, "data_keys": 0}
    assert await read(world, second) == f"sk-{CANARY}-2"
    # Entered again, the key has the new data key, and the old one goes.
    assert (await change(world, first, key=f"sk-{CANARY}-{uuid4()}")).status_code == 200
    assert await run() == {"encrypted": 0, "unreadable": 0, "data_keys": 1}
